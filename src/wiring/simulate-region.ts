import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { nodeNetwork } from '#drivers/tcp'
import { archiveLines, type RegionSpec, startRegionPart, truthLines } from '#simulators/region'
import { type CliFailure, exitCodes, type Run, type SimulateSpec } from '#src/cli'
import { fail, ok, type Result, seconds, sleep, systemClock } from '#src/core'

const STATS_EVERY = seconds(5)

type Spec = Extract<SimulateSpec, { kind: 'region' }>

/** `hes simulate region`: writes what was asked for, then plays until the signal aborts. */
export async function simulateRegion(spec: Spec, run: Run): Promise<Result<void, CliFailure>> {
  const region = regionOf(spec, run)
  if (spec.part === null) {
    const written = await write(spec, region)
    if (!written.ok) return written
  }
  if (!spec.isPlayed) return ok(undefined)
  return spec.part === null && spec.processes > 1
    ? await playInProcesses(spec, run)
    : await playPart(spec, region, run)
}

function regionOf(spec: Spec, { loaded }: Run): RegionSpec {
  const { seed, concentrators, metersEach, faultSet: faults, loss, damage } = spec
  const zone = loaded.settings.timezone
  return { seed, concentrators, metersEach, faults, loss, damage, zone }
}

async function write(spec: Spec, region: RegionSpec): Promise<Result<void, CliFailure>> {
  try {
    if (spec.archivePath !== null) await save(spec.archivePath, archiveLines(region))
    if (spec.truthPath !== null) await save(spec.truthPath, truthLines(region))
    return ok(undefined)
  } catch (error) {
    // A folder that is not there or not ours: the person named it and can name another.
    const message = error instanceof Error ? error.message : String(error)
    return fail({ exit: exitCodes.failed, code: 'simulate.failed', message })
  }
}

function save(path: string, lines: Iterable<string>): Promise<void> {
  return pipeline(Readable.from(lines), createWriteStream(path))
}

async function playPart(
  spec: Spec,
  region: RegionSpec,
  run: Run,
): Promise<Result<void, CliFailure>> {
  const { dialin, heartbeatSeconds, processes, part } = spec
  const share = part === null ? { nth: 0, of: 1 } : { nth: part, of: processes }
  const place = { ...dialin, heartbeatMs: seconds(heartbeatSeconds) }
  const playing = startRegionPart(region, share, place, {
    clock: systemClock,
    network: nodeNetwork,
  })
  run.say(`${region.concentrators} concentrators with ${region.metersEach} meters each`)
  while (await sleep(systemClock, STATS_EVERY, run.signal)) {
    const { devices, connected, answers } = playing.stats()
    run.progress(`${connected} of ${devices} devices connected, ${answers} answers`)
  }
  await playing.stop()
  return ok(undefined)
}

/** The same command again for each part; if one of them ends by itself, all do. */
async function playInProcesses(spec: Spec, run: Run): Promise<Result<void, CliFailure>> {
  const parts = Array.from({ length: spec.processes }, (_, part) => startPart(part))
  const ended = Promise.withResolvers<Result<void, CliFailure>>()
  for (const part of parts) {
    part.once('exit', (code) => {
      const message = `a process of the region ended with ${code}`
      ended.resolve(fail({ exit: exitCodes.failed, code: 'simulate.failed', message }))
    })
  }
  const stop = () => ended.resolve(ok(undefined))
  run.signal.addEventListener('abort', stop, { once: true })
  if (run.signal.aborted) stop()
  const result = await ended.promise
  await Promise.all(parts.map(endPart))
  return result
}

function startPart(part: number): ChildProcess {
  const [, program = '', ...flags] = process.argv
  const own = [...process.execArgv, program, ...flags, '--part', String(part)]
  return spawn(process.execPath, own, { stdio: ['ignore', 'ignore', 'inherit'] })
}

function endPart(part: ChildProcess): Promise<void> {
  if (part.exitCode !== null || part.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    part.once('exit', () => resolve())
    part.kill('SIGINT')
  })
}

import { failureOf } from './bench-failure.ts'
import type { CliContext } from './context.ts'
import { type CliFailure, type ExitCode, exitCodes } from './exit.ts'
import type { HeadEndClient } from './head-end-client.ts'
import type { CliIo } from './io.ts'
import { meterIdOf } from './meter-lookup.ts'
import { bySafeguard, clientFor, type OnlineFlags } from './online.ts'
import { Made, Page, Run, runTable, Write, writeTable } from './param-view.ts'
import { printJson, progress, reportFailure } from './report.ts'

/** The server holds a question no longer than this. */
const HELD_SECONDS = 10
const SHOWN_MAX = 1_000

export interface WriteFlags extends OnlineFlags {
  readonly item: string
  readonly value: string
  readonly group?: string
  readonly run?: string
  readonly stopPercent: string
  readonly wait: string
}

/** Writes and follows: one device to its proof, several as a run to the end of it. */
export async function writeSettings(
  names: readonly string[],
  flags: WriteFlags,
  { io }: Pick<CliContext, 'io'>,
): Promise<ExitCode> {
  const client = await clientFor(flags, io)
  if (typeof client === 'number') return client
  const made = await order(client, names, flags)
  if (!made.ok) return reportFailure(io, bySafeguard(made.error))
  const { run, first } = made.value
  const ended =
    run === null
      ? await followed(client, io, { path: `/parameters/${first.id}`, schema: Write }, flags)
      : await followed(client, io, { path: `/parameter-runs/${run}`, schema: Run }, flags)
  if (!ended.ok) return reportFailure(io, ended.error)
  if (!('counts' in ended.value)) return await showWrite(io, ended.value, flags)
  const page = await client.get(`/parameters?run=${run}&limit=${SHOWN_MAX}`, Page)
  if (!page.ok) return reportFailure(io, page.error)
  return await showRun(io, ended.value, page.value.items, flags)
}

async function order(
  client: HeadEndClient,
  names: readonly string[],
  { item, value, group, run, stopPercent }: WriteFlags,
) {
  const meters: number[] = []
  for (const name of names) {
    const meter = await meterIdOf(client, name)
    if (!meter.ok) return meter
    meters.push(meter.value)
  }
  const isRun = run !== undefined || group !== undefined || meters.length > 1
  const body = {
    ...(meters.length > 0 ? { meters } : {}),
    ...(group === undefined ? {} : { group }),
    item,
    value,
    ...(isRun
      ? { run: { name: run ?? `${item}=${value}`, stopPercent: Number(stopPercent) } }
      : {}),
  }
  return await client.post('/parameters', body, Made)
}

/** Until it is over, waits for somebody else, or the person waits no longer. */
async function followed<T extends typeof Write | typeof Run>(
  client: HeadEndClient,
  io: CliIo,
  { path, schema }: { readonly path: string; readonly schema: T },
  { wait }: WriteFlags,
) {
  const shown = progress(io)
  let left = Number(wait)
  let one = await client.get(path, schema)
  while (one.ok && isOpen(one.value) && left > 0 && !io.signal.aborted) {
    shown.show(`waiting for ${path} …`)
    const held = Math.min(left, HELD_SECONDS)
    one = await client.get(`${path}?wait=${held}`, schema)
    left -= held
  }
  shown.clear()
  return one
}

function isOpen(one: Write | Run): boolean {
  if ('counts' in one) return one.state === 'running' && one.counts.proposed === 0
  return one.endedAt === null && one.state !== 'proposed'
}

async function showWrite(io: CliIo, one: Write, { json }: WriteFlags): Promise<ExitCode> {
  if (json) printJson(io, one)
  else io.stdout.write(await writeTable([one]))
  const failure = failureOfWrite(one)
  return failure ? reportFailure(io, failure) : exitCodes.done
}

async function showRun(
  io: CliIo,
  run: Run,
  writes: readonly Write[],
  { json }: WriteFlags,
): Promise<ExitCode> {
  if (json) printJson(io, { run, items: writes })
  else io.stdout.write((await runTable([run])) + (await writeTable(writes)))
  const { counts } = run
  if (counts.proposed > 0) {
    return reportFailure(io, secondPerson(`run ${run.id}`, `approve --run ${run.id}`))
  }
  const failures = writes.flatMap((one) => failureOfWrite(one) ?? [])
  const [first] = failures
  if (first === undefined) return exitCodes.done
  const isPart = counts.done > 0
  return reportFailure(io, isPart ? { ...first, exit: exitCodes.failed } : first)
}

/** Why the device does not have the new value; null where it has. */
function failureOfWrite({ id, address, state, reason, reasonCode }: Write): CliFailure | null {
  if (state === 'done') return null
  if (state === 'proposed') return secondPerson(address, `approve ${id}`)
  const said = reason ?? 'nothing was heard of it yet'
  if (state === 'approved' || state === 'sending' || state === 'unknown') {
    return {
      exit: exitCodes.noAnswer,
      code: reasonCode ?? 'parameter.open',
      message: `${address}: ${said}; the head-end goes on trying`,
      next: `look later with hes param history ${address}, or stop it: hes param reject ${id}`,
    }
  }
  const failure = failureOf(
    { code: reasonCode ?? `parameter.${state}`, message: said, raw: new Uint8Array(0) },
    address,
  )
  return failure
}

function secondPerson(what: string, verb: string): CliFailure {
  return {
    exit: exitCodes.safeguard,
    code: 'parameter.second-person',
    message: `${what}: nothing is written before somebody else stands behind it`,
    next: `somebody else: hes param ${verb}`,
  }
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ProtocolName } from '#protocols/model'
import type { Acquisition, MeterReader } from '#src/acquisition'
import { type ClockTarget, clockTalk } from '#src/acquisition/control'
import type { PermitOffice } from '#src/acquisition/gate'
import type { Cases } from '#src/cases'
import { type ClockDevice, createClocks } from '#src/clocks'
import { type CivilTime, type Clock, fail, idOf, ok, type Result } from '#src/core'
import type { Database } from '#src/db'
import { type Logger, tellRecurring } from '#src/observe'
import type { Registry } from '#src/registry'
import { meterAccess } from './meter-access.ts'

const ASKED_MS_MAX = 5_000
const gone = { code: 'clock.unknown-device', message: 'the device is not in the archive' }

export interface ClockWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly cases: Cases
  readonly registry: Pick<Registry, 'meter' | 'concentrator'>
  readonly office: PermitOffice
  readonly readers: readonly MeterReader[]
  readonly dataDir: string
  /** Made after this, because its readings ask for doubtful clocks. */
  readonly acquisition: () => Pick<Acquisition, 'lend' | 'order'>
}

export function buildClocks(wiring: ClockWiring) {
  const { registry, acquisition, log, clock, dataDir } = wiring
  const field = clockTalk({
    ...wiring,
    acquisition: {
      lend: (...lent) => acquisition().lend(...lent),
      order: (...ordered) => acquisition().order(...ordered),
    },
  })

  async function targetOf({ kind, id }: ClockDevice): Promise<Result<ClockTarget, typeof gone>> {
    if (kind === 'terminal') {
      const found = await registry.concentrator(idOf(id))
      if (!found) return fail(gone)
      const { address, channelId } = found
      const accessOf = (protocol: ProtocolName) => meterAccess(dataDir, address, protocol)
      return ok({ channelId, meter: null, accessOf })
    }
    const found = await registry.meter(idOf(id))
    if (!found) return fail(gone)
    const { address, protocol, profile, channelId } = found
    const access = meterAccess(dataDir, address, protocol)
    return ok({ channelId, meter: { address, protocol, profile, ...(access ? { access } : {}) } })
  }

  return createClocks({
    ...wiring,
    talk: {
      async measure(device) {
        const target = await targetOf(device)
        return target.ok ? await field.measure(target.value) : target
      },
      async correct(device, how, order, mayGo) {
        const target = await targetOf(device)
        return target.ok ? await field.correct(target.value, how, order, mayGo) : target
      },
    },
    isHostRight,
    report: tellRecurring(log, clock, 'warn'),
  })
}

const run = promisify(execFile)

/** One wrong host would ruin a province: what keeps its clock is asked whether it does. */
async function isHostRight(): Promise<boolean> {
  const ask = (command: string, ...args: readonly string[]) =>
    run(command, [...args], { timeout: ASKED_MS_MAX }).then(
      ({ stdout }) => stdout,
      // Not there, or not running: then it vouches for nothing.
      () => '',
    )
  if ((await ask('timedatectl', 'show', '-p', 'NTPSynchronized', '--value')).trim() === 'yes') {
    return true
  }
  return /Leap status\s*:\s*Normal/.test(await ask('chronyc', '-n', 'tracking'))
}

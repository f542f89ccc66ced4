import {
  type ConcentratorOptions,
  type Device,
  type FieldPorts,
  startConcentrator,
} from '#simulators/fleet'
import { cleanLine, type LineFaults } from '#simulators/line'
import type { Site } from '#simulators/meter'
import { callerOf } from './callers.ts'
import { both, later, twice } from './calls.ts'
import { atHour } from './odd-lines.ts'
import type { PlannedConcentrator, RegionSpec } from './plan.ts'

export interface Place {
  readonly host: string
  readonly port: number
  readonly heartbeatMs: number
}

const NEVER_MS = 30 * 86_400_000
const FLAPS_AFTER_MS = 90_000
const FADES_AFTER_MS = 4_000
const FADES_CALLS = 4
const WEAK_LOSS = 0.6
const CUT_AFTER_MS = 80
const CUT_PAUSE_MS = 30_000
const NAT_AFTER_MS = 360_000
const LEAVES_AFTER_MS = 15_000
const BACK_AFTER_MS = 50 * 60_000
const TAKEN_PAUSE_MS = 20_000
const BITES_AFTER_MS = 20_000
const BOOT_MS = 40_000
const GREETS_AFTER_MS = 45_000
const MAINS_BACK_HOUR = 3

/** Plays a concentrator with what hangs behind it; null for one that never calls. */
export function playConcentrator(
  planned: PlannedConcentrator,
  region: RegionSpec,
  { host, port, heartbeatMs }: Place,
  site: Site,
  ports: FieldPorts,
): Device | null {
  const { kind, identity, seed } = planned
  if (kind?.name === 'never-calls' || kind?.name === 'mast-down') return null
  const isMute = kind?.name === 'mute'
  const options: ConcentratorOptions = {
    address: identity,
    host,
    port,
    face: callerOf(planned, site, heartbeatMs),
    faults: isMute || kind?.name === 'deaf' ? deaf : lineOf(planned, region),
    seed,
    heartbeatMs: isMute ? NEVER_MS : heartbeatOf(planned, heartbeatMs),
    hangUpAfterMs: hangUpAfter(planned),
    callsMax: callsMax(planned),
    ...pauseOf(planned),
  }
  const start = () => startConcentrator(options, ports)
  switch (kind?.name) {
    case 'comes-back': {
      const once = { ...options, hangUpAfterMs: LEAVES_AFTER_MS, callsMax: 1 }
      const first = () => startConcentrator(once, ports)
      return twice((isBack) => (isBack ? start() : first()), BACK_AFTER_MS, ports)
    }
    case 'mains-cut': {
      const nowMs = ports.clock.now()
      return later(start, Math.max(0, atHour(site, nowMs, MAINS_BACK_HOUR) - nowMs), ports)
    }
    case 'two-cards': {
      const second = { ...options, face: callerOf(planned, site, heartbeatMs), seed: seed ^ 1 }
      return both(start(), startConcentrator(second, ports))
    }
    default:
      return start()
  }
}

function heartbeatOf({ kind }: PlannedConcentrator, heartbeatMs: number): number {
  return kind?.name === 'greets-late' ? GREETS_AFTER_MS : heartbeatMs
}

function pauseOf({ kind }: PlannedConcentrator): Pick<ConcentratorOptions, 'pauseMs'> {
  switch (kind?.name) {
    case 'cut-at-once':
      return { pauseMs: CUT_PAUSE_MS }
    case 'reboots':
      return { pauseMs: BOOT_MS }
    case 'two-cards':
    case 'borrowed-name':
    case 'lent-name':
      return { pauseMs: TAKEN_PAUSE_MS }
    default:
      return {}
  }
}

/** Half a second there and back over a mobile network, and of some much more. */
function lineOf({ kind }: PlannedConcentrator, { loss, damage }: RegionSpec): LineFaults {
  const half = damage / 2
  const line = { ...cleanLine, loss, noise: half, bitFlip: half, delayMs: 150, jitterMs: 250 }
  switch (kind?.name) {
    case 'weak-signal':
      return { ...line, loss: WEAK_LOSS }
    case 'volume-spent':
      return { ...line, delayMs: 2_500, jitterMs: 2_000, baud: 1_200 }
    case 'congested':
      return { ...line, delayMs: 9_000, jitterMs: 6_000 }
    default:
      return line
  }
}

const deaf: LineFaults = { ...cleanLine, loss: 1 }

function hangUpAfter({ kind }: PlannedConcentrator): number | null {
  switch (kind?.name) {
    case 'flaps':
      return FLAPS_AFTER_MS
    case 'gone':
    case 'fades':
    case 'says-goodbye':
      return FADES_AFTER_MS
    case 'cut-at-once':
      return CUT_AFTER_MS
    case 'reboots':
      return BITES_AFTER_MS
    case 'forgotten-by-nat':
      return NAT_AFTER_MS
    default:
      return null
  }
}

function callsMax({ kind }: PlannedConcentrator): number {
  if (kind?.name === 'gone' || kind?.name === 'says-goodbye') return 1
  return kind?.name === 'fades' ? FADES_CALLS : Number.POSITIVE_INFINITY
}

import type { Pace, RegionSpec } from '#simulators/region'

/** What a run of the hostile field is made of. */
export interface RunSpec {
  readonly region: RegionSpec
  readonly pace: Pace
  readonly heartbeatMs: number
  /** Meters that publish, and to which broker. */
  readonly publishers: number
  readonly mqttUrl: string | null
}

export interface HeadEndSpec extends RunSpec {
  readonly databaseUrl: string | null
  /** Where the database is meant to die, what every part of the head-end says of it is no news. */
  readonly logLevel: 'error' | 'fatal'
  readonly dataDir: string
}

export interface FieldSpec extends RunSpec {
  readonly port: number
  readonly nth: number
  readonly of: number
}

/** What the head-end's process used since it is running. */
export interface Used {
  readonly cpuMs: number
  readonly rssBytes: number
  readonly rssMaxBytes: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** All daily plans are due by then, counted from midnight. */
const AFTER_ALL_DUE_MS = HOUR_MS + 60_000

const CALL_FACTOR = 4
const CALL_MS = 60_000

export interface Shape {
  readonly concentrators: number
  readonly metersEach: number
  readonly seed: number
  readonly faults: RegionSpec['faults']
  /** How much of the day is played, how long of it slowly, and how many times as fast each. */
  readonly hours: number
  readonly busyMinutes: number
  readonly busyFactor: number
  readonly restFactor: number
  readonly publishers: number
}

/** A run from one o'clock of yesterday on, in a zone that keeps one offset. */
export function runOf(
  shape: Shape,
  nowMs: number,
  mqttUrl: string | null,
): { readonly run: RunSpec; readonly endMs: number } {
  const { concentrators, metersEach, seed, faults } = shape
  const zoneMs = 8 * HOUR_MS
  const today = Math.floor((nowMs + zoneMs) / DAY_MS) * DAY_MS - zoneMs
  const startMs = today - DAY_MS + AFTER_ALL_DUE_MS
  const region: RegionSpec = {
    seed,
    concentrators,
    metersEach,
    faults,
    loss: 0.1,
    damage: 0.02,
    zone: 'Asia/Shanghai',
  }
  const pace: Pace = {
    realMs: nowMs,
    legs: [
      // While thousands of devices connect, what the two sides' processes take is no part of a wait.
      { fromMs: startMs, factor: CALL_FACTOR },
      { fromMs: startMs + CALL_MS, factor: shape.busyFactor },
      { fromMs: startMs + shape.busyMinutes * 60_000, factor: shape.restFactor },
    ],
  }
  const { publishers } = shape
  const run = { region, pace, heartbeatMs: 600_000, publishers, mqttUrl }
  return { run, endMs: startMs + shape.hours * HOUR_MS }
}

/** How long a run takes. */
export function realMsUntil(endMs: number, { legs }: Pace): number {
  return legs.reduce((all, { fromMs, factor }, at) => {
    const nextMs = legs[at + 1]?.fromMs ?? endMs
    return all + (Math.min(nextMs, endMs) - Math.min(fromMs, endMs)) / factor
  }, 0)
}

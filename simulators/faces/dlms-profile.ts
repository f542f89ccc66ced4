import { slave } from '#protocols/dlms'
import { DAYS_KEPT, type Recorded, type SimulatedMeter } from '#simulators/meter'
import type { AccessResult, Data, Target } from './dlms-objects.ts'

const { octets, integer, structure, array, writeTime, readTime, obisBytes } = slave.data

const DENIED = 3
const MILLIWH_PER_WH = 1_000
const DAY_SECONDS = 86_400
const SLOT_SECONDS = 900
const SLOT_MS = 900_000
const SETTLEMENTS_MAX = 12
const ROWS_MAX = DAYS_KEPT * 96

/** A profile generic: its rows are moments, oldest first. */
export interface SimulatedProfile {
  readonly obis: string
  readonly periodSeconds: number
  rows(meter: SimulatedMeter, nowMs: number): readonly Recorded[]
}

const profiles: readonly SimulatedProfile[] = [
  {
    obis: '1.0.99.1.0.255',
    periodSeconds: SLOT_SECONDS,
    rows: (meter, nowMs) => meter.profileAfter(nowMs - ROWS_MAX * SLOT_MS, nowMs, ROWS_MAX),
  },
  {
    obis: '1.0.99.2.0.255',
    periodSeconds: DAY_SECONDS,
    rows: (meter, nowMs) => nthLast(DAYS_KEPT, (nth) => meter.dailyFreeze(nth, nowMs)),
  },
  {
    // Billing periods end when they end: there is no fixed distance.
    obis: '1.0.98.1.0.255',
    periodSeconds: 0,
    rows: (meter, nowMs) => nthLast(SETTLEMENTS_MAX, (nth) => meter.settlement(nth - 1, nowMs)),
  },
]

export const profileObis: readonly string[] = profiles.map(({ obis }) => obis)

export function profileOf(obis: string): SimulatedProfile | undefined {
  return profiles.find((profile) => profile.obis === obis)
}

function nthLast(count: number, at: (nth: number) => Recorded | null): readonly Recorded[] {
  return Array.from({ length: count }, (_, index) => at(count - index)).flatMap((row) => row ?? [])
}

/** class, object, attribute of each column; the clock is the first. */
const columns = [
  [8, '0.0.1.0.0.255', 2],
  [3, '1.0.1.8.0.255', 2],
  [3, '1.0.2.8.0.255', 2],
] as const

export function readProfile(
  meter: SimulatedMeter,
  profile: SimulatedProfile,
  { id, access }: Target,
  nowMs: number,
): AccessResult {
  switch (id) {
    case 2: {
      const rows = selected(meter, profile.rows(meter, nowMs), access)
      if (!rows) return { ok: false, result: DENIED }
      return { ok: true, data: array(rows.map((row) => rowOf(meter, row))) }
    }
    case 3:
      return { ok: true, data: array(columns.map(columnOf)) }
    case 4:
      return { ok: true, data: integer(6, profile.periodSeconds) }
    case 7:
      return { ok: true, data: integer(6, profile.rows(meter, nowMs).length) }
    default:
      return { ok: false, result: DENIED }
  }
}

function columnOf([classId, obis, attribute]: (typeof columns)[number]): Data {
  return structure(
    integer(18, classId),
    octets(obisBytes(obis)),
    integer(15, attribute),
    integer(18, 0),
  )
}

function rowOf(meter: SimulatedMeter, { ms, wall }: Recorded): Data {
  const registers = meter.registersAt(ms, MILLIWH_PER_WH)
  return structure(
    octets(writeTime(wall, undefined, 0)),
    integer(6, registers.import.total),
    integer(6, registers.export.total),
  )
}

/** Null for a selection that is not understood. */
function selected(
  meter: SimulatedMeter,
  rows: readonly Recorded[],
  access: Target['access'],
): readonly Recorded[] | null {
  if (!access) return rows
  const { selector, parameters } = access
  if (parameters.kind !== 'list') return null
  const [first, second, third] = parameters.items
  if (selector === 2) {
    if (first?.kind !== 'integer' || second?.kind !== 'integer') return null
    return rows.slice(first.value - 1, second.value === 0 ? undefined : second.value)
  }
  const from = momentIn(meter, second)
  const to = momentIn(meter, third)
  if (selector !== 1 || from === null || to === null) return null
  return rows.filter(({ shownMs }) => shownMs >= from && shownMs <= to)
}

/** What a right clock would show at the time that is asked for. */
function momentIn(meter: SimulatedMeter, data: Data | undefined): number | null {
  const time = data?.kind === 'octets' ? readTime(data.bytes) : null
  return time && meter.clock.shownAt(meter.clock.momentOfWall(time.wall))
}

import type { Reading, Stamp } from '#protocols/model'
import { type CivilTime, hours, type Instant, instant, type MeterId } from '#src/core'
import type { ReadingSource, StoredReading } from '#src/readings'

/** A stamp further ahead than this is a wrong clock, not a reading of tomorrow. */
const FUTURE_MAX = hours(24)

/** Whose readings, come how and when. */
export interface Arrival {
  readonly meterId: MeterId
  readonly receivedAt: Instant
  readonly source: ReadingSource
  /** Whether the meter's clock was, or is, too wrong for what it says of then. */
  readonly isDoubtful?: (measuredAt: Instant) => boolean
}

/** Readings fit to be stored, and how many were not, by reason. */
export interface Stamped {
  readonly stored: readonly StoredReading[]
  readonly dropped: Readonly<Record<DropReason, number>>
}

/**
 * `empty`: the device sent no value; `unusable`: it sent what is none; `unknown`: outside the register model; `no-time`: a frozen
 * value whose moment nobody told; `bad-time`: an impossible date or one in the future.
 */
export const dropReasons = ['empty', 'unusable', 'unknown', 'no-time', 'bad-time'] as const
export type DropReason = (typeof dropReasons)[number]

/**
 * Gives every reading of one visit its moment. Present values share the moment of the answer, so
 * that they make one row; frozen values that carry no time of their own take the one that the
 * device told for the same series in the same visit (DL/T 645 05 06 00 nn beside 05 06 01 nn).
 */
export function stampReadings(
  readings: readonly Reading[],
  arrival: Arrival,
  civil: CivilTime,
): Stamped {
  const dropped: Record<DropReason, number> = {
    empty: 0,
    unusable: 0,
    unknown: 0,
    'no-time': 0,
    'bad-time': 0,
  }
  const stored: StoredReading[] = []
  const { meterId, receivedAt, source, isDoubtful } = arrival
  for (const reading of readings) {
    const { value, item, dataClass } = reading
    if (value.kind === 'missing') {
      if (value.flag === 'absent') dropped.empty++
      else dropped.unusable++
      continue
    }
    if (item === null) {
      if (!tellsTime(reading)) dropped.unknown++
      continue
    }
    const stamp = stampOf(readings, reading)
    if (stamp === null && dataClass !== 'current') {
      dropped['no-time']++
      continue
    }
    const measuredAt = stamp === null ? receivedAt : momentOf(stamp, civil)
    if (measuredAt === undefined || measuredAt > receivedAt + FUTURE_MAX) {
      dropped['bad-time']++
      continue
    }
    stored.push({
      meterId,
      item,
      value,
      dataClass,
      measuredAt,
      timeSource: stamp === null ? 'head-end' : 'meter',
      receivedAt,
      source,
      quality: isDoubtful?.(measuredAt) ? 'clock-doubtful' : 'good',
    })
  }
  return { stored, dropped }
}

/** The moment of a freeze (冻结时间): it is kept as the time of the values frozen with it. */
function tellsTime({ value, at, dataClass }: Reading): boolean {
  return dataClass !== 'current' && at !== null && value.kind === 'text'
}

/** Undefined for an impossible date. */
export function momentOf(stamp: Stamp, civil: CivilTime): Instant | undefined {
  return stamp.kind === 'epoch' ? instant(stamp.ms) : civil.toInstant(stamp.time)
}

/** When a device says that a value was, where it does. */
export function stampOf(readings: readonly Reading[], reading: Reading): Stamp | null {
  if (reading.at !== null) return reading.at
  if (reading.dataClass === 'current') return null
  // Rows of a table each have their own moment: none is lent to another.
  if (reading.dataId.includes('/')) return null
  const sibling = readings.find(
    (other) =>
      other.dataClass === reading.dataClass &&
      other.at !== null &&
      seriesOf(other.dataId) === seriesOf(reading.dataId),
  )
  return sibling?.at ?? null
}

/** What two ids of one freeze share: class and serial number, not the quantity. */
function seriesOf(dataId: string): string {
  return `${dataId.slice(0, 4)}${dataId.slice(-2)}`
}

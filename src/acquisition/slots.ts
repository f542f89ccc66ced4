import {
  type BusinessDate,
  type CivilTime,
  type Duration,
  hours,
  type Instant,
  instant,
} from '#src/core'

/** A recurring duty: from midnight on, every `cycle`, `offset` later (采集周期). */
export interface Cycle {
  readonly cycle: Duration
  readonly offset: Duration
}

const DAY: Duration = hours(24)

/**
 * The slot a moment lies in: the last duty that was due. Slots count from civil midnight, so that
 * an hour is the customer's hour also where zones differ by minutes; a cycle of a day or more is
 * one slot per civil day, however long that day is.
 */
export function slotAt(duty: Cycle, now: Instant, civil: CivilTime): Instant {
  const today = civil.dateOf(now)
  const first = firstOf(duty, today, civil)
  if (now < first) return lastOf(duty, civil.addDays(today, -1), civil)
  if (duty.cycle >= DAY) return first
  return instant(first + Math.floor((now - first) / duty.cycle) * duty.cycle)
}

/** The first slot after a moment. */
export function slotAfter(duty: Cycle, now: Instant, civil: CivilTime): Instant {
  const today = civil.dateOf(now)
  const first = firstOf(duty, today, civil)
  if (now < first) return first
  const tomorrow = firstOf(duty, civil.addDays(today, 1), civil)
  if (duty.cycle >= DAY) return tomorrow
  const next = instant(first + (Math.floor((now - first) / duty.cycle) + 1) * duty.cycle)
  return instant(Math.min(next, tomorrow))
}

function firstOf(duty: Cycle, date: BusinessDate, civil: CivilTime): Instant {
  return instant(civil.startOf(date) + duty.offset)
}

function lastOf(duty: Cycle, date: BusinessDate, civil: CivilTime): Instant {
  const first = firstOf(duty, date, civil)
  if (duty.cycle >= DAY) return first
  const end = firstOf(duty, civil.addDays(date, 1), civil)
  return instant(first + Math.floor((end - 1 - first) / duty.cycle) * duty.cycle)
}

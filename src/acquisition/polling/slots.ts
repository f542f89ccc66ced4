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
  const { first } = dayAround(duty, now, civil)
  if (duty.cycle >= DAY) return first
  return instant(first + Math.floor((now - first) / duty.cycle) * duty.cycle)
}

/** The first slot after a moment. */
export function slotAfter(duty: Cycle, now: Instant, civil: CivilTime): Instant {
  const { end } = dayAround(duty, now, civil)
  if (duty.cycle >= DAY) return end
  return instant(Math.min(slotAt(duty, now, civil) + duty.cycle, end))
}

/** The moment that the record of a slot is of: the offset only gives the meter time to write it. */
export function recordedAt(duty: Cycle, slot: Instant): Instant {
  return instant(slot - duty.offset)
}

/** The slot that a record of this moment belongs to. */
export function slotHolding(duty: Cycle, recorded: Instant, civil: CivilTime): Instant {
  return slotAt(duty, instant(recorded + duty.offset), civil)
}

/** A day of a duty: its first slot, and that of the day after. */
interface Day {
  readonly first: Instant
  readonly end: Instant
  readonly civil: CivilTime
}

/** The day that was last asked for: ten thousand channels ask for the same one at once. */
const daysBefore = new WeakMap<Cycle, Day>()

/** The first slot of the day that the moment counts to, and that of the day after. */
function dayAround(duty: Cycle, now: Instant, civil: CivilTime): Day {
  const before = daysBefore.get(duty)
  if (before && before.civil === civil && before.first <= now && now < before.end) return before
  const day = { ...dayOf(duty, now, civil), civil }
  daysBefore.set(duty, day)
  return day
}

function dayOf(duty: Cycle, now: Instant, civil: CivilTime): Omit<Day, 'civil'> {
  const firstOf = (date: BusinessDate) => instant(civil.startOf(date) + duty.offset)
  const today = civil.dateOf(now)
  const first = firstOf(today)
  if (now < first) return { first: firstOf(civil.addDays(today, -1)), end: first }
  return { first, end: firstOf(civil.addDays(today, 1)) }
}

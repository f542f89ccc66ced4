import type { Instant } from '#src/core'
import { type CivilTime, instant, minutes } from '#src/core'
import type { Cycle, JobSlot } from './types.ts'

/**
 * The last due moment at or before `now`. A job that was due several times while nobody looked
 * runs once: each job knows by its data what it has to catch up with. A daily time that the clocks
 * skip is due at the moment they jump; one that they repeat is due at the first of the two.
 */
export function lastSlot(cycle: Cycle, civil: CivilTime, now: Instant): JobSlot {
  switch (cycle.kind) {
    case 'every': {
      const step = minutes(cycle.minutes)
      const due = instant(Math.floor(now / step) * step)
      return { key: String(due), due, date: null }
    }
    case 'daily': {
      const today = civil.dateOf(now)
      const slot = dailySlot(cycle, civil, today)
      return slot.due <= now ? slot : dailySlot(cycle, civil, civil.addDays(today, -1))
    }
  }
}

function dailySlot(
  { hour, minute }: Extract<Cycle, { kind: 'daily' }>,
  civil: CivilTime,
  date: NonNullable<JobSlot['date']>,
): JobSlot {
  const midnight = civil.startOf(date)
  const { year, month, day } = civil.toWall(midnight)
  const due = civil.toInstant({ year, month, day, hour, minute, second: 0 }) ?? midnight
  return { key: date, due, date }
}

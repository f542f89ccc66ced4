import type { BusinessDate, CivilTime } from '#src/core'
import type { Span } from './compute-queries.ts'
import type { LossPeriod } from './parts.ts'

export function spansOf(
  civil: CivilTime,
  period: LossPeriod,
  dates: readonly BusinessDate[],
): Span[] {
  return dates.map((startsOn) => {
    const next = period === 'day' ? civil.addDays(startsOn, 1) : nextMonth(civil, startsOn)
    return { startsOn, start: civil.startOf(startsOn), end: civil.startOf(next) }
  })
}

/** The first day of a date's month. */
export const firstOf = (civil: CivilTime, date: BusinessDate): BusinessDate =>
  civil.addDays(date, 1 - Number(date.slice(8)))

const nextMonth = (civil: CivilTime, first: BusinessDate) =>
  firstOf(civil, civil.addDays(first, 32))

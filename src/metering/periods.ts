import {
  type BusinessDate,
  type CivilTime,
  type Instant,
  instant,
  milliseconds,
  minutes,
  parseBusinessDate,
} from '#src/core'
import type { Period } from './energy.ts'
import type { Granularity } from './types.ts'

/**
 * The periods of the utility's civil time that touch `[from, to)`, oldest first; undefined if
 * there are more than `max`. Quarters and hours count from midnight by elapsed time, so a day of
 * 23 or 25 hours has 23 or 25 of them.
 */
export function periodsOf(
  civil: CivilTime,
  granularity: Granularity,
  from: Instant,
  to: Instant,
  max: number,
): readonly Period[] | undefined {
  const periods: Period[] = []
  let date = granularity === 'month' ? monthOf(civil.dateOf(from)) : civil.dateOf(from)
  let start = civil.startOf(date)
  while (start < to) {
    if (periods.length > max) return undefined
    const next = granularity === 'month' ? nextMonth(civil, date) : civil.addDays(date, 1)
    const end = civil.startOf(next)
    for (const period of partsOf(granularity, start, end)) {
      if (period.end > from && period.start < to) periods.push(period)
    }
    date = next
    start = end
  }
  return periods.length > max ? undefined : periods
}

/** The first day of a date's month. */
export function monthOf(date: BusinessDate): BusinessDate {
  const first = parseBusinessDate(`${date.slice(0, 7)}-01`)
  if (first === undefined) throw new Error(`${date} is no date`)
  return first
}

/** The first day of the month after a first day. */
export function nextMonth(civil: CivilTime, month: BusinessDate): BusinessDate {
  return monthOf(civil.addDays(month, 31))
}

function partsOf(granularity: Granularity, start: Instant, end: Instant): Period[] {
  const step =
    granularity === '15min' ? minutes(15) : granularity === 'hour' ? minutes(60) : end - start
  const parts: Period[] = []
  for (let at = start; at < end; at = instant(at + milliseconds(step))) {
    parts.push({ start: at, end: instant(Math.min(at + step, end)) })
  }
  return parts
}

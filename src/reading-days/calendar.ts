import { type BusinessDate, type CivilTime, type Instant, instant, minutes } from '#src/core'
import { monthOf, nextMonth } from '#src/metering'
import type { ReadingRoute } from './types.ts'

type Calendar = Pick<ReadingRoute, 'day' | 'everyMonths' | 'startsOn'>

/** The last reading day at or before a date; null where the first is still to come. */
export function lastReadingDay(
  civil: CivilTime,
  route: Calendar,
  date: BusinessDate,
): BusinessDate | null {
  let last: BusinessDate | null = null
  for (const day of readingDays(civil, route)) {
    if (day > date) return last
    last = day
  }
  return last
}

/** The first reading day after a date. */
export function nextReadingDay(
  civil: CivilTime,
  route: Calendar,
  date: BusinessDate,
): BusinessDate {
  for (const day of readingDays(civil, route)) if (day > date) return day
  throw new Error('months do not end')
}

/** A moment of a day as the clock on the wall says it, also where the day lacks the hour. */
export function momentOf(civil: CivilTime, date: BusinessDate, minuteOfDay: number): Instant {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const wall = { hour: Math.floor(minuteOfDay / 60), minute: minuteOfDay % 60, second: 0 }
  const at = civil.toInstant({ year, month, day, ...wall })
  return at ?? instant(civil.startOf(date) + minutes(minuteOfDay))
}

/** Every `everyMonths` from the month of the begin on, always after the begin. */
function* readingDays(civil: CivilTime, route: Calendar): Generator<BusinessDate> {
  let month = monthOf(route.startsOn)
  for (;;) {
    const day = dayIn(civil, month, route.day)
    if (day > route.startsOn) yield day
    for (let passed = 0; passed < route.everyMonths; passed += 1) month = nextMonth(civil, month)
  }
}

function dayIn(civil: CivilTime, month: BusinessDate, day: number): BusinessDate {
  const last = civil.addDays(nextMonth(civil, month), -1)
  const wanted = civil.addDays(month, day - 1)
  if (wanted < last) return wanted
  return last
}

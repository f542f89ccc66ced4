import { type BusinessDate, type CivilTime, hours } from '#src/core'
import type { CalendarDay, KnownTemperature } from './calendar-queries.ts'
import type { ComingDay, DayKind, LoadDay } from './types.ts'

/** What is known of days apart from their load. */
export interface Calendar {
  day(date: BusinessDate, regionId: number | null): ComingDay
}

export function calendarOf(
  civil: CivilTime,
  special: readonly CalendarDay[],
  temperatures: readonly KnownTemperature[],
): Calendar {
  const kinds = new Map(special.map(({ date, kind }) => [date, kind]))
  const celsius = new Map(temperatures.map((one) => [`${one.date} ${one.region_id}`, one.celsius]))
  return {
    day(date, regionId) {
      const known = celsius.get(`${date} ${regionId}`) ?? celsius.get(`${date} null`)
      const temperature = known === undefined ? null : Number(known)
      return { date, kind: kinds.get(date) ?? usualKind(civil, date), temperature }
    },
  }
}

/** Saturdays and Sundays are days of rest. */
function usualKind(civil: CivilTime, date: BusinessDate): DayKind {
  // Days since 1970-01-01, a Thursday, by the civil date alone.
  const { year, month, day } = civil.toWall(civil.startOf(date))
  const number = Math.round(globalThis.Date.UTC(year, month - 1, day) / hours(24))
  return (number + 4) % 7 === 0 || (number + 4) % 7 === 6 ? 'rest' : 'work'
}

/** A history without a hole in its dates; hours that are not known are null. */
export function historyOf(
  civil: CivilTime,
  calendar: Calendar,
  regionId: number | null,
  dates: readonly BusinessDate[],
  watts: readonly (bigint | null)[],
): LoadDay[] {
  const [first] = dates
  const last = dates.at(-1)
  if (first === undefined || last === undefined) return []
  const at = new Map(dates.map((date, index) => [date, index]))
  const days: LoadDay[] = []
  for (let date = first; date <= last; date = civil.addDays(date, 1)) {
    const index = at.get(date)
    const hoursOf = Array.from({ length: 24 }, (_, hour) => {
      const value = index === undefined ? null : (watts[index * 24 + hour] ?? null)
      return value === null ? null : Number(value) / 1000
    })
    days.push({ ...calendar.day(date, regionId), hours: hoursOf })
  }
  return days
}

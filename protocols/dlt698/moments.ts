import type { Writer } from '#protocols/bytes'
import { type MeterTime, meterTimeText } from '#protocols/model'
import { type Codec, leaf } from './codec-parts.ts'
import type { Cursor } from './cursor.ts'

/**
 * A date_time_s as it was sent. FF, and FFFF for the year, stand for what was not given (未指定), so
 * it need not be a moment.
 */
export type DateTimeS = MeterTime

/** A date_time: also day of the week (Sunday is 0) and milliseconds. */
export interface DateTime extends MeterTime {
  readonly weekday: number
  readonly millisecond: number
}

export const dateTimeS: Codec<DateTimeS> = leaf(
  {
    read: (from) => ({ ...readDate(from), ...readTime(from) }),
    write(to, time) {
      to.uint16(time.year).uint8(time.month).uint8(time.day)
      writeTime(to, time)
    },
  },
  timeText,
)

export const dateTime: Codec<DateTime> = leaf(
  {
    read(from) {
      const date = readDate(from)
      const weekday = from.uint8()
      return { ...date, weekday, ...readTime(from), millisecond: from.uint16() }
    },
    write(to, time) {
      to.uint16(time.year).uint8(time.month).uint8(time.day).uint8(time.weekday)
      writeTime(to, time)
      to.uint16(time.millisecond)
    },
  },
  timeText,
)

/** True for a moment of the calendar; false where fields are not given or impossible. */
export function isMoment({ year, month, day, hour, minute, second }: MeterTime): boolean {
  const isDate = year < 10_000 && month >= 1 && month <= 12 && day >= 1
  return isDate && day <= daysOf(year, month) && hour < 24 && minute < 60 && second < 60
}

/** A moment of the calendar as a date_time, with the weekday worked out. */
export function dateTimeOf(time: MeterTime): DateTime {
  const days = daysBefore(time.year) + dayOfYear(time)
  return { ...time, weekday: days % 7, millisecond: 0 }
}

/** The moment so many minutes later, or earlier where negative. */
export function shifted(time: MeterTime, byMinutes: number): MeterTime {
  const minutes = time.hour * 60 + time.minute + byMinutes
  const days = Math.floor(minutes / minutesOfDay)
  const ofDay = minutes - days * minutesOfDay
  const date = dateAfter(time, days)
  return { ...date, hour: Math.trunc(ofDay / 60), minute: ofDay % 60, second: time.second }
}

export function monthsLater(time: MeterTime, months: number): MeterTime {
  const count = time.year * 12 + time.month - 1 + months
  return { ...time, year: Math.floor(count / 12), month: (count % 12) + 1 }
}

export function timeText(time: MeterTime): string {
  return isMoment(time) ? meterTimeText(time).replace('T', ' ') : 'no moment'
}

const minutesOfDay = 1440

function dateAfter({ year, month, day }: MeterTime, days: number) {
  let date = { year, month, day: day + days }
  while (date.day < 1) {
    const before = date.month === 1 ? { year: date.year - 1, month: 12 } : monthBefore(date)
    date = { ...before, day: date.day + daysOf(before.year, before.month) }
  }
  while (date.day > daysOf(date.year, date.month)) {
    const left = date.day - daysOf(date.year, date.month)
    const isLast = date.month === 12
    date = { year: date.year + (isLast ? 1 : 0), month: isLast ? 1 : date.month + 1, day: left }
  }
  return date
}

function monthBefore({ year, month }: { readonly year: number; readonly month: number }) {
  return { year, month: month - 1 }
}

function daysOf(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days from the Sunday before 1 January of the year 1 to the end of the year before. */
function daysBefore(year: number): number {
  const years = year - 1
  return years * 365 + Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400)
}

function dayOfYear({ year, month, day }: MeterTime): number {
  let days = day
  for (let before = 1; before < month; before++) days += daysOf(year, before)
  return days
}

function readDate(from: Cursor) {
  return { year: from.uint16(), month: from.uint8(), day: from.uint8() }
}

function readTime(from: Cursor) {
  return { hour: from.uint8(), minute: from.uint8(), second: from.uint8() }
}

function writeTime(to: Writer, { hour, minute, second }: MeterTime): void {
  to.uint8(hour).uint8(minute).uint8(second)
}

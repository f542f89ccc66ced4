import { byteAt } from './byte-at.ts'

/** A date and a time of the day, without a zone. */
interface Clock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** Two digits of the year are sent; the standards that do so are of this century. */
const century = 2000
const monthDays = Uint8Array.of(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
const monthShift = Uint8Array.of(0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4)

/**
 * Reads packed BCD clock fields, one a byte, two letters of the layout each: `YY MM DD hh mm ss`,
 * `WW` for the day of the week, `WM` for a month below it in the top three bits. What the layout
 * lacks is midnight and 1 January 2000; the day of the week is passed over.
 */
export function readBcdClock(
  data: Uint8Array,
  from: number,
  layout: string,
): Clock | 'not-bcd' | 'out-of-range' {
  const clock = { year: century, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
  for (let index = 0; index < layout.length / 2; index++) {
    const field = layout.slice(2 * index, 2 * index + 2)
    const raw = byteAt(data, from + index)
    const pair = field === 'WM' ? raw & 0x1f : raw
    if (pair >> 4 > 9 || (pair & 15) > 9) return 'not-bcd'
    const value = (pair >> 4) * 10 + (pair & 15)
    switch (field) {
      case 'YY':
        clock.year = century + value
        break
      case 'MM':
      case 'WM':
        clock.month = value
        break
      case 'DD':
        clock.day = value
        break
      case 'hh':
        clock.hour = value
        break
      case 'mm':
        clock.minute = value
        break
      case 'ss':
        clock.second = value
        break
    }
  }
  return isRealTime(clock) ? clock : 'out-of-range'
}

/** The wire bytes of a clock; `WW` counts from Sunday, 0, and `WM` from Monday, 1. */
export function writeBcdClock(clock: Clock, layout: string): Uint8Array {
  const bytes = new Uint8Array(layout.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = fieldByte(clock, layout.slice(2 * index, 2 * index + 2))
  }
  return bytes
}

/** True for a date of the calendar and a time of the day. */
export function isRealTime({ year, month, day, hour, minute, second }: Clock): boolean {
  return day >= 1 && day <= daysOfMonth(year, month) && hour <= 23 && minute <= 59 && second <= 59
}

/** How many days a month has; 0 for one that there is not. */
export function daysOfMonth(year: number, month: number): number {
  const leapDay = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0
  return byteAt(monthDays, month - 1) + leapDay
}

function fieldByte(clock: Clock, field: string): number {
  switch (field) {
    case 'YY':
      return bcdPair(clock.year % 100)
    case 'MM':
      return bcdPair(clock.month)
    case 'WM':
      return ((weekdayOf(clock) || 7) << 5) | bcdPair(clock.month)
    case 'DD':
      return bcdPair(clock.day)
    case 'hh':
      return bcdPair(clock.hour)
    case 'mm':
      return bcdPair(clock.minute)
    case 'ss':
      return bcdPair(clock.second)
    default:
      return weekdayOf(clock)
  }
}

/** 0 = Sunday … 6 = Saturday, by Sakamoto's rule. */
function weekdayOf(clock: Clock): number {
  const year = clock.month < 3 ? clock.year - 1 : clock.year
  const leaps = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400)
  return (year + leaps + byteAt(monthShift, clock.month - 1) + clock.day) % 7
}

function bcdPair(value: number): number {
  return (Math.trunc(value / 10) << 4) | (value % 10)
}

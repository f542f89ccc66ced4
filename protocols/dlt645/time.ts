import { byteAt } from '#protocols/bytes'
import { type MeterTime, type MissingFlag, meterTimeText } from '#protocols/model'

/** The order of clock fields on the wire, two letters a byte. `WW` is the weekday, 0 = Sunday. */
export type TimeLayout = 'WWDDMMYY' | 'ssmmhh' | 'mmhhDDMMYY' | 'ssmmhhDDMMYY' | 'ssmmhhWWDDMMYY'

/** DL/T 645 sends two digits of the year; the standard is from 2007. */
const century = 2000
const monthDays = Uint8Array.of(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
const monthShift = Uint8Array.of(0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4)

/** The clock fields at `from`; parts that the layout lacks are midnight and 1 January 2000. */
export function readClock(
  data: Uint8Array,
  from: number,
  layout: TimeLayout,
): MeterTime | MissingFlag {
  const clock = { year: century, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
  for (let index = 0; index < layout.length / 2; index++) {
    const pair = byteAt(data, from + index)
    if (pair >> 4 > 9 || (pair & 15) > 9) return 'not-bcd'
    const value = (pair >> 4) * 10 + (pair & 15)
    switch (layout.slice(2 * index, 2 * index + 2)) {
      case 'YY':
        clock.year = century + value
        break
      case 'MM':
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

/** The wire bytes of a clock in a layout. */
export function writeClock(clock: MeterTime, layout: TimeLayout): Uint8Array {
  const bytes = new Uint8Array(layout.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = pairOf(clock, layout.slice(2 * index, 2 * index + 2))
  }
  return bytes
}

/** `2026-11-21`, `22:30:00` or both with a T between, as the layout has it. */
export function clockText(clock: MeterTime, layout: TimeLayout): string {
  const text = meterTimeText(clock)
  switch (layout) {
    case 'WWDDMMYY':
      return text.slice(0, 10)
    case 'ssmmhh':
      return text.slice(11)
    case 'mmhhDDMMYY':
    case 'ssmmhhDDMMYY':
    case 'ssmmhhWWDDMMYY':
      return text
  }
}

/** The clock a text of `clockText` names, undefined if it is none. */
export function clockOfText(text: string): MeterTime | undefined {
  const parts = /^(?:(\d{4})-(\d\d)-(\d\d))?T?(?:(\d\d):(\d\d):(\d\d))?$/.exec(text)
  if (!parts || text === '') return undefined
  const [, year = '2000', month = '1', day = '1', hour = '0', minute = '0', second = '0'] = parts
  const clock = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  }
  return isRealTime(clock) ? clock : undefined
}

/** True for a date of the calendar and a time of the day. */
export function isRealTime(clock: MeterTime): boolean {
  const { year, month, day, hour, minute, second } = clock
  const leapDay = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0
  const days = byteAt(monthDays, month - 1) + leapDay
  return day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 59
}

function pairOf(clock: MeterTime, field: string): number {
  switch (field) {
    case 'YY':
      return bcdPair(clock.year % 100)
    case 'MM':
      return bcdPair(clock.month)
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
function weekdayOf(clock: MeterTime): number {
  const year = clock.month < 3 ? clock.year - 1 : clock.year
  const leaps = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400)
  return (year + leaps + byteAt(monthShift, clock.month - 1) + clock.day) % 7
}

function bcdPair(value: number): number {
  return (Math.trunc(value / 10) << 4) | (value % 10)
}

import { byteAt } from '#protocols/bytes'
import { type MeterTime, type MissingFlag, meterTimeText } from '#protocols/model'

/** The order of clock fields on the wire, two letters a byte. `WM` is weekday and month (A.1). */
export type TimeLayout =
  | 'ssmmhhDDWMYY'
  | 'mmhhDDMMYY'
  | 'ssmmhhDD'
  | 'mmhhDDMM'
  | 'mmhhDD'
  | 'mmhh'
  | 'DDMMYY'
  | 'MMYY'
  | 'hhDD'

const century = 2000
const monthDays = Uint8Array.of(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
const monthShift = Uint8Array.of(0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4)
const midnight: MeterTime = { year: century, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
const minutesOfDay = 1440

/** The clock fields at `from`; what the layout lacks is midnight and 1 January 2000. */
export function readClock(
  data: Uint8Array,
  from: number,
  layout: TimeLayout,
): MeterTime | MissingFlag {
  const clock = { ...midnight }
  for (let index = 0; index < layout.length / 2; index++) {
    const field = layout.slice(2 * index, 2 * index + 2)
    const raw = byteAt(data, from + index)
    // A.1 keeps the weekday in the top three bits; makers that leave it zero are understood.
    const pair = field === 'WM' ? raw & 0x1f : raw
    if (pair >> 4 > 9 || (pair & 15) > 9) return 'not-bcd'
    setField(clock, field, (pair >> 4) * 10 + (pair & 15))
  }
  return isRealTime(clock) ? clock : 'out-of-range'
}

/** The wire bytes of a clock in a layout. */
export function writeClock(clock: MeterTime, layout: TimeLayout): Uint8Array {
  const bytes = new Uint8Array(layout.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = fieldByte(clock, layout.slice(2 * index, 2 * index + 2))
  }
  return bytes
}

/** Where the text of `meterTimeText` begins and ends for what a layout carries. */
const stretches: Readonly<Record<TimeLayout, readonly [number, number]>> = {
  ssmmhhDDWMYY: [0, 19],
  mmhhDDMMYY: [0, 16],
  ssmmhhDD: [8, 19],
  mmhhDDMM: [5, 16],
  mmhhDD: [8, 16],
  mmhh: [11, 16],
  DDMMYY: [0, 10],
  MMYY: [0, 7],
  hhDD: [8, 13],
}

/** `2026-11-21T22:30:05`, `2026-11-21`, `22:30`: as much as the layout carries. */
export function clockText(clock: MeterTime, layout: TimeLayout): string {
  return meterTimeText(clock).slice(...stretches[layout])
}

/** The clock a text of `clockText` names in a layout, undefined if it is none. */
export function clockOfText(text: string, layout: TimeLayout): MeterTime | undefined {
  const [from, to] = stretches[layout]
  if (text.length !== to - from) return undefined
  const whole = `2000-01-01T00:00:00`.slice(0, from) + text + `2000-01-01T00:00:00`.slice(to)
  return parseClock(whole)
}

/** A time of the form `2026-11-21T22:30:05` that the calendar has. */
function parseClock(text: string): MeterTime | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text)
  if (!parts) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map(Number)
  const clock = { year, month, day, hour, minute, second }
  return isRealTime(clock) ? clock : undefined
}

/** True for a date of the calendar and a time of the day. */
export function isRealTime(clock: MeterTime): boolean {
  const { year, month, day, hour, minute, second } = clock
  if (month < 1 || month > 12) return false
  return day >= 1 && day <= daysOf(year, month) && hour <= 23 && minute <= 59 && second <= 59
}

/** The time so many minutes later, or earlier where they are negative. */
export function addMinutes(time: MeterTime, minutes: number): MeterTime {
  let ofDay = time.hour * 60 + time.minute + minutes
  let date = time
  while (ofDay >= minutesOfDay) {
    date = dayAfter(date)
    ofDay -= minutesOfDay
  }
  while (ofDay < 0) {
    date = dayBefore(date)
    ofDay += minutesOfDay
  }
  return { ...date, hour: Math.trunc(ofDay / 60), minute: ofDay % 60, second: time.second }
}

export function dayAfter(time: MeterTime): MeterTime {
  const { year, month, day } = time
  return day < daysOf(year, month) ? { ...time, day: day + 1 } : { ...monthAfter(time), day: 1 }
}

function dayBefore(time: MeterTime): MeterTime {
  if (time.day > 1) return { ...time, day: time.day - 1 }
  const month = time.month === 1 ? 12 : time.month - 1
  const year = time.month === 1 ? time.year - 1 : time.year
  return { ...time, year, month, day: daysOf(year, month) }
}

export function monthAfter(time: MeterTime): MeterTime {
  const { year, month } = time
  return month < 12 ? { ...time, month: month + 1 } : { ...time, year: year + 1, month: 1 }
}

function daysOf(year: number, month: number): number {
  const leapDay = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0
  return byteAt(monthDays, month - 1) + leapDay
}

function setField(
  clock: { -readonly [Key in keyof MeterTime]: number },
  field: string,
  value: number,
) {
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
    default:
      clock.second = value
  }
}

function fieldByte(clock: MeterTime, field: string): number {
  switch (field) {
    case 'YY':
      return bcdPair(clock.year % 100)
    case 'MM':
      return bcdPair(clock.month)
    case 'WM':
      return (weekdayOf(clock) << 5) | bcdPair(clock.month)
    case 'DD':
      return bcdPair(clock.day)
    case 'hh':
      return bcdPair(clock.hour)
    case 'mm':
      return bcdPair(clock.minute)
    default:
      return bcdPair(clock.second)
  }
}

/** 1 = Monday … 7 = Sunday, by Sakamoto's rule. */
function weekdayOf(clock: MeterTime): number {
  const year = clock.month < 3 ? clock.year - 1 : clock.year
  const leaps = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400)
  return ((year + leaps + byteAt(monthShift, clock.month - 1) + clock.day + 6) % 7) + 1
}

function bcdPair(value: number): number {
  return (Math.trunc(value / 10) << 4) | (value % 10)
}

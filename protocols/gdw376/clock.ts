import { daysOfMonth, isRealTime, readBcdClock, writeBcdClock } from '#protocols/bytes'
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

const minutesOfDay = 1440

/**
 * The clock fields at `from`; what the layout lacks is midnight and 1 January 2000. Makers that leave
 * the weekday of A.1 zero are understood.
 */
export function readClock(
  data: Uint8Array,
  from: number,
  layout: TimeLayout,
): MeterTime | MissingFlag {
  return readBcdClock(data, from, layout)
}

/** The wire bytes of a clock in a layout. */
export function writeClock(clock: MeterTime, layout: TimeLayout): Uint8Array {
  return writeBcdClock(clock, layout)
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
  return day < daysOfMonth(year, month)
    ? { ...time, day: day + 1 }
    : { ...monthAfter(time), day: 1 }
}

function dayBefore(time: MeterTime): MeterTime {
  if (time.day > 1) return { ...time, day: time.day - 1 }
  const month = time.month === 1 ? 12 : time.month - 1
  const year = time.month === 1 ? time.year - 1 : time.year
  return { ...time, year, month, day: daysOfMonth(year, month) }
}

export function monthAfter(time: MeterTime): MeterTime {
  const { year, month } = time
  return month < 12 ? { ...time, month: month + 1 } : { ...time, year: year + 1, month: 1 }
}

import { isRealTime, readBcdClock, writeBcdClock } from '#protocols/bytes'
import { type MeterTime, type MissingFlag, meterTimeText } from '#protocols/model'

/** The order of clock fields on the wire, two letters a byte. `WW` is the weekday, 0 = Sunday. */
export type TimeLayout = 'WWDDMMYY' | 'ssmmhh' | 'mmhhDDMMYY' | 'ssmmhhDDMMYY' | 'ssmmhhWWDDMMYY'

/** The clock fields at `from`; parts that the layout lacks are midnight and 1 January 2000. */
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

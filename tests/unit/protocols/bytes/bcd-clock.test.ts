import fc from 'fast-check'
import { expect, test } from 'vitest'
import { daysOfMonth, fromHex, readBcdClock, toHex, writeBcdClock } from '#protocols/bytes'

const read = (hex: string, layout: string) => {
  const bytes = fromHex(hex)
  if (!bytes) throw new Error('hex')
  return readBcdClock(bytes, 0, layout)
}

/** A Sunday; the weekday is 0 for DL/T 645 and 7 for Q/GDW 376.1. */
const sunday = { year: 2026, month: 11, day: 22, hour: 7, minute: 5, second: 9 }

test('a clock is written and read field by field, with either day of the week', () => {
  expect(toHex(writeBcdClock(sunday, 'ssmmhhWWDDMMYY'))).toBe('09050700221126')
  expect(toHex(writeBcdClock(sunday, 'ssmmhhDDWMYY'))).toBe('09050722F126')
  expect(read('09050700221126', 'ssmmhhWWDDMMYY')).toEqual(sunday)
  expect(read('09050722F126', 'ssmmhhDDWMYY')).toEqual(sunday)
  expect(read('090507221126', 'ssmmhhDDWMYY')).toEqual(sunday)
})

test('what a layout lacks is midnight and 1 January 2000', () => {
  const none = { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
  expect(read('0507', 'mmhh')).toEqual({ ...none, hour: 7, minute: 5 })
  expect(read('1126', 'MMYY')).toEqual({ ...none, year: 2026, month: 11 })
})

test('what is no decimal digit, or no time of the calendar, is told apart', () => {
  expect(read('0A', 'ss')).toBe('not-bcd')
  expect(read('A0', 'DD')).toBe('not-bcd')
  for (const [hex, layout] of [
    ['60', 'ss'],
    ['60', 'mm'],
    ['24', 'hh'],
    ['00', 'DD'],
    ['00', 'MM'],
    ['13', 'MM'],
    ['290226', 'DDMMYY'],
    ['310426', 'DDMMYY'],
  ] as const) {
    expect(read(hex, layout), `${layout} ${hex}`).toBe('out-of-range')
  }
  expect(read('290224', 'DDMMYY')).toMatchObject({ day: 29 })
})

test('February has a leap day by the rule of the calendar', () => {
  const days = [2023, 2024, 2100, 2000].map((year) => daysOfMonth(year, 2))
  expect(days).toEqual([28, 29, 28, 29])
  expect([daysOfMonth(2024, 0), daysOfMonth(2024, 13)]).toEqual([0, 0])
})

test('every moment of the century comes back as it was written', () => {
  const century = { min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z') }
  fc.assert(
    fc.property(fc.date({ ...century, noInvalidDate: true }), (at) => {
      const clock = {
        year: at.getUTCFullYear(),
        month: at.getUTCMonth() + 1,
        day: at.getUTCDate(),
        hour: at.getUTCHours(),
        minute: at.getUTCMinutes(),
        second: at.getUTCSeconds(),
      }
      for (const layout of ['ssmmhhWWDDMMYY', 'ssmmhhDDWMYY']) {
        const bytes = writeBcdClock(clock, layout)
        expect(readBcdClock(bytes, 0, layout)).toEqual(clock)
      }
      expect(writeBcdClock(clock, 'WW')[0]).toBe(at.getUTCDay())
    }),
  )
})

import { describe, expect, test } from 'vitest'
import { civilTime, parseBusinessDate } from '#src/core'
import { lastReadingDay, momentOf, nextReadingDay } from '#src/reading-days'

const civil = civilTime('Asia/Shanghai')
function date(text: string) {
  const found = parseBusinessDate(text)
  if (found === undefined) throw new Error(`${text} is no date`)
  return found
}
const route = (day: number, everyMonths = 1, startsOn = '2025-12-31') => {
  return { day, everyMonths, startsOn: date(startsOn) }
}
const daysOf = (own: ReturnType<typeof route>, count: number) => {
  const found: string[] = []
  for (let at = own.startsOn; found.length < count; ) {
    at = nextReadingDay(civil, own, at)
    found.push(at)
  }
  return found
}

describe('reading days', () => {
  test('a day that a month does not have is its last', () => {
    expect(daysOf(route(31), 4)).toEqual(['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30'])
    expect(daysOf(route(30, 1, '2028-01-30'), 2)).toEqual(['2028-02-29', '2028-03-30'])
  })

  test('count from the month of the begin, and come after it', () => {
    expect(daysOf(route(5, 2, '2026-01-05'), 3)).toEqual(['2026-03-05', '2026-05-05', '2026-07-05'])
    expect(daysOf(route(5, 2, '2026-01-04'), 2)).toEqual(['2026-01-05', '2026-03-05'])
    expect(daysOf(route(1, 12, '2026-06-15'), 2)).toEqual(['2027-06-01', '2028-06-01'])
  })

  test('the last is the day itself, or none before the first', () => {
    const own = route(5, 1, '2026-01-10')
    expect(lastReadingDay(civil, own, date('2026-02-04'))).toBeNull()
    expect(lastReadingDay(civil, own, date('2026-02-05'))).toBe('2026-02-05')
    expect(lastReadingDay(civil, own, date('2026-03-04'))).toBe('2026-02-05')
  })

  test('their hour is that of the clock on the wall, also where it leaps over it', () => {
    const berlin = civilTime('Europe/Berlin')
    expect(berlin.iso(momentOf(berlin, date('2026-03-29'), 8 * 60))).toBe(
      '2026-03-29T08:00:00+02:00',
    )
    expect(berlin.iso(momentOf(berlin, date('2026-03-29'), 150))).toBe('2026-03-29T03:30:00+02:00')
    expect(berlin.iso(momentOf(berlin, date('2026-10-25'), 8 * 60))).toBe(
      '2026-10-25T08:00:00+01:00',
    )
  })
})

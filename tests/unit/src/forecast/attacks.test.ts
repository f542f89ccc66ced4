import { afterAll, describe, expect, it } from 'vitest'
import { civilTime, parseBusinessDate } from '#src/core'
import { createThinker } from '#src/forecast'

const civil = civilTime('Asia/Shanghai')
const first = parseBusinessDate('2026-06-01')
if (first === undefined) throw new Error('a date')

type Day = Parameters<ReturnType<typeof createThinker>['forecast']>[0][number]['days'][number]

/** Days from a Monday on. */
const days = (count: number, of: (day: number, hour: number) => number | null): Day[] =>
  Array.from({ length: count }, (_, day) => ({
    date: civil.addDays(first, day),
    kind: day % 7 > 4 ? ('rest' as const) : ('work' as const),
    temperature: null,
    hours: Array.from({ length: 24 }, (_, hour) => of(day, hour)),
  }))

const thinker = createThinker()
afterAll(() => thinker.close())

async function forecast(all: readonly Day[], known: number, change: Partial<Day> = {}) {
  const coming = all[known + 1]
  if (coming === undefined) throw new Error('no such day')
  const { hours: _, ...day } = { ...coming, ...change }
  const [answer] = await thinker.forecast([{ days: all.slice(0, known), day }])
  if (!answer) throw new Error('no forecast')
  return answer
}

const wiggle = (day: number, hour: number) => Math.sin(day * 127.1 + hour * 311.7 + day * hour) % 1
const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / 24

describe('a forecast under attack', () => {
  it('of a holiday without one in the past is like a day of rest, whatever was best on others', async () => {
    // Work follows its level of two days before: the regression is best by far on every day tried.
    let level = 100
    const levels = Array.from({ length: 130 }, (_, day) => {
      level += 15 * wiggle(day, 7)
      return level
    })
    const all = days(130, (day, hour) =>
      day % 7 > 4 ? 20 + hour / 10 : (levels[day - 2] ?? 100) + hour,
    )
    const known = 121
    expect(all[known + 1]?.kind).toBe('work')
    const usual = await forecast(all, known)
    expect(mean(usual.hours)).toBeGreaterThan(60)
    const holiday = await forecast(all, known, { kind: 'holiday' })
    expect(mean(holiday.hours)).toBeLessThan(40)
    expect(mean(holiday.naive)).toBeGreaterThan(60)
  })

  it('of a Saturday that is worked is like a day of work', async () => {
    const all = days(100, (day, hour) => (day % 7 > 4 ? 10 : 90) + hour + wiggle(day, hour))
    const saturday = 13 * 7 + 5
    const shown = await forecast(all, saturday - 1, { kind: 'work' })
    expect(mean(shown.hours)).toBeGreaterThan(85)
    expect(mean(shown.naive)).toBeLessThan(30)
  })

  it('of an area ten days old is the naive one', async () => {
    const all = days(13, (day, hour) => 5 + hour + wiggle(day, hour))
    const shown = await forecast(all, 10)
    expect(shown.method).toBe('naive')
    expect(shown.hours).toEqual(all[4]?.hours)
  })

  it('does without a temperature that is missing for tomorrow, or on days gone by', async () => {
    const warm = days(100, (day, hour) => 50 + 3 * Math.max(0, 16 - (day % 20)) + hour).map(
      (day, index) => ({ ...day, temperature: index % 20 }),
    )
    const missing = await forecast(warm, 90, { temperature: null })
    const holes = warm.map((day, index) => (index % 3 === 0 ? { ...day, temperature: null } : day))
    for (const { hours } of [missing, await forecast(holes, 90)]) {
      for (const value of hours) expect(Number.isFinite(value)).toBe(true)
      expect(mean(hours)).toBeGreaterThan(40)
      expect(mean(hours)).toBeLessThan(140)
    }
  })

  it('never says less than nothing of a load that never was, also not in its band', async () => {
    const all = days(100, (day, hour) => Math.max(0, 3 * wiggle(day, hour) + (hour > 12 ? 1 : 0)))
    const { hours, low } = await forecast(all, 90)
    expect(Math.min(...hours, ...low)).toBe(0)
  })

  it('follows a load that is below nothing while the sun feeds back', async () => {
    const all = days(
      100,
      (day, hour) =>
        (hour > 9 && hour < 16 ? -40 : 10) + (day % 7 > 4 ? -5 : 0) + wiggle(day, hour),
    )
    const { hours, method, scores } = await forecast(all, 90)
    expect(hours[12]).toBeLessThan(-30)
    expect(hours[2]).toBeGreaterThan(3)
    expect(scores[0]?.method).toBe(method)
  })

  it('lives through the hour that a change of clocks left out', async () => {
    const all = days(60, (day, hour) => (day === 50 && hour === 2 ? null : 10 + hour))
    for (const known of [50, 51, 52, 56]) {
      const { hours } = await forecast(all, known)
      expect(hours.map((value) => Math.round(value * 1e6) / 1e6)).toEqual(all[1]?.hours)
    }
  })
})

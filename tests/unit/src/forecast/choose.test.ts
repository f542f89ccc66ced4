import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { civilTime, parseBusinessDate } from '#src/core'
import { createThinker } from '#src/forecast'

const civil = civilTime('Asia/Shanghai')
const first = parseBusinessDate('2026-06-01')
if (first === undefined) throw new Error('a date')

type Day = Parameters<ReturnType<typeof createThinker>['forecast']>[0][number]['days'][number]

/** Days from a Monday on whose hours a function tells. */
const days = (count: number, of: (day: number, hour: number) => number | null): Day[] =>
  Array.from({ length: count }, (_, day) => ({
    date: civil.addDays(first, day),
    kind: day % 7 > 4 ? ('rest' as const) : ('work' as const),
    temperature: null,
    hours: Array.from({ length: 24 }, (_, hour) => of(day, hour)),
  }))

const thinker = createThinker()
afterAll(() => thinker.close())

async function forecast(all: readonly Day[], known: number) {
  const coming = all[known + 1]
  if (coming === undefined) throw new Error('no such day')
  const { hours: _, ...day } = coming
  const [answer] = await thinker.forecast([{ days: all.slice(0, known), day }])
  return { answer, was: coming.hours }
}

/** A seeded wiggle between -1 and 1. */
const noise = (day: number, hour: number) => Math.sin(day * 127.1 + hour * 311.7 + day * hour) % 1

describe('a forecast for the day ahead', () => {
  it('repeats a week that repeats itself', async () => {
    const all = days(60, (day, hour) => (day % 7 > 4 ? 10 : 50) + hour)
    const { answer, was } = await forecast(all, 50)
    expect(answer?.hours.map((value) => Math.round(value * 1e6) / 1e6)).toEqual(was)
  })

  it('is the naive one where nothing beats it, and says so', async () => {
    // Every week its own load: only last week tells of this one.
    const all = days(80, (day, hour) => 10 * Math.floor(day / 7) ** 2 + (day % 7) * 30 + hour)
    const { answer } = await forecast(all, 66)
    const naive = answer?.scores.find(({ method }) => method === 'naive')
    const shown = answer?.scores.find(({ method }) => method === answer.method)
    expect(shown?.mae).toBeLessThanOrEqual(naive?.mae ?? 0)
    const random = days(
      80,
      (day, hour) => 500 + 500 * noise(Math.floor(day / 7) * 7 + 3, (day % 7) + hour * 9),
    )
    const other = await forecast(random, 66)
    expect(other.answer?.scores[0]?.method).toBe(other.answer?.method)
  })

  it('follows the level and the temperature', async () => {
    const degrees = (day: number) => 10 + 12 * Math.sin(day / 5)
    const all = days(120, (day, hour) => {
      const heating = Math.max(0, 16 - degrees(day))
      return 100 + 5 * heating + 20 * Math.sin(hour / 4) + 2 * noise(day, hour)
    }).map((day, index) => ({ ...day, temperature: degrees(index) }))
    const { answer, was } = await forecast(all, 110)
    expect(answer?.method).toBe('regression')
    const error = was.reduce<number>(
      (sum, value, hour) => sum + Math.abs((value ?? 0) - (answer?.hours[hour] ?? 0)),
      0,
    )
    expect(error / 24).toBeLessThan(5)
  })

  it('knows no day that lies later than the day before it is made', async () => {
    const all = days(70, (day, hour) => 40 + day + hour + 5 * noise(day, hour))
    const { answer } = await forecast(all, 60)
    // Today, and the day itself, may be anything.
    const changed = all.map((day, index) =>
      index < 60 ? day : { ...day, hours: day.hours.map(() => 9_999) },
    )
    expect((await forecast(changed, 60)).answer?.hours).toEqual(answer?.hours)
  })

  it('copes with gaps, and says nothing without a week', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 30 }), async (gaps) => {
        const holes = new Set(gaps)
        const all = days(44, (day, hour) => (holes.has(day) ? null : 20 + hour + noise(day, hour)))
        const { answer } = await forecast(all, 42)
        if (answer === null || answer === undefined) return
        for (const [hour, value] of answer.hours.entries()) {
          expect(Number.isFinite(value)).toBe(true)
          expect(answer.low[hour]).toBeLessThanOrEqual(answer.high[hour] ?? 0)
        }
      }),
      { numRuns: 5 },
    )
    expect(
      (
        await forecast(
          days(8, () => 1),
          4,
        )
      ).answer,
    ).toBeNull()
  })
})

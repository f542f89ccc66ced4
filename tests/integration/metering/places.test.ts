import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hours, type Instant, instant, type MeterId } from '#src/core'
import { alone, at, type Field, openField, reading, usageAt } from './field.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

describe('usage', () => {
  test('follows an account from one meter and ratio to the next', async () => {
    const [old, young] = [await field.newMeter(), await field.newMeter()]
    const begin = at('2026-11-10T00:00:00+08:00')
    const swap = instant(begin + hours(12))
    const place = await field.newPlace()
    await field.install(place, { meter: old, from: instant(0), to: swap })
    await field.install(place, { meter: young, from: swap, ct: [10n, 1n] })
    const store = (meter: MeterId, when: Instant, digits: number) =>
      field.readings.store([reading(meter, when, digits)])
    await store(old, begin, 900_000)
    await store(old, swap, 900_500)
    // After its removal the old meter hangs on a test bench.
    await store(old, instant(begin + hours(20)), 999_999)
    await store(young, swap, 0)
    await store(young, instant(begin + hours(24)), 300)
    await store(young, instant(begin + hours(48)), 800)
    const { items } = await usageAt(
      field.metering,
      [
        { meterId: old, usagePointId: place, from: instant(0), to: swap },
        { meterId: young, usagePointId: place, from: swap, to: null },
      ],
      { from: begin, to: instant(begin + hours(48)), granularity: 'day' },
    )
    expect(items.map(({ value, quality }) => [value, quality])).toEqual([
      ['35.00', 'measured'],
      ['50.00', 'measured'],
    ])
  })

  test('adds the usage points of an account up, and says when one is missing', async () => {
    const [house, barn] = [await field.newMeter(), await field.newMeter()]
    const begin = at('2026-11-10T00:00:00+08:00')
    const days = [0, 1, 2].map((day) => instant(begin + day * hours(24)))
    await field.readings.store(days.map((day, index) => reading(house, day, 100 + index * 10)))
    await field.readings.store(
      days.slice(0, 2).map((day, index) => reading(barn, day, 1_000 + index, 3)),
    )
    const { items } = await usageAt(field.metering, [alone(house), alone(barn)], {
      ...{ from: begin, to: instant(begin + hours(48)), granularity: 'day' },
    })
    expect(items.map(({ value, quality }) => [value, quality])).toEqual([
      ['0.101', 'measured'],
      ['0.10', 'incomplete'],
    ])
  })
})

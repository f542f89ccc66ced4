import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hours, instant, minutes } from '#src/core'
import { at, type Field, listAll, openField, reading } from './field.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

const noon = at('2026-11-20T12:00:00+08:00')

const key = (kept: { register: string; at: number; dataClass: string; value: string }) =>
  `${kept.register} ${kept.dataClass} ${kept.at} ${kept.value}`

describe('the latest values', () => {
  test('are never overwritten by older ones', async () => {
    const meter = await field.newMeter()
    const latest = async () =>
      (await field.readings.latest([meter]))
        .map(({ register, value, at: when }) => `${register} ${value} ${when - noon}`)
        .sort()
    const power = (offset: number, digits: number) =>
      reading(meter, instant(noon + offset), digits, 4, { item: '16.7.0' })
    const factor = (offset: number, digits: number) =>
      reading(meter, instant(noon + offset), digits, 3, { item: '33.7.0' })
    await field.readings.store([reading(meter, noon, 100), power(0, 7), factor(0, 900)])
    // A message with the power alone leaves the energy's latest value as it is.
    await field.readings.store([power(2_000, 9)])
    await field.readings.store([power(1_000, 8), factor(-1_000, 800)])
    expect(await latest()).toEqual(['1.8.0 1.00 0', '16.7.0 0.0009 2000', '33.7.0 0.900 0'])
    // The same message with all quantities makes the older shapes superfluous.
    await field.readings.store([
      reading(meter, instant(noon + 3_000), 200),
      power(3_000, 10),
      factor(3_000, 700),
    ])
    await field.readings.maintenance.analyze()
    expect(await latest()).toEqual(['1.8.0 2.00 3000', '16.7.0 0.0010 3000', '33.7.0 0.700 3000'])
    const rows = await field.database.db.query(`select 1 from meter_latest where meter_id = $1`, [
      meter,
    ])
    expect(rows).toHaveLength(1)
  })

  test('show what came in last, over all meters', async () => {
    const [one, two] = [await field.newMeter(), await field.newMeter()]
    const late = at('2027-01-01T00:00:00Z')
    await field.readings.store([reading(one, late, 1), reading(two, instant(late + 500), 2)])
    const newest = await field.readings.newest(2)
    expect(newest.map(({ meterId }) => meterId)).toEqual([two, one])
    expect(await field.readings.countSince(late)).toBe(2)
    expect(await field.readings.countSince(instant(late + 1_200))).toBe(1)
  })
})

describe('a list of readings', () => {
  test('is narrowed by register, class and time, and refuses a foreign cursor', async () => {
    const meter = await field.newMeter()
    await field.readings.store(
      [0, 1, 2, 3].flatMap((hour) => [
        reading(meter, instant(noon + hours(hour)), hour),
        reading(meter, instant(noon + hours(hour)), hour, 1, { item: '32.7.0' }),
        reading(meter, instant(noon + hours(hour)), hour, 1, { dataClass: 'daily' }),
        reading(meter, instant(noon + hours(hour)), hour, 1, { item: '33.7.0' }),
      ]),
    )
    const list = async (query: Parameters<typeof field.readings.list>[1]) => {
      const page = await field.readings.list(meter, query)
      return page.ok
        ? page.value.items.map((kept) => `${kept.register} ${(kept.at - noon) / hours(1)}`)
        : page.error
    }
    expect(await list({ register: '32.7.0', limit: 3 })).toEqual([
      '32.7.0 3',
      '32.7.0 2',
      '32.7.0 1',
    ])
    expect(await list({ dataClass: 'daily', limit: 9 })).toHaveLength(4)
    expect(
      await list({
        register: '33.7.0',
        from: instant(noon + hours(1)),
        to: instant(noon + hours(2)),
        limit: 9,
      }),
    ).toEqual(['33.7.0 1'])
    expect(await list({ limit: 1, cursor: 'nonsense' })).toEqual({ kind: 'bad-cursor' })
    expect(await list({ limit: 1, cursor: '1~1~9.9.9' })).toEqual({ kind: 'bad-cursor' })
    for (const limit of [1, 2, 3, 5, 16]) {
      const kept = await listAll(field.readings, meter, limit)
      expect(new Set(kept.map(key)).size).toBe(16)
      expect(kept).toHaveLength(16)
    }
  })

  test('can be drawn as a curve of a bounded number of points', async () => {
    const meter = await field.newMeter()
    await field.readings.store(
      Array.from({ length: 96 }, (_, index) =>
        reading(meter, instant(noon + index * minutes(15)), index, 4, { item: '16.7.0' }),
      ),
    )
    const end = instant(noon + hours(24))
    const points = await field.readings.curve(meter, '16.7.0', noon, end, 24)
    expect(points).toHaveLength(24)
    expect(points[0]).toEqual({ at: instant(noon + minutes(45)), value: '0.0003' })
    expect(points.at(-1)?.value).toBe('0.0095')
    expect(await field.readings.curve(meter, '1.8.0', noon, end, 24)).toEqual([])
    expect(await field.readings.curve(meter, '33.7.0', noon, end, 24)).toEqual([])
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DataClass, ItemCode } from '#protocols/model'
import { hours, instant, minutes } from '#src/core'
import type { StoredReading } from '#src/readings'
import { at, type Field, listAll, openField, reading } from './field.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

const noon = at('2026-11-20T12:00:00+08:00')

const key = (kept: { register: string; at: number; dataClass: string; value: string }) =>
  `${kept.register} ${kept.dataClass} ${kept.at} ${kept.value}`

describe('storing readings', () => {
  test('prints every value exactly as the device wrote it', async () => {
    const meter = await field.newMeter()
    const values: [ItemCode, number, number, DataClass, string][] = [
      ['1.8.0', 12345, 2, 'current', '123.45'],
      ['1.8.1', 1234500, 4, 'current', '123.4500'],
      ['2.8.0', 0, 2, 'current', '0.00'],
      ['3.8.0', -5, 3, 'current', '-0.005'],
      ['16.7.0', -12345, 4, 'current', '-1.2345'],
      ['32.7.0', 2201, 1, 'current', '220.1'],
      ['13.7.0', 1000, 3, 'current', '1.000'],
      ['14.7.0', 50, 0, 'current', '50'],
      // What no column holds: more decimals, too large a number, another item.
      ['31.7.0', 1234567, 6, 'current', '1.234567'],
      ['13.7.0', 99999, 3, 'interval', '99.999'],
      ['33.7.0', 998, 3, 'current', '0.998'],
      ['1.8.0', 9007199254740991, 0, 'daily', '9007199254740991'],
      ['1.6.0', 12345, 4, 'daily', '1.2345'],
      ['1.8.0', 100, 2, 'monthly', '1.00'],
    ]
    const batch = values.map(([item, digits, scale, dataClass], index) =>
      reading(meter, instant(noon + index), digits, scale, { item, dataClass }),
    )
    const state = reading(meter, instant(noon + hours(1)), 0, 0, {
      item: '0.0.96.3.10',
      value: { kind: 'text', text: 'closed' },
    })
    expect(await field.readings.store([...batch, state])).toEqual({
      stored: 15,
      repeated: 0,
      revised: 0,
    })
    const kept = await listAll(field.readings, meter, 4)
    expect(kept.map(({ register, value }) => [register, value])).toEqual([
      ['0.0.96.3.10', 'closed'],
      ...values.map(([item, , , , text]) => [item, text]).reverse(),
    ])
    expect(kept.at(-1)).toEqual({
      meterId: meter,
      register: '1.8.0',
      value: '123.45',
      unit: 'kWh',
      dataClass: 'current',
      at: noon,
      receivedAt: instant(noon + 1_000),
      quality: 'good',
      source: 'poll',
      timeSource: 'meter',
    })
  })

  test('leaves the same store in whatever order, batches and number readings come', async () => {
    const items: ItemCode[] = ['1.8.0', '16.7.0', '32.7.0', '33.7.0']
    const entry = fc.record({
      item: fc.constantFrom(...items),
      slot: fc.integer({ min: 0, max: 5 }),
      dataClass: fc.constantFrom<DataClass>('current', 'daily', 'monthly'),
      isFine: fc.boolean(),
      isDoubtful: fc.boolean(),
    })
    const plan = fc.record({
      entries: fc.uniqueArray(entry, {
        selector: ({ item, slot, dataClass }) => `${item} ${slot} ${dataClass}`,
        minLength: 1,
        maxLength: 30,
      }),
      orders: fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), { maxLength: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ entries, orders }) => {
        const meter = await field.newMeter()
        const all: StoredReading[] = entries.map(({ item, slot, dataClass, isFine, isDoubtful }) =>
          reading(meter, instant(noon + slot * minutes(15)), 100 + slot, isFine ? 6 : 1, {
            item,
            dataClass,
            quality: isDoubtful ? 'clock-doubtful' : 'good',
          }),
        )
        let stored = 0
        for (const order of [...orders, all.map((_, index) => index)]) {
          const batch = order.flatMap((index) => all[index % all.length] ?? [])
          const outcome = await field.readings.store(batch)
          expect(outcome.stored + outcome.repeated).toBe(batch.length)
          expect(outcome.revised).toBe(0)
          stored += outcome.stored
        }
        expect(stored).toBe(all.length)
        const kept = await listAll(field.readings, meter, 7)
        expect(new Set(kept.map((one) => `${key(one)} ${one.quality}`))).toEqual(
          new Set(
            all.map(({ item, dataClass, measuredAt, value, quality }) => {
              const { digits, scale } = value.kind === 'number' ? value : { digits: 0, scale: 0 }
              const text = (digits / 10 ** scale).toFixed(scale)
              const about = { register: item, dataClass, at: measuredAt, value: text }
              return `${key(about)} ${quality}`
            }),
          ),
        )
        expect(kept).toHaveLength(all.length)
      }),
      { numRuns: 15 },
    )
  })

  test('keeps the first value and notes a different one as a revision, once', async () => {
    const meter = await field.newMeter()
    const revisions = () =>
      field.database.db.query(
        `select item, value, quality from reading_revision where meter_id = $1 order by id`,
        [meter],
      )
    const wide = (digits: number, scale = 2) => reading(meter, noon, digits, scale)
    const narrow = (digits: number) => reading(meter, noon, digits, 3, { item: '33.7.0' })
    await field.readings.store([wide(10000), narrow(998)])
    expect(await field.readings.store([wide(10001), narrow(999)])).toEqual({
      stored: 0,
      repeated: 0,
      revised: 2,
    })
    // The same doubt again, the same value with another zero, and one no column could hold.
    expect(await field.readings.store([wide(10001), narrow(999)])).toMatchObject({ repeated: 2 })
    expect(await field.readings.store([wide(1000000, 4)])).toMatchObject({ repeated: 1 })
    expect(await field.readings.store([wide(10000000, 5), wide(10000001, 5)])).toMatchObject({
      repeated: 1,
      revised: 1,
    })
    expect(await revisions()).toEqual([
      { item: '1.8.0', value: '100.01', quality: 1 },
      { item: '33.7.0', value: '0.999', quality: 1 },
      { item: '1.8.0', value: '100.00001', quality: 1 },
    ])
    expect((await listAll(field.readings, meter)).map(({ value }) => value)).toEqual([
      '100.00',
      '0.998',
    ])
  })

  test('settles contradictions inside one batch like those between batches', async () => {
    const meter = await field.newMeter()
    const outcome = await field.readings.store([
      reading(meter, noon, 100),
      reading(meter, noon, 100),
      reading(meter, noon, 101),
      reading(meter, noon, 5, 1, { item: '33.7.0' }),
      reading(meter, noon, 6, 1, { item: '33.7.0' }),
    ])
    expect(outcome).toEqual({ stored: 2, repeated: 1, revised: 2 })
  })

  test('fills the columns of a row that came in parts, also in compressed chunks', async () => {
    const meter = await field.newMeter()
    const then = at('2026-05-05T05:00:00Z')
    const voltage = reading(meter, then, 2203, 1, { item: '32.7.0' })
    await field.readings.store([reading(meter, then, 100)])
    expect(await field.readings.maintenance.compress(noon)).toBeGreaterThan(0)
    expect(await field.readings.maintenance.compress(noon)).toBe(0)
    const resend = [reading(meter, then, 100), voltage, reading(meter, instant(then + 1), 100)]
    expect(await field.readings.store(resend)).toEqual({ stored: 2, repeated: 1, revised: 0 })
    expect(await field.readings.store(resend)).toEqual({ stored: 0, repeated: 3, revised: 0 })
    expect((await listAll(field.readings, meter)).map(({ register }) => register)).toEqual([
      '1.8.0',
      '1.8.0',
      '32.7.0',
    ])
    // Chunks that got rows are compressed again.
    expect(await field.readings.maintenance.compress(noon)).toBeGreaterThan(0)
    expect(await listAll(field.readings, meter)).toHaveLength(3)
  })

  test('stores concurrent batches of the same readings once', async () => {
    const meter = await field.newMeter()
    const batch = Array.from({ length: 50 }, (_, index) =>
      reading(meter, instant(noon + index * minutes(1)), 100 + index),
    )
    const outcomes = await Promise.all(
      [batch, batch.toReversed(), batch.slice(20)].map((part) => field.readings.store(part)),
    )
    expect(outcomes.reduce((sum, { stored }) => sum + stored, 0)).toBe(50)
    expect(outcomes.reduce((sum, { revised }) => sum + revised, 0)).toBe(0)
  })

  test('takes nothing for an answer', async () => {
    expect(await field.readings.store([])).toEqual({ stored: 0, repeated: 0, revised: 0 })
  })
})

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

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
      dataClass: fc.constantFrom<DataClass>('current', 'interval', 'daily', 'monthly'),
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

  test('keeps a present value beside the point of the curve that is of the same minute', async () => {
    const series = (dataClass: DataClass, digits: number) =>
      reading(meter, noon, digits, 2, { dataClass })
    let meter = await field.newMeter()
    const kept = async () =>
      (await listAll(field.readings, meter, 7)).map(({ dataClass, value }) => [dataClass, value])
    const both = [
      ['current', '123.45'],
      ['interval', '123.40'],
    ]
    const clean = { repeated: 0, revised: 0 }
    for (const order of [
      [[series('current', 12_345)], [series('interval', 12_340)]],
      [[series('interval', 12_340)], [series('current', 12_345)]],
      [[series('interval', 12_340), series('current', 12_345)]],
    ]) {
      meter = await field.newMeter()
      const mine = order.map((batch) => batch.map((one) => ({ ...one, meterId: meter })))
      for (const batch of mine) {
        expect(await field.readings.store(batch)).toEqual({ stored: batch.length, ...clean })
      }
      expect(await kept()).toEqual(both)
      for (const batch of [...mine, mine.flat().toReversed()]) {
        const again = { stored: 0, repeated: batch.length, revised: 0 }
        expect(await field.readings.store(batch)).toEqual(again)
      }
      expect(await kept()).toEqual(both)
    }
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
    // Filters that nothing here asks would take more room than some values.
    const filters = await field.database.db.query(
      `select table_name from information_schema.columns
       where column_name like '\\_ts\\_meta%' and column_name like '%bloom%'`,
    )
    expect(filters).toEqual([])
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

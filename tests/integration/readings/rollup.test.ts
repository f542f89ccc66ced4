import { describe, expect, test } from 'vitest'
import { hours, type Instant, instant, type MeterId, minutes } from '#src/core'
import type { Readings, StoredReading } from '#src/readings'
import { at, openField, reading, usageOf } from './field.ts'

describe('rollups', () => {
  /** Usage of days and months without any help from rollups. */
  async function recomputed(readings: Readings, meter: MeterId, from: Instant, to: Instant) {
    const quarters = await usageOf(readings, meter, { from, to, granularity: 'day' })
    return quarters.items
  }

  test('equal what the readings say, also after late and contradicting data', async () => {
    const zone = 'Europe/Berlin'
    const own = await openField(zone)
    try {
      const { readings } = own
      const begin = at('2026-02-26T23:00:00Z')
      const end = at('2026-04-02T22:00:00Z')
      const meters = [await own.newMeter(), await own.newMeter()]
      const now = instant(end + hours(30))
      const series = (meter: MeterId, from: Instant, step: number): StoredReading[] => {
        const list: StoredReading[] = []
        for (let when: Instant = from; when < end; when = instant(when + step)) {
          const digits = Math.floor((when - begin) / 60_000)
          list.push(reading(meter, when, digits, 2, { receivedAt: now }))
        }
        return list
      }
      const [first, second] = meters
      if (first === undefined || second === undefined) throw new Error('two meters were made')
      await readings.store(series(first, begin, minutes(20)))
      await readings.store(series(second, instant(begin + hours(300)), hours(7)))
      const dirty = () => own.database.db.query(`select 1 from energy_dirty limit 1`)
      const check = async () => {
        const wanted = new Map<MeterId, unknown>()
        // Everything on the list is computed live, so this is what the readings say.
        await own.database.db.query(
          `insert into energy_dirty (meter_id, business_date)
           select m.id, d::date from meter m, generate_series('2026-02-20'::date, '2026-04-03', '1 day') d
           on conflict do nothing`,
        )
        for (const meter of meters) {
          wanted.set(meter, [
            await recomputed(readings, meter, begin, end),
            await usageOf(readings, meter, { from: begin, to: end, granularity: 'month' }),
          ])
        }
        await readings.maintenance.rollUp(now)
        expect(await dirty()).toEqual([])
        for (const meter of meters) {
          expect([
            await recomputed(readings, meter, begin, end),
            await usageOf(readings, meter, { from: begin, to: end, granularity: 'month' }),
          ]).toEqual(wanted.get(meter))
        }
      }
      expect(await readings.maintenance.rollUp(now)).toBeGreaterThan(60)
      expect(await dirty()).toEqual([])
      expect(await readings.maintenance.rollUp(now)).toBe(0)
      await check()
      const stored = await own.database.db.query<{ count: bigint }>(
        `select count(*) as count from energy_month`,
      )
      expect(stored[0]?.count).toBe(3n)
      // The night in March whose clocks change, filled and contradicted a month later.
      const night = at('2026-03-28T22:30:00Z')
      const before = await recomputed(readings, second, begin, end)
      await readings.store([
        ...series(second, night, minutes(60)).slice(0, 30),
        reading(first, instant(night - minutes(10)), 1, 2, { receivedAt: now }),
      ])
      expect(await dirty()).not.toEqual([])
      const fresh = await recomputed(readings, second, begin, end)
      expect(fresh).not.toEqual(before)
      await readings.maintenance.rollUp(now)
      expect(await recomputed(readings, second, begin, end)).toEqual(fresh)
      await check()
    } finally {
      await own.database.close()
    }
  })

  test('of a day are not computed before it is over', async () => {
    const own = await openField()
    try {
      const meter = await own.newMeter()
      const noon = at('2026-11-20T12:00:00+08:00')
      const receivedAt = noon
      await own.readings.store([
        reading(meter, at('2026-11-20T00:00:00+08:00'), 100, 2, { receivedAt }),
        reading(meter, noon, 200, 2, { receivedAt }),
      ])
      const rows = () =>
        own.database.db.query(
          `select business_date, from_digits, to_digits, scale, quality from energy_day`,
        )
      await own.readings.maintenance.rollUp(noon)
      expect(await rows()).toEqual([])
      const midnight = at('2026-11-21T00:00:10+08:00')
      await own.readings.store([reading(meter, midnight, 300, 2, { receivedAt: midnight })])
      await own.readings.maintenance.rollUp(instant(midnight + minutes(5)))
      expect(await rows()).toEqual([
        {
          business_date: '2026-11-20',
          from_digits: 100n,
          to_digits: 200n,
          scale: 2,
          quality: 4,
        },
      ])
      const exact = at('2026-11-21T00:00:00+08:00')
      await own.readings.store([
        reading(meter, exact, 29_999, 4, { dataClass: 'daily', receivedAt: midnight }),
      ])
      await own.readings.maintenance.rollUp(instant(midnight + minutes(15)))
      expect(await rows()).toMatchObject([{ to_digits: 29_999n, scale: 4, quality: 1 }])
    } finally {
      await own.database.close()
    }
  })
})

describe('upkeep', () => {
  test('refreshes the hours and drops what is past its time', async () => {
    const own = await openField()
    try {
      const meter = await own.newMeter()
      const begin = at('2026-11-01T00:00:00Z')
      await own.readings.store(
        Array.from({ length: 10 }, (_, index) =>
          reading(meter, instant(begin + index * minutes(20)), 100 + index),
        ),
      )
      const hoursOf = () =>
        own.database.db.query(
          `select hour, import_first, import_last, import_last_at, rows from reading_hour
           order by hour`,
        )
      const live = await hoursOf()
      expect(live).toHaveLength(4)
      expect(live[0]).toEqual({
        hour: begin,
        import_first: 10_000n,
        import_last: 10_200n,
        import_last_at: instant(begin + minutes(40)),
        rows: 3n,
      })
      const now = instant(begin + hours(24 * 30))
      await own.readings.maintenance.refreshHours(now)
      expect(await hoursOf()).toEqual(live)
      await own.readings.store([reading(meter, instant(begin + minutes(50)), 103)])
      await own.readings.maintenance.refreshHours(now)
      expect(await hoursOf()).toMatchObject([{ import_last: 10_300n, rows: 4n }, {}, {}, {}])
      const kept = { curveDays: 400, dailyDays: 400, itemDays: 400 }
      expect(await own.readings.maintenance.retain(now, kept)).toBe(0)
      const later = instant(begin + hours(24 * 500))
      expect(await own.readings.maintenance.retain(later, kept)).toBeGreaterThan(0)
      const page = await own.readings.list(meter, { limit: 5 })
      expect(page.ok && page.value.items).toEqual([])
    } finally {
      await own.database.close()
    }
  })
})

import { describe, expect, test } from 'vitest'
import { hours, instant, minutes } from '#src/core'
import { at, openField, reading } from './field.ts'

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

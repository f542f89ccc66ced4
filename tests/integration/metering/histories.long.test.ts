import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, hours, type Instant, idOf, instant, minutes } from '#src/core'
import type { Granularity, MeteredSpan, Usage } from '#src/metering'
import { type Field, openField, usageAt } from './field.ts'
import { histories, historyDays, type Lived, live } from './histories.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

const micro = (value: string): bigint => {
  const [whole = '', part = ''] = value.split('.')
  return BigInt(whole + part.padEnd(6, '0'))
}

async function spansOf({ placeId }: Lived): Promise<readonly MeteredSpan[]> {
  const rows = await field.database.db.query<{ id: number; from: Instant; to: Instant | null }>(
    `select meter_id as id, valid_from as from, valid_to as to from installation
     where usage_point_id = $1 order by valid_from`,
    [placeId],
  )
  return rows.map(({ id, from, to }) => ({
    ...{ meterId: idOf(id), usagePointId: idOf(placeId), from, to },
  }))
}

const rowsOf = ({ items }: Usage) =>
  items.map(({ end, value, quality }) => [end, micro(value), quality])

const qualities = ['', 'measured', 'interpolated', 'suspect', 'incomplete', 'estimated', 'edited']

describe('energy of a place to which anything may happen', () => {
  test('is the same by quarters, days and months, in the database and out of it', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { db } = field.database
        const lived = await live(field, history)
        const { readings, metering } = field.in(history.zone)
        const civil = civilTime(history.zone)
        const spans = await spansOf(lived)
        const from = lived.begin
        const to = instant(from + historyDays * hours(24))
        const ask = (granularity: Granularity) =>
          usageAt(metering, spans, { from, to, granularity })
        await metering.rollUp(lived.now)
        await readings.store(lived.late)
        // The days are listed, so this is worked out from what the meters said.
        const fresh = await ask('day')
        const freshMonths = await ask('month')
        await metering.rollUp(lived.now)
        expect(await ask('day')).toEqual(fresh)
        expect(await ask('month')).toEqual(freshMonths)
        expect(await metering.rollUp(lived.now)).toBe(0)
        const stored = await db.query<{ date: string; energy: bigint; quality: number }>(
          `select business_date::text as date, energy, quality from usage_day
           where usage_point_id = $1 and business_date >= $2::date and business_date < $3::date
           order by business_date`,
          [lived.placeId, civil.dateOf(from), civil.dateOf(instant(to + hours(24) - 1))],
        )
        expect(stored.map((row) => [row.date, row.energy, qualities[row.quality]])).toEqual(
          fresh.items.map(({ start, value, quality }) => [
            civil.dateOf(start),
            micro(value),
            quality,
          ]),
        )

        const quarters = await ask('15min')
        const inDatabase = await db.query<{ ends: Instant; energy: bigint; quality: number }>(
          `select ends_at as ends, energy, quality from usage_interval(array[$1::int], '1.8.0',
             to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000)) order by ends_at`,
          [lived.placeId, from, to],
        )
        const known = quarters.items.filter(({ quality }) => quality !== 'incomplete')
        const exact = inDatabase.filter(({ quality }) => quality !== 4)
        expect(exact.map((row) => [row.ends, row.energy, qualities[row.quality]])).toEqual(
          rowsOf({ ...quarters, items: known }).filter(([end]) => Number(end) <= to),
        )

        for (const { start, end, value, quality } of fresh.items) {
          const parts = known.filter((one) => one.start >= start && one.end <= end)
          if (quality === 'incomplete' || parts.length < (end - start) / minutes(15)) continue
          expect(parts.reduce((sum, part) => sum + micro(part.value), 0n)).toBe(micro(value))
          expect(civil.startOf(civil.addDays(civil.dateOf(start), 1))).toBe(end)
        }
      }),
      { numRuns: 6 },
    )
  }, 240_000)
})

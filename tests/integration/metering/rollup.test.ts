import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hours, type Instant, instant, type MeterId, minutes, type UsagePointId } from '#src/core'
import { timestamptz } from '#src/db'
import { at, type Field, openField, reading, usageAt } from './field.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

const begin = at('2026-10-30T00:00:00+08:00')
const midnight = (day: number): Instant => instant(begin + day * hours(24))
const now = instant(midnight(4) + hours(2))

/** A meter at a place of its own, since ever. */
async function placed(): Promise<{ readonly meter: MeterId; readonly place: UsagePointId }> {
  const meter = await field.newMeter({ protocol: 'dlt645-2007' })
  const place = await field.newPlace()
  await field.install(place, { meter, from: instant(0) })
  return { meter, place }
}

const late = { receivedAt: now } as const

function days(place: UsagePointId) {
  return field.database.db.query(
    `select business_date::text as date, register, energy, estimated, quality, meters
     from usage_day where usage_point_id = $1 order by register, business_date`,
    [place],
  )
}

const months = (place: UsagePointId) =>
  field.database.db.query(
    `select business_month::text as month, energy, estimated, quality from usage_month
     where usage_point_id = $1 order by register, business_month`,
    [place],
  )

async function changes(place: UsagePointId): Promise<readonly string[]> {
  const rows = await field.database.db.query<{ date: string }>(
    `select business_date::text as date from usage_change where usage_point_id = $1 order by seq`,
    [place],
  )
  return rows.map(({ date }) => date)
}

describe('days and months of usage points', () => {
  test('follow what is read, and are written only when they change', async () => {
    const { meter, place } = await placed()
    await field.readings.store([
      ...[0, 1, 2, 3].map((day) => reading(meter, midnight(day), 1_000 + day * 150, 2, late)),
      ...[1, 2, 3].map((day) =>
        reading(meter, midnight(day), day * 25, 2, { ...late, item: '1.8.2', dataClass: 'daily' }),
      ),
    ])
    await field.metering.rollUp(now)
    const whole = { estimated: 0n, quality: 1, meters: 1 }
    expect(await days(place)).toEqual([
      { date: '2026-10-30', register: '1.8.0', energy: 1_500_000n, ...whole },
      { date: '2026-10-31', register: '1.8.0', energy: 1_500_000n, ...whole },
      { date: '2026-11-01', register: '1.8.0', energy: 1_500_000n, ...whole },
      { date: '2026-10-31', register: '1.8.2', energy: 250_000n, ...whole },
      { date: '2026-11-01', register: '1.8.2', energy: 250_000n, ...whole },
    ])
    expect(await months(place)).toEqual([
      { month: '2026-10-01', energy: 3_000_000n, estimated: 0n, quality: 4 },
      { month: '2026-10-01', energy: 250_000n, estimated: 0n, quality: 4 },
    ])
    expect(await changes(place)).toEqual(['2026-10-30', '2026-10-31', '2026-11-01'])
    expect(await field.metering.rollUp(now)).toBe(0)
    await field.database.db.query(
      `insert into usage_dirty (usage_point_id, business_date)
       select $1, d::date from generate_series('2026-10-28'::date, '2026-11-02', '1 day') d`,
      [place],
    )
    expect(await field.metering.rollUp(now)).toBe(0)
    expect(await changes(place)).toHaveLength(3)
  })

  test('follow what is thought of a reading and what is put in its place', async () => {
    const { meter, place } = await placed()
    const { db } = field.database
    await field.readings.store(
      [0, 1, 2, 3].map((day) =>
        reading(meter, midnight(day), day === 1 ? 99 : 1_000 + day * 150, 2, late),
      ),
    )
    await field.metering.rollUp(now)
    // The wrong value is a fall; after it too much seems to have flown, and nothing contradicts it.
    expect(await days(place)).toMatchObject([
      { date: '2026-10-31', energy: 12_010_000n },
      { date: '2026-11-01', energy: 1_500_000n },
    ])
    await db.query(
      `insert into register_verdict (meter_id, register, measured_at, verdict, rule, rule_version,
         decided_by, decided_at)
       values ($1, '1.8.0', to_timestamp($2::float8 / 1000), 'rejected', 'spike', 1, 'hes', now())`,
      [meter, midnight(1)],
    )
    await field.metering.rollUp(now)
    expect((await days(place)).map(({ date }) => date)).toEqual(['2026-11-01'])
    await db.query(
      `insert into register_value (meter_id, register, measured_at, digits, scale, kind, method,
         state, made_by, made_at)
       values ($1, '1.8.0', to_timestamp($2::float8 / 1000), 1160, 2, 'estimated', 'linear',
         'in-force', 'hes', now())`,
      [meter, midnight(1)],
    )
    await field.metering.rollUp(now)
    expect(await days(place)).toMatchObject([
      { date: '2026-10-30', energy: 1_600_000n, estimated: 1_600_000n, quality: 5 },
      { date: '2026-10-31', energy: 1_400_000n, estimated: 1_400_000n, quality: 5 },
      { date: '2026-11-01', energy: 1_500_000n, estimated: 0n, quality: 1 },
    ])
    // Nobody estimated the ends of the two days together.
    const both = await field.metering.usage({
      installations: [{ meterId: meter, usagePointId: place, from: instant(0), to: null }],
      register: '1.8.0',
      ...{ from: midnight(0), to: midnight(2), granularity: 'month' },
    })
    expect(both.ok && both.value.items[0]).toMatchObject({ value: '3.00', quality: 'incomplete' })
    // A real value that comes late goes before the estimate.
    await db.query(`delete from register_verdict where meter_id = $1`, [meter])
    await field.metering.rollUp(now)
    expect(await days(place)).toMatchObject([
      { date: '2026-10-31', quality: 1 },
      { date: '2026-11-01', quality: 1 },
    ])
  })

  test('have the whole energy of the day on which a meter was changed', async () => {
    const [old, young] = [
      await field.newMeter({ protocol: 'dlt645-2007' }),
      await field.newMeter({ protocol: 'dlt645-2007' }),
    ]
    const place = await field.newPlace()
    const swap = instant(midnight(1) + hours(10) + minutes(7))
    await field.install(place, { meter: old, from: instant(0), to: swap, closing: 99_999_990 })
    await field.install(place, { meter: young, from: swap, opening: 321, ct: [10n, 1n] })
    await field.readings.store([
      reading(old, midnight(0), 99_999_100, 2, late),
      reading(old, midnight(1), 99_999_500, 2, late),
      reading(young, midnight(2), 421, 2, late),
      reading(young, midnight(3), 521, 2, late),
    ])
    await field.metering.rollUp(now)
    expect(await days(place)).toMatchObject([
      { energy: 4_000_000n, quality: 1, meters: 1 },
      { energy: 4_900_000n + 10_000_000n, quality: 1, meters: 2 },
      { energy: 10_000_000n, quality: 1, meters: 1 },
    ])
    // The archive learns that the ratio was another one.
    await field.database.db.query(`update installation set ct_numerator = 20 where meter_id = $1`, [
      young,
    ])
    await field.metering.rollUp(now)
    expect(await days(place)).toMatchObject([
      { energy: 4_000_000n },
      { energy: 24_900_000n },
      { energy: 20_000_000n },
    ])
    expect(await changes(place)).toHaveLength(5)
  })

  test('go around where the register rolled over, and nowhere else', async () => {
    const rolling = await placed()
    const reset = await placed()
    await field.readings.store([
      ...[99_999_700, 99_999_900, 100, 300].map((digits, day) =>
        reading(rolling.meter, midnight(day), digits, 2, late),
      ),
      ...[50_000_000, 50_000_200, 100, 300].map((digits, day) =>
        reading(reset.meter, midnight(day), digits, 2, late),
      ),
    ])
    await field.metering.rollUp(now)
    expect(await days(rolling.place)).toMatchObject([
      { energy: 2_000_000n },
      { energy: 2_000_000n },
      { energy: 2_000_000n },
    ])
    expect((await days(reset.place)).map(({ date }) => date)).toEqual(['2026-10-30', '2026-11-01'])
  })

  test('are what is answered, and say the same as what is worked out anew', async () => {
    const { meter, place } = await placed()
    await field.readings.store(
      Array.from({ length: 96 * 3 }, (_, index) =>
        reading(meter, instant(begin + 3_000 + index * minutes(15)), 1_000 + index * 3, 2, late),
      ),
    )
    const installations = [{ meterId: meter, usagePointId: place, from: instant(0), to: null }]
    const ask = (granularity: 'day' | 'month') =>
      usageAt(field.metering, installations, { from: begin, to: midnight(3), granularity })
    const before = [await ask('day'), await ask('month')]
    await field.metering.rollUp(now)
    expect([await ask('day'), await ask('month')]).toEqual(before)
    expect(before[0]?.items.map(({ quality }) => quality)).toEqual([
      'incomplete',
      'interpolated',
      'incomplete',
    ])
  })

  test('of today wait for its end', async () => {
    const { meter, place } = await placed()
    await field.readings.store([
      reading(meter, midnight(3), 1_000, 2, late),
      reading(meter, midnight(4), 1_200, 2, late),
      reading(meter, instant(midnight(4) + hours(1)), 1_210, 2, late),
    ])
    await field.metering.rollUp(now)
    expect((await days(place)).map(({ date }) => date)).toEqual(['2026-11-02'])
  })

  test('whose change everybody has long seen are let go from the list of changes', async () => {
    const { place } = await placed()
    await field.database.db.query(
      `insert into usage_change (usage_point_id, business_date, changed_at)
       values ($1, '2026-09-01', $2::timestamptz - interval '31 days'),
         ($1, '2026-09-02', $2::timestamptz - interval '29 days')`,
      [place, timestamptz(now)],
    )
    await field.metering.forgetChanges(now)
    expect(await changes(place)).toEqual(['2026-09-02'])
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusinessDate, civilTime, parseBusinessDate } from '#src/core'
import {
  createStatistics,
  createStatisticsFollower,
  type QualityDimension,
  type QualitySum,
} from '#src/statistics'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { makeNetwork, metered } from './network.ts'

const civil = civilTime('Asia/Shanghai')
const date = dayOf('2026-10-05')
const START = civil.startOf(date)
const QUARTER_MS = 900_000
let database: TestDatabase

function dayOf(text: string): BusinessDate {
  const parsed = parseBusinessDate(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

/** Volts of the first quarters of the day; the rest of the day is the last of them. */
async function volts(
  meter: number,
  phases: readonly (readonly number[])[],
  amps?: readonly number[],
) {
  const quarters = Array.from({ length: 96 }, (_, index) => index)
  const of = (phase: number) =>
    quarters.map((index) => {
      const told = phases[phase]
      const value = told?.[Math.min(index, told.length - 1)]
      return value === undefined ? null : Math.round(value * 1_000)
    })
  await database.db.query(
    `insert into reading_curve (measured_at, received_at, decimals, voltage_a, voltage_b, voltage_c,
       current_a, current_b, current_c, meter_id, data_class, source, quality, time_source)
     select to_timestamp($1::float8 / 1000) + (n - 1) * interval '15 minutes', now(), 0, a, b, c,
       $5::int, $6::int, $7::int, $2::int, 2, 1, 1, 1
     from unnest($3::int[], $4::int[], $8::int[]) with ordinality u (a, b, c, n)`,
    [
      ...[START, meter, of(0), of(1)],
      ...[amps?.[0] ?? null, amps?.[1] ?? null, amps?.[2] ?? null],
      of(2),
    ],
  )
}

async function quality(by: QualityDimension): Promise<ReadonlyMap<string | null, QualitySum>> {
  const statistics = createStatistics({
    db: database.db,
    civil,
    clock: new ManualClock(),
    readings: { latest: async () => [] },
  })
  const found = await statistics.quality(
    {
      ...{ by, period: 'month', from: dayOf('2026-10-01'), to: dayOf('2026-10-31') },
      ...{ node: null, point: null, sustainedMinutes: 3, below: null },
    },
    { offset: 0, limit: 100 },
  )
  if (!found.ok) throw new Error(found.error.message)
  return new Map(found.value.items.map((item) => [item.key, item]))
}

beforeAll(async () => {
  database = await migratedDatabase()
  await makeNetwork(database.db)
  await database.db.query(`update meter set wiring = '3p4w', basic_current = 5 where id in (2, 6)`)
  // Ten quarters below 198 V, and six beyond what is examined.
  await volts(1, [[...Array(10).fill(190), ...Array(6).fill(140), 220]])
  // One phase a bit high for three-phase customers, and one current far from the others.
  await volts(2, [[220], [220], [237, 220]], [10_000, 10_000, 1_000])
  // P3 and P7 hang on the same area: one of them is without supply for two hours.
  await volts(3, [[...Array(8).fill(220), ...Array(8).fill(0), 220]])
  await volts(7, [[220]])
  await database.db.query(
    `insert into device_event (meter_id, protocol, event_id, series, code, phase, is_span, raised_at,
       cleared_at, received_at, source, details, raw, at)
     values (5, 'dlt645-2007', 'x', 'power', 'power-failure', '', true, $1::timestamptz,
       $1::timestamptz + interval '30 minutes', now(), 'pull', '{}', '', $1::timestamptz),
     (5, 'dlt645-2007', 'x', 'power', 'power-failure', '', true, $1::timestamptz + interval '1 day',
       $1::timestamptz + interval '1 day 1 minute', now(), 'pull', '{}', '',
       $1::timestamptz + interval '1 day')`,
    [new Date(START + 10 * QUARTER_MS).toISOString()],
  )
  await metered(
    database.db,
    [1, 2, 3, 4, 5, 6, 7, 8].flatMap((point) => [
      { point, date, energy: 4_000_000n },
      { point, date, energy: 3_000_000n, register: '3.8.0' },
    ]),
  )
  await createStatisticsFollower(database.db, civil).follow()
})
afterAll(() => database.close())

describe('power quality', () => {
  test('judges the voltage by the time it was within the limits of its supply class', async () => {
    const found = await quality('point')
    const examined = 90 * 900
    expect(found.get('P1')?.voltage).toMatchObject({
      examinedSeconds: examined,
      belowSeconds: 10 * 900,
      aboveSeconds: 0,
      qualificationRate: ((examined - 9_000) / examined).toFixed(4),
      least: '0.8636',
    })
    expect(found.get('P2')?.voltage).toMatchObject({
      examinedSeconds: 3 * 96 * 900,
      aboveSeconds: 900,
    })
    expect(found.get('P8')?.voltage.qualificationRate).toBeNull()
  })

  test('tells imbalance of voltage and current, and the time beyond the limit', async () => {
    const found = (await quality('point')).get('P2')
    expect(found?.voltage).toMatchObject({ imbalance: '0.0502', imbalanceShare: '0.0000' })
    expect(found?.current).toMatchObject({ imbalance: '0.8571', imbalanceShare: '1.0000' })
  })

  test('takes the power factor from energies', async () => {
    expect((await quality('point')).get('P4')?.powerFactor).toBe('0.8000')
    expect((await quality('region')).get('R')?.powerFactor).toBe('0.8000')
  })

  test('counts outages that were told and those that show, each once, with their source', async () => {
    const points = await quality('point')
    expect(points.get('P5')?.outages).toMatchObject({ byEvent: 1, byCurve: 0, minutes: '30.00' })
    expect(points.get('P3')?.outages).toMatchObject({ byEvent: 0, byCurve: 1, minutes: '120.00' })
    const [absence] = await database.db.query('select scope from quality_absence')
    expect(absence).toEqual({ scope: 'point' })
    const region = (await quality('region')).get('R')
    expect(region?.usagePoints).toBe('8.00')
    expect(region?.outages).toMatchObject({
      byEvent: 1,
      byCurve: 1,
      minutes: '150.00',
      saifi: '0.2500',
      saidiMinutes: '18.75',
    })
  })
})

test('is judged again after a late voltage, though no energy changed, once energy has looked', async () => {
  const { db } = database
  const below = async () => (await quality('point')).get('P7')?.voltage.belowSeconds
  expect(await below()).toBe(0)
  await db.query(`insert into energy_dirty (meter_id, business_date) values (7, $1::date)`, [date])
  await db.query(
    `update reading_curve set voltage_a = 180000 where meter_id = 7
       and measured_at = to_timestamp($1::float8 / 1000)`,
    [START],
  )
  const follower = createStatisticsFollower(db, civil)
  await follower.follow()
  expect(await below()).toBe(0)
  await db.query('delete from energy_dirty')
  await follower.follow()
  expect(await below()).toBe(900)
  expect(await follower.follow()).toBe(0)
})

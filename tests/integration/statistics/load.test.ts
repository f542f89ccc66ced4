import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusinessDate, civilTime, parseBusinessDate } from '#src/core'
import {
  createStatistics,
  createStatisticsFollower,
  type LoadDimension,
  type Statistics,
} from '#src/statistics'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { CUSTOMERS, makeNetwork, metered, moved } from './network.ts'

const civil = civilTime('Asia/Shanghai')
const date = dayOf('2026-10-05')
const START = civil.startOf(date)
const QUARTERS = 96

function dayOf(text: string): BusinessDate {
  const parsed = parseBusinessDate(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

let database: TestDatabase
let statistics: Statistics

/** Wh of each usage point in each quarter; the meters show hundredths of a kWh. */
const [curves] = fc.sample(
  fc.array(
    fc.array(fc.integer({ min: 0, max: 99 }), { minLength: QUARTERS, maxLength: QUARTERS }),
    {
      minLength: CUSTOMERS,
      maxLength: CUSTOMERS,
    },
  ),
  { numRuns: 1, seed: 7 },
)

/** kWh are hundredths. */
const kw = (hundredths: number) => String((hundredths * 4) / 100)

beforeAll(async () => {
  database = await migratedDatabase()
  await makeNetwork(database.db)
  statistics = createStatistics({
    db: database.db,
    civil,
    clock: new ManualClock(),
    readings: { latest: async () => [] },
  })
  for (const [index, curve] of (curves ?? []).entries()) {
    let register = 1_000
    const registers = [register, ...curve.map((wh) => (register += wh))]
    await database.db.query(
      `insert into reading_curve (measured_at, received_at, decimals, energy_import, meter_id,
         data_class, source, quality, time_source)
       select to_timestamp($1::float8 / 1000) + (n - 1) * interval '15 minutes', now(), 2, e * 100,
         $2::int, 2, 1, 1, 1
       from unnest($3::bigint[]) with ordinality u (e, n)`,
      [START, index + 1, registers],
    )
  }
  await heard()
})
afterAll(() => database.close())

async function heard(): Promise<void> {
  await metered(
    database.db,
    (curves ?? []).map((_, index) => ({ point: index + 1, date, energy: 1n })),
  )
  await createStatisticsFollower(database.db, civil).follow()
}

const sums = (of: (point: number) => boolean) =>
  Array.from({ length: QUARTERS }, (_, quarter) =>
    (curves ?? []).reduce(
      (sum, curve, index) => sum + (of(index + 1) ? (curve[quarter] ?? 0) : 0),
      0,
    ),
  )

async function load(by: LoadDimension) {
  const asked = { by, period: 'day', from: date, to: date, node: null, compare: null } as const
  const found = await statistics.load(asked, { offset: 0, limit: 100 })
  if (!found.ok) throw new Error(found.error.message)
  return new Map(found.value.items.map((item) => [item.key, item]))
}

describe('load', () => {
  test('of a usage point is that of its quarters', async () => {
    for (const [index, curve] of (curves ?? []).entries()) {
      const told = await statistics.pointLoad(`P${index + 1}`, date, date)
      expect(told.ok && told.value[0]).toMatchObject({
        peak: kw(Math.max(...curve)),
        least: kw(Math.min(...curve)),
        quarters: QUARTERS,
        peakAt: START + (curve.indexOf(Math.max(...curve)) + 1) * 900_000,
      })
    }
  })

  test('of many is that of the sum of their energy, not the sum of their peaks', async () => {
    const feeder = (point: number) => (1 + (point % 4) <= 2 ? 'F1' : 'F2')
    for (const key of ['F1', 'F2']) {
      const curve = sums((point) => feeder(point) === key)
      const found = (await load('feeder')).get(key)
      expect(found).toMatchObject({
        peak: kw(Math.max(...curve)),
        least: kw(Math.min(...curve)),
        points: 4,
        thinQuarters: 0,
      })
      const total = curve.reduce((sum, value) => sum + value, 0)
      expect(Number(found?.loadFactor)).toBeCloseTo(total / QUARTERS / Math.max(...curve), 3)
      expect(Number(found?.coincidence)).toBeLessThan(1)
    }
    const all = sums(() => true)
    expect((await load('none')).get('all')).toMatchObject({ peak: kw(Math.max(...all)) })
    expect((await load('region')).get('R')).toMatchObject({
      ...{ peak: kw(Math.max(...all)), within: null },
    })
    const told = await statistics.sumCurve({ kind: 'none', key: 'all', from: date, to: date })
    expect(told.map(({ power }) => power)).toEqual(all.map(kw))
  })

  test('follows a usage point that turns out to have been elsewhere', async () => {
    await moved(database.db, 1, 'A4', '2026-10-01T00:00:00+08:00')
    await createStatisticsFollower(database.db, civil).follow()
    const curve = sums((point) => point === 1 || 1 + (point % 4) > 2)
    expect((await load('feeder')).get('F2')).toMatchObject({
      peak: kw(Math.max(...curve)),
      points: 5,
    })
    await moved(database.db, 1, 'A2', '2026-10-01T00:00:01+08:00')
    await createStatisticsFollower(database.db, civil).follow()
    const back = sums((point) => 1 + (point % 4) > 2)
    expect((await load('feeder')).get('F2')).toMatchObject({
      peak: kw(Math.max(...back)),
      points: 4,
    })
  })

  test('of a region says which region around it holds it too', async () => {
    await database.db.query(`insert into grid_node (kind, code, name) values ('region', 'Q', '')`)
    await database.db.query(
      `insert into grid_link (node_id, parent_id, valid_from)
       select c.id, p.id, '2000-01-01T00:00Z' from grid_node c, grid_node p
       where c.code = 'Q' and p.code = 'R'`,
    )
    await database.db.query(
      `update grid_link set parent_id = (select id from grid_node where code = 'Q')
       where node_id = (select id from grid_node where code = 'S')`,
    )
    await heard()
    const regions = await load('region')
    expect(regions.get('Q')).toMatchObject({ within: 'R', points: CUSTOMERS })
    expect(regions.get('R')).toMatchObject({ within: null, points: CUSTOMERS })
    expect((await load('feeder')).get('F1')).toMatchObject({ within: null })
  })
})

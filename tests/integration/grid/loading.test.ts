import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { civilTime, parseBusinessDate } from '#src/core'
import { createLoading, type Loading, type Period } from '#src/grid/loading'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { buildField, moment } from './field.ts'

const civil = civilTime('Asia/Shanghai')
const ALL = { after: 0, limit: 100 }
const AREA = { kind: 'area', code: 'T1' } as const

let database: TestDatabase
let loading: Loading

beforeAll(async () => {
  database = await migratedDatabase()
  await buildField(database.db)
  loading = createLoading({ db: database.db, civil })
})
afterAll(() => database.close())
beforeEach(async () => {
  for (const table of ['load_sum_day', 'load_day', 'usage_day', 'grid_rating', 'contract']) {
    await database.db.query(`delete from ${table}`)
  }
})

function dayOf(text: string) {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(text)
  return date
}
const period: Period = { from: dayOf('2026-10-01'), to: dayOf('2026-10-10') }

/** The highest quarter of a node on a day, in kW. */
async function nodeLoad(node: string, date: string, kw: number, thin = 0): Promise<void> {
  await database.db.query(
    `insert into load_sum_day (peak, peak_at, least, least_at, energy, peaks, business_date, points,
       quarters, thin_quarters, kind, key)
     select $3::bigint, $2::date + interval '18 hours', 0, $2::date::timestamptz, $3::bigint, 0,
       $2::date, 3, 96, $4::int, n.kind, n.id::text
     from grid_node n where n.code = $1::text`,
    [node, date, kw * 250_000, thin],
  )
}

async function pointLoad(point: string, date: string, kw: number): Promise<void> {
  await database.db.query(
    `insert into load_day (peak, peak_at, least, energy, night, usage_point_id, business_date,
       quarters, night_quarters)
     select $3::bigint, $2::date + interval '19 hours', 0, $3::bigint, 0, u.id, $2::date, 96, 12
     from usage_point u where u.code = $1::text`,
    [point, date, kw * 250_000],
  )
}

const areas = async () =>
  new Map((await loading.nodes('area', period, null, ALL)).map((one) => [one.code, one]))

describe('the load of nodes', () => {
  test('is the highest quarter of the period against what the plates say', async () => {
    await nodeLoad('T1', '2026-10-02', 90, 24)
    await nodeLoad('T1', '2026-10-03', 81)
    await nodeLoad('T1', '2026-11-03', 500)
    const found = await areas()
    expect(found.get('T1')).toMatchObject({
      capacityKva: '200',
      peakKw: '90.000',
      peakKva: '100.000',
      powerFactor: '0.9000',
      powerFactorMeasured: false,
      utilisation: '0.5000',
      basis: 'users',
      state: 'usual',
      coverage: { days: 10, daysKnown: 2, points: 3, pointsTelling: 3, wholeQuarters: '0.8750' },
    })
    expect(found.get('T2')).toMatchObject({ capacityKva: null, peakKw: null, state: 'unknown' })
  })

  test('is called by its limits', async () => {
    const stateAt = async (kw: number) => {
      await database.db.query('delete from load_sum_day')
      await nodeLoad('T1', '2026-10-02', kw)
      return (await areas()).get('T1')?.state
    }
    // 200 kVA at 0.9: 180 kW are the whole of it.
    expect(await stateAt(217)).toBe('overloaded')
    expect(await stateAt(216)).toBe('heavy')
    expect(await stateAt(144)).toBe('usual')
    expect(await stateAt(36)).toBe('usual')
    expect(await stateAt(35)).toBe('light')
    expect(await loading.nodes('area', period, 'light', ALL)).toHaveLength(1)
    expect(await loading.nodes('area', period, 'overloaded', ALL)).toEqual([])
  })

  test('is what the gateway says where that is more, with its measured power factor', async () => {
    await nodeLoad('F1', '2026-10-02', 90)
    await pointLoad('HF1', '2026-10-02', 96)
    for (const [register, energy] of [
      ['1.8.0', 3],
      ['3.8.0', 4],
    ] as const) {
      await database.db.query(
        `insert into usage_day (energy, computed_at, usage_point_id, business_date, quality, meters,
           register)
         select $2::bigint, now(), u.id, '2026-10-02', 1, 1, $1::text from usage_point u
         where u.code = 'HF1'`,
        [register, energy * 1_000_000],
      )
    }
    const [feeder] = await loading.nodes('feeder', period, null, ALL)
    expect(feeder).toMatchObject({
      code: 'F1',
      basis: 'gateway',
      peakKw: '96.000',
      powerFactor: '0.6000',
      powerFactorMeasured: true,
      peakKva: '160.000',
    })
  })
})

describe('a capacity check', () => {
  test('says what is free on the node and above it, and what is short', async () => {
    await nodeLoad('T1', '2026-10-02', 90)
    await nodeLoad('F1', '2026-10-02', 900)
    const rated = await loading.rate(
      { kind: 'feeder', code: 'F1' },
      '1050',
      moment('2026-01-01T00:00Z'),
      'lee',
      async () => {},
    )
    expect(rated.ok).toBe(true)
    const small = await loading.check(AREA, period, '50')
    expect(small?.fits).toBe(true)
    expect(small?.steps.map(({ code, freeKva, fits }) => [code, freeKva, fits])).toEqual([
      ['T1', '100.000', true],
      ['F1', '50.000', true],
      ['B1', null, null],
      ['S1', null, null],
      ['R1', null, null],
    ])
    const large = await loading.check(AREA, period, '60')
    expect(large?.fits).toBe(false)
    expect((await loading.check({ kind: 'area', code: 'T2' }, period, '1'))?.fits).toBeNull()
    expect(await loading.check({ kind: 'area', code: 'T9' }, period, '1')).toBeNull()
  })

  test('takes the rating of the time', async () => {
    const rate = (kva: string | null, from: string) =>
      loading.rate(AREA, kva, moment(from), 'lee', async () => {})
    await rate('300', '2026-01-01T00:00Z')
    await rate('400', '2026-10-05T00:00Z')
    expect((await areas()).get('T1')?.capacityKva).toBe('400')
    expect(await rate('500', '2026-03-01T00:00Z')).toMatchObject({ error: { kind: 'clash' } })
    await rate(null, '2026-10-06T00:00Z')
    expect((await areas()).get('T1')?.capacityKva).toBe('200')
    const early = { from: dayOf('2026-09-01'), to: dayOf('2026-09-30') }
    const [area] = await loading.nodes('area', early, null, ALL)
    expect(area?.capacityKva).toBe('300')
  })
})

describe('contracts', () => {
  test('are above or below what was agreed on', async () => {
    for (const [account, kva] of [
      ['A1', 10],
      ['A2', 10],
      ['A3', 10],
      ['A4', 10],
    ] as const) {
      await database.db.query(
        `insert into contract (account_id, no, capacity_kva, valid_from)
         select id, 'C' || no, $2::numeric, '2020-01-01Z' from account where no = $1::text`,
        [account, kva],
      )
    }
    await pointLoad('P11', '2026-10-02', 9.5)
    await pointLoad('P12', '2026-10-02', 9)
    await pointLoad('P13', '2026-10-02', 1.7)
    const found = await loading.contracts(period, null, ALL)
    expect(found.map(({ account, state }) => [account, state])).toEqual([
      ['A1', 'above'],
      ['A2', 'usual'],
      ['A3', 'below'],
      ['A4', 'unknown'],
    ])
    expect(found[2]).toMatchObject({ contract: 'CA3', peakKva: '1.889', utilisation: '0.1889' })
    expect(await loading.contracts(period, 'above', ALL)).toHaveLength(1)
  })
})

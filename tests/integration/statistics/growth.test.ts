import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusinessDate, civilTime, parseBusinessDate } from '#src/core'
import { createStatistics, createStatisticsFollower, type PeriodKind } from '#src/statistics'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { makeNetwork } from './network.ts'

const civil = civilTime('Asia/Shanghai')

const date = (text: string): BusinessDate => {
  const parsed = parseBusinessDate(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

describe('growth', () => {
  let own: TestDatabase
  beforeAll(async () => {
    own = await migratedDatabase()
    await makeNetwork(own.db)
    await createStatisticsFollower(own.db, civil).follow()
    // Each day has a kilowatt-hour for each day since the first of 2027, and it is a leap year next.
    await own.db.query(
      `insert into statistics_energy (energy, estimated, business_date, cell_id, points,
         estimated_points, incomplete_points, register)
       select n * 1000000, 0, date '2026-12-31' + n, s.cell_id, 1, 0, 0, '1.8.0'
       from statistics_segment s, generate_series(1, 800) n
       where s.usage_point_id = 1 and s.valid_to = 'infinity'`,
    )
  })
  afterAll(() => own.close())

  const dayNumber = (text: string) =>
    Math.round((civil.startOf(date(text)) - civil.startOf(date('2027-01-01'))) / 86_400_000) + 1
  const sumOf = (from: string, to: string) => {
    let sum = 0
    for (let one = dayNumber(from); one <= dayNumber(to); one += 1) sum += one
    return String(sum)
  }
  const told = async (
    period: PeriodKind,
    compare: 'year' | 'period',
    [from, to]: readonly [string, string],
    now = '2029-06-01',
  ) => {
    const clock = new ManualClock(civil.startOf(date(now)))
    const readings = { latest: async () => [] }
    const statistics = createStatistics({ db: own.db, civil, clock, readings })
    const query = { by: 'none', period, register: '1.8.0', roles: ['receive'], compare } as const
    const found = await statistics.energy(
      { ...query, ...{ from: date(from), to: date(to), node: null, group: null } },
      { offset: 0, limit: 100 },
    )
    if (!found.ok) throw new Error(found.error.message)
    return found.value.items.map(({ from, energy, before, growth }) => [
      from,
      energy,
      before,
      growth,
    ])
  }

  test('is against the same time a year ago, also around a 29 February', async () => {
    expect(await told('day', 'year', ['2028-02-28', '2028-03-01'])).toEqual([
      ['2028-02-28', '424', '59', '6.1864'],
      ['2028-02-29', '425', '59', '6.2034'],
      ['2028-03-01', '426', '60', '6.1000'],
    ])
    const [february, march] = await told('month', 'year', ['2028-02-01', '2028-03-31'])
    expect(february?.[2]).toBe(sumOf('2027-02-01', '2027-02-28'))
    expect(march?.[2]).toBe(sumOf('2027-03-01', '2027-03-31'))
    const [quarter] = await told('quarter', 'year', ['2028-01-01', '2028-03-31'])
    expect(quarter?.[2]).toBe(sumOf('2027-01-01', '2027-03-31'))
    const [year] = await told('year', 'year', ['2028-01-01', '2028-12-31'])
    expect(year?.slice(1, 3)).toEqual([
      sumOf('2028-01-01', '2028-12-31'),
      sumOf('2027-01-01', '2027-12-31'),
    ])
    const [own] = await told('whole', 'period', ['2028-02-11', '2028-03-10'])
    expect(own?.[2]).toBe(sumOf('2028-01-13', '2028-02-10'))
  })

  test('of whole months is against whole months, however long they are', async () => {
    const earlier = async (
      period: PeriodKind,
      compare: 'year' | 'period',
      from: string,
      to: string,
    ) => (await told(period, compare, [from, to])).map((row) => row[2])
    expect(await earlier('month', 'period', '2027-02-01', '2027-02-28')).toEqual([
      sumOf('2027-01-01', '2027-01-31'),
    ])
    expect(await earlier('month', 'year', '2029-02-01', '2029-02-28')).toEqual([
      sumOf('2028-02-01', '2028-02-29'),
    ])
    expect(await earlier('quarter', 'period', '2028-04-01', '2028-06-30')).toEqual([
      sumOf('2028-01-01', '2028-03-31'),
    ])
    expect(await earlier('month', 'period', '2028-03-15', '2028-04-15')).toEqual([
      sumOf('2028-02-15', '2028-02-29'),
      sumOf('2028-03-01', '2028-03-15'),
    ])
  })

  test('of load is of the same days, as far as the present is over', async () => {
    await own.db.query(
      `insert into load_sum_day (peak, peak_at, least, least_at, energy, peaks, business_date, points,
         quarters, thin_quarters, kind, key)
       select n, day, n, day, n * 1000000, n, day, 1, 96, 0, 'none', 'all'
       from generate_series(1, 800) n, lateral (select date '2026-12-31' + n) d (day)`,
    )
    const load = async (from: string, to: string, now: string) => {
      const clock = new ManualClock(civil.startOf(date(now)))
      const readings = { latest: async () => [] }
      const statistics = createStatistics({ db: own.db, civil, clock, readings })
      const query = { by: 'none', period: 'month', node: null, compare: 'period' } as const
      const asked = { ...query, from: date(from), to: date(to) }
      const found = await statistics.load(asked, { offset: 0, limit: 10 })
      return found.ok ? found.value.items.map(({ before }) => before?.energy) : []
    }
    expect(await load('2028-03-01', '2028-03-31', '2028-03-11')).toEqual([
      sumOf('2028-02-01', '2028-02-10'),
    ])
    expect(await load('2027-02-01', '2027-02-28', '2028-03-11')).toEqual([
      sumOf('2027-01-01', '2027-01-31'),
    ])
  })

  test('of a month that is not over is against the same days of the one before', async () => {
    const [march] = await told('month', 'period', ['2028-03-01', '2028-03-31'], '2028-03-11')
    expect(march?.[2]).toBe(sumOf('2028-02-01', '2028-02-10'))
    expect((await told('month', 'year', ['2027-05-01', '2027-05-31']))[0]?.slice(2)).toEqual([
      null,
      null,
    ])
  })
})

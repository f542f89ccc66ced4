import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusinessDate, civilTime, parseBusinessDate } from '#src/core'
import {
  type AdHocQuery,
  createStatistics,
  createStatisticsFollower,
  type QueryDesk,
} from '#src/statistics'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { makeNetwork, metered } from './network.ts'

const civil = civilTime('Asia/Shanghai')
let database: TestDatabase
let desk: QueryDesk

function dayOf(text: string): BusinessDate {
  const parsed = parseBusinessDate(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

const nothing = async () => {}
const base: AdHocQuery = {
  ...{ source: 'energy', measures: ['energy'], dimensions: [], filters: [], having: [], order: [] },
  ...{ from: dayOf('2026-10-01'), to: dayOf('2026-10-31') },
}

const customers = { dimension: 'role', is: 'in' as const, values: ['receive'] }

/** Of customers, where nothing else is filtered by. */
async function rows(given: Partial<AdHocQuery>, limit = 100) {
  const answer = await desk.run({ ...base, filters: [customers], ...given }, limit)
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value.rows
}

beforeAll(async () => {
  database = await migratedDatabase()
  await makeNetwork(database.db)
  desk = createStatistics({
    ...{ db: database.db, civil, clock: new ManualClock() },
    readings: { latest: async () => [] },
  }).queries
  await metered(
    database.db,
    [1, 2, 3, 4, 5, 6, 7, 8].map((point) => ({
      ...{ point, date: '2026-10-05', energy: BigInt(point) * 1_000_000n },
    })),
  )
  await createStatisticsFollower(database.db, civil).follow()
})
afterAll(() => database.close())

describe('queries that people put together', () => {
  test('answer with measures by dimensions, filtered and in order', async () => {
    expect(await rows({ dimensions: ['feeder', 'month'] })).toEqual([
      ['F1', '2026-10', '18'],
      ['F2', '2026-10', '18'],
    ])
    expect(
      await rows({
        measures: ['energy', 'points'],
        dimensions: ['trade'],
        filters: [{ dimension: 'feeder', is: 'in', values: ['F1'] }, customers],
        order: [{ by: 'energy', descending: true }],
      }),
    ).toEqual([
      ['trade 2', '13', '2'],
      ['trade 1', '5', '2'],
    ])
    expect(
      await rows({
        dimensions: ['point', 'account', 'meter'],
        having: [{ measure: 'energy', is: 'at-least', value: '7.5' }],
      }),
    ).toEqual([['P8', 'A8', '000000000008', '8']])
  })

  test('add up one register: the active import, unless they say another', async () => {
    const reactive = { date: '2026-10-05', energy: 5_000_000n, register: '3.8.0' }
    await metered(database.db, [{ point: 1, ...reactive }])
    await createStatisticsFollower(database.db, civil).follow()
    for (const measures of [['energy'], ['energy', 'points']]) {
      expect((await rows({ measures })).map(([energy]) => energy)).toEqual(['36'])
      const filters = [{ dimension: 'register', is: 'in' as const, values: ['3.8.0'] }, customers]
      expect((await rows({ measures, filters })).map(([energy]) => energy)).toEqual(['5'])
      expect((await rows({ measures, dimensions: ['register'] })).map((row) => row[0])).toEqual([
        '1.8.0',
        '3.8.0',
      ])
    }
  })

  test('never add what gateways measure to what customers take', async () => {
    await database.db.query(`update usage_point_place set role = 'supply' where usage_point_id = 8`)
    await createStatisticsFollower(database.db, civil).follow()
    for (const measures of [['energy'], ['energy', 'points']]) {
      const answer = await desk.run({ ...base, measures }, 10)
      if (!answer.ok) throw new Error(answer.error.message)
      expect(answer.value.columns.map(({ name }) => name)).toEqual(['role', ...measures])
      expect(answer.value.rows.map(([role, energy]) => [role, energy])).toEqual([
        ['receive', '28'],
        ['supply', '8'],
      ])
    }
    const points = await desk.run({ ...base, dimensions: ['point'] }, 10)
    expect(points.ok && points.value.columns.map(({ name }) => name)).toEqual(['point', 'energy'])
    const some = { dimension: 'point', is: 'prefix' as const, values: ['P'] }
    const summed = await desk.run({ ...base, filters: [some] }, 10)
    expect(summed.ok && summed.value.columns.map(({ name }) => name)).toEqual(['role', 'energy'])
    const counted = await desk.run({ ...base, measures: ['points'] }, 10)
    expect(counted).toMatchObject({ ok: true, value: { rows: [['8']] } })
    await database.db.query(
      `update usage_point_place set role = 'receive' where usage_point_id = 8`,
    )
    await createStatisticsFollower(database.db, civil).follow()
  })

  test('give the same whether sums of cells are asked or usage points', async () => {
    for (const dimension of [
      'region',
      'area',
      'feeder',
      'tariff',
      'class',
      'role',
      'day',
      'year',
    ]) {
      const ofCells = await rows({ dimensions: [dimension] })
      const ofPoints = await rows({ dimensions: [dimension], measures: ['energy', 'points'] })
      expect(ofPoints.map((row) => row.slice(0, 2))).toEqual(ofCells)
    }
  })

  test('every name of the catalogue makes a statement that runs', async () => {
    for (const { source, measures, dimensions } of desk.catalogue()) {
      for (const dimension of dimensions) {
        await rows({ source, measures: measures.slice(0, 8), dimensions: [dimension] })
      }
    }
  })

  test('a name or value of any kind is refused or compared, never run', async () => {
    const words = fc.oneof(
      fc.string(),
      fc.constantFrom("' or 1=1 --", '1; drop table usage_day', '$1', '__proto__', 'constructor'),
    )
    await fc.assert(
      fc.asyncProperty(words, words, words, async (name, word, value) => {
        for (const query of [
          { ...base, measures: [name] },
          { ...base, dimensions: [name] },
          { ...base, source: name },
          { ...base, having: [{ measure: 'energy', is: 'at-least' as const, value }] },
        ]) {
          const answer = await desk.run(query, 10)
          if (!answer.ok) expect(answer.error.kind).toBe('wrong')
        }
        if (word.includes('\0')) return
        const filters = [{ dimension: 'trade', is: 'in' as const, values: [word] }]
        expect(await rows({ filters, dimensions: ['trade'] })).toEqual([])
      }),
      { numRuns: 20 },
    )
    expect(await rows({})).toEqual([['36']])
  })

  test('say when there are more rows', async () => {
    const answer = await desk.run({ ...base, dimensions: ['point'] }, 3)
    expect(answer).toMatchObject({ ok: true, value: { isCut: true } })
    if (answer.ok) expect(answer.value.rows).toHaveLength(3)
  })

  test('are kept by name with every revision, and shared by their owner alone', async () => {
    const { from: _from, to: _to, ...definition } = base
    const saved = await desk.save('li', { name: 'mine', isShared: false, definition }, nothing)
    if (!saved.ok) throw new Error(saved.error.message)
    const { id } = saved.value
    expect(
      await desk.save('li', { name: 'mine', isShared: false, definition }, nothing),
    ).toMatchObject({ ok: false, error: { kind: 'name-taken' } })
    expect(await desk.get('wang', id)).toBeUndefined()
    const changed = { isShared: true, definition: { ...definition, dimensions: ['area'] } }
    expect(await desk.change('li', id, changed, nothing)).toMatchObject({
      ok: true,
      value: { revision: 2, name: 'mine' },
    })
    expect(await desk.get('wang', id)).toMatchObject({ definition: { dimensions: ['area'] } })
    expect(await desk.change('wang', id, { name: 'his' }, nothing)).toMatchObject({ ok: false })
    expect((await desk.revisions('li', id)).map(({ revision }) => revision)).toEqual([2, 1])
    expect(await desk.remove('wang', id, nothing)).toBe(false)
    expect(await desk.remove('li', id, nothing)).toBe(true)
    expect(await desk.saved('li')).toEqual([])
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusinessDate, civilTime, parseBusinessDate } from '#src/core'
import {
  createStatistics,
  createStatisticsFollower,
  type Dimension,
  dimensions,
  type EnergySum,
  type PeriodKind,
  periods,
} from '#src/statistics'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { areas, CUSTOMERS, changedTrade, makeNetwork, metered, moved } from './network.ts'

const civil = civilTime('Asia/Shanghai')
let database: TestDatabase

beforeAll(async () => {
  database = await migratedDatabase()
  await makeNetwork(database.db)
  await createStatisticsFollower(database.db, civil).follow()
})
afterAll(() => database.close())

const date = (text: string): BusinessDate => {
  const parsed = parseBusinessDate(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

const FROM = date('2026-09-28')
const DAYS = 24
const day = (index: number) => civil.addDays(FROM, index)
const TO = day(DAYS - 1)

async function energy(
  by: Dimension,
  period: PeriodKind,
  more: { node?: number; group?: number } = {},
) {
  const statistics = createStatistics({
    db: database.db,
    civil,
    clock: new ManualClock(),
    readings: { latest: async () => [] },
  })
  const found = await statistics.energy(
    {
      ...{ by, period, from: FROM, to: TO, register: '1.8.0', roles: ['receive'] },
      ...{ node: more.node ?? null, group: more.group ?? null },
    },
    { offset: 0, limit: 10_000 },
  )
  if (!found.ok) throw new Error(found.error.message)
  return found.value.items
}

const follow = () => createStatisticsFollower(database.db, civil).follow()
const micro = (text: string) => {
  const [whole = '0', part = ''] = text.split('.')
  return BigInt(whole + part.padEnd(6, '0'))
}
const total = (items: readonly EnergySum[]) =>
  items.reduce((sum, item) => sum + micro(item.energy), 0n)

/** Parts of a whole: of groups there may be several that have a point in common. */
const told = dimensions.filter((one) => one !== 'group')

/** What is known: where each usage point was at the end of each day, and its energy. */
const area = new Map<string, string>()
const trade = new Map<string, string>()
const known = new Map<string, bigint>()
const at = (point: number, index: number) => `${point} ${day(index)}`

describe('energy by dimension and period', () => {
  beforeAll(async () => {
    for (let point = 1; point <= CUSTOMERS; point++) {
      for (let index = 0; index < DAYS; index++) {
        area.set(at(point, index), `A${1 + (point % 4)}`)
        trade.set(at(point, index), `trade ${point % 3}`)
      }
    }
  })

  test('sums equal the sum of their parts, also of points that change feeder or trade', async () => {
    const change = fc.oneof(
      fc.record({
        kind: fc.constant('energy' as const),
        point: fc.integer({ min: 1, max: CUSTOMERS }),
        index: fc.integer({ min: 0, max: DAYS - 1 }),
        energy: fc.bigInt({ min: 0n, max: 2n ** 50n }),
      }),
      fc.record({
        kind: fc.constant('area' as const),
        point: fc.integer({ min: 1, max: CUSTOMERS }),
        area: fc.constantFrom(...areas),
      }),
      fc.record({
        kind: fc.constant('trade' as const),
        point: fc.integer({ min: 1, max: CUSTOMERS }),
        trade: fc.constantFrom('trade 7', 'trade 8'),
      }),
    )
    let turn = 0
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 5, maxLength: 20 }), async (changes) => {
        const energies: Parameters<typeof metered>[1][number][] = []
        const touched = new Set<string>()
        // Each round of changes of the archive lies later than the one before.
        turn++
        for (const one of changes) {
          const name = `${one.kind} ${one.point} ${'index' in one ? one.index : ''}`
          if (touched.has(name) || turn >= DAYS) continue
          touched.add(name)
          if (one.kind === 'energy') {
            known.set(at(one.point, one.index), one.energy)
            energies.push({ point: one.point, date: day(one.index), energy: one.energy })
            continue
          }
          // At a noon: the day counts as it ended.
          const moment = `${day(turn)}T12:00:00+08:00`
          if (one.kind === 'area') await moved(database.db, one.point, one.area, moment)
          else await changedTrade(database.db, one.point, `${one.trade}`, moment)
          for (let index = turn; index < DAYS; index++) {
            if (one.kind === 'area') area.set(at(one.point, index), one.area)
            else trade.set(at(one.point, index), one.trade)
          }
        }
        await metered(database.db, energies)
        await follow()
        const all = [...known.values()].reduce((sum, value) => sum + value, 0n)
        for (const [index, by] of told.entries()) {
          const period = periods[(index + turn) % periods.length] ?? 'whole'
          expect(total(await energy(by, period))).toBe(all)
        }
        for (const [by, cells] of [
          ['area', area],
          ['trade', trade],
        ] as const) {
          const expected = new Map<string, bigint>()
          for (const [where, value] of known) {
            const key = `${cells.get(where)} ${where.split(' ')[1]}`
            expected.set(key, (expected.get(key) ?? 0n) + value)
          }
          const found = (await energy(by, 'day')).filter(({ pointDays }) => pointDays.known > 0)
          expect(
            new Map(found.map((sum) => [`${sum.key} ${sum.from}`, micro(sum.energy)])),
          ).toEqual(expected)
        }
      }),
      { numRuns: 3 },
    )
  })

  test('says how many usage points are missing, in parts that sum to the whole', async () => {
    const days = (items: readonly EnergySum[]) =>
      items.reduce((sum, { pointDays }) => sum + (pointDays.expected ?? 0), 0)
    for (const [index, by] of told.entries()) {
      const period = periods[index % periods.length] ?? 'whole'
      expect(days(await energy(by, period))).toBe(CUSTOMERS * DAYS)
    }
    const [all] = await energy('none', 'whole')
    expect(all?.pointDays.known).toBe(known.size)
    expect(all?.pointDays.missing).toBe(CUSTOMERS * DAYS - known.size)
  })

  test('a group has whoever was in it on the day', async () => {
    await database.db.query(
      `insert into usage_group (name, created_by, created_at) values ('mine', 'li', now())`,
    )
    await database.db.query(
      `insert into usage_group_member (group_id, usage_point_id, valid_from, valid_to)
       values (1, 2, '2026-09-01T00:00+08:00', $1::timestamptz), (1, 3, $1::timestamptz, null)`,
      [`${day(10)}T00:00:00+08:00`],
    )
    const expected = [...known].reduce((sum, [where, value]) => {
      const [point, of] = where.split(' ')
      return point === ((of ?? '') < day(10) ? '2' : '3') ? sum + value : sum
    }, 0n)
    const [mine, ...others] = await energy('group', 'whole')
    expect(others).toEqual([])
    expect(mine?.key).toBe('mine')
    expect(micro(mine?.energy ?? '')).toBe(expected)
    expect(mine?.pointDays.expected).toBe(DAYS)
    expect(total(await energy('feeder', 'month', { group: 1 }))).toBe(expected)
  })
})

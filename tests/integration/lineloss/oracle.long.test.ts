import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCases } from '#src/cases'
import { civilTime, instant } from '#src/core'
import { createLineLoss, type LineLoss } from '#src/lineloss'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { oracleLosses } from './oracle.ts'
import type { OracleLoss, World } from './oracle-world.ts'
import { DAYS, dateOfDay } from './world-dice.ts'
import { writeCorrected, writeWorld } from './world-rows.ts'
import { correctedOf, worldOf } from './worlds.ts'

const civil = civilTime('Asia/Shanghai')
/** The morning after the month. */
const NOW = instant(Date.UTC(2026, 11, 1, 1))
const SEEDS = [1, 2, 3, 4, 5, 6, 11]

type Renamed = 'usersRead' | 'gatewaysRead' | 'sourcesRead' | 'transformerSale' | 'atGateways'
interface StoredRow extends Omit<OracleLoss, Renamed> {
  readonly scope: string
  readonly id: number
  readonly date: string
  readonly period: string
  readonly users_read: number
  readonly gateways_read: number
  readonly sources_read: number
  readonly transformer_sale: bigint
  readonly gateways_estimated: bigint
}

describe('losses of a month in which anything may move', () => {
  let database: TestDatabase
  let losses: LineLoss

  beforeAll(async () => {
    database = await migratedDatabase()
    losses = createLineLoss({
      db: database.db,
      civil,
      cases: createCases(database.db, new ManualClock(NOW)),
    })
  })
  afterAll(() => database.close())

  const stored = async (): Promise<Map<string, OracleLoss>> => {
    const rows = await database.db.query<StoredRow>(
      ['day', 'month']
        .map(
          (period) => `select '${period}' as period, scope, scope_id as id, starts_on::text as date,
             supply, reverse, generation, passed, returned, sale, auxiliary, transformer_sale,
             estimated, gateways_estimated, technical, transformers, users,
             users_read, gateways, gateways_read, sources, sources_read, reasons, loss, rate
           from loss_${period}`,
        )
        .join(' union all '),
    )
    return new Map(
      rows.map((row) => {
        const { scope, id, date, period, users_read, gateways_read, sources_read, ...more } = row
        const { transformer_sale, gateways_estimated, ...sums } = more
        const of = period === 'month' ? period : Number(date.slice(8)) - 1
        const counts = { usersRead: users_read, gatewaysRead: gateways_read }
        const parts = { transformerSale: transformer_sale, atGateways: gateways_estimated }
        const own = { ...sums, ...parts, ...counts, sourcesRead: sources_read }
        return [`${scope} ${id} ${of}`, { ...own, reasons: row.reasons.toSorted() }]
      }),
    )
  }

  const compare = async (world: World) => {
    const wanted = oracleLosses(world)
    const got = await stored()
    const wrong: unknown[] = []
    for (const [key, own] of wanted) {
      const [scope, id] = key.split(' ')
      const kind = world.nodes.find((one) => one.id === Number(id))?.kind
      if (scope === 'node' && kind !== 'region' && kind !== 'substation') continue
      const row = got.get(key)
      const differing = Object.keys(own).filter(
        (name) => String(Reflect.get(own, name)) !== String(row && Reflect.get(row, name)),
      )
      if (differing.length > 0) {
        const of = (one: object | undefined) =>
          differing.map((name) => `${name} ${one && Reflect.get(one, name)}`).join(', ')
        wrong.push(`${key}: ${of(row)}; by hand ${of(own)}`)
      }
    }
    expect(wrong).toEqual([])
    return wanted
  }

  /** Lists every day once, as if the product had run all the time. */
  const follow = async () => {
    await database.db.query(
      `insert into loss_due (period, starts_on, node_id)
       select 'day', $1::date + n, id from grid_node, generate_series(0, $2::int - 1) n
       on conflict do nothing`,
      [dateOfDay(0), DAYS],
    )
    await losses.follow(NOW)
  }

  it.each(SEEDS)('are what an hour-by-hour count says, world %i', async (seed) => {
    const world = worldOf(seed)
    await writeWorld(database.db, world)
    await follow()
    const wanted = await compare(world)
    expect([...wanted.values()].some(({ loss }) => loss !== null)).toBe(true)

    const corrected = correctedOf(world, seed + 500)
    await writeCorrected(database.db, corrected)
    await losses.follow(NOW)
    await compare(corrected.world)
    expect(await losses.follow(NOW)).toBe(0)
  })
})

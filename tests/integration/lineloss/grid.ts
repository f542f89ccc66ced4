import { createCases } from '#src/cases'
import { type BusinessDate, civilTime, type Instant, instant, parseBusinessDate } from '#src/core'
import type { Db } from '#src/db'
import { createLineLoss, type LineLoss, type Loss } from '#src/lineloss'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

export const civil = civilTime('Asia/Shanghai')

export function dateOf(text: string): BusinessDate {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(`no date: ${text}`)
  return date
}

export const kWh = (text: string | number): bigint => BigInt(Math.round(Number(text) * 1_000_000))
export const long = '2020-01-01T00:00+08:00'

type Role = 'supply' | 'receive' | 'auxiliary' | 'generation'

export interface Dated {
  readonly from?: string
  readonly to?: string | null
}

/** A database with a grid that a test builds node by node, and losses computed over it. */
export interface Stage {
  readonly database: TestDatabase
  readonly db: Db
  readonly losses: LineLoss
  node(kind: string, code: string, parent?: number, voltage?: number): Promise<number>
  link(node: number, parent: number, dated?: Dated): Promise<void>
  point(code: string, node: number, role: Role, dated?: Dated): Promise<number>
  place(point: number, node: number, role: Role, dated?: Dated): Promise<void>
  /** Energy of a point's day, forward and back, in kWh. */
  used(point: number, date: string, forward: number, more?: Used): Promise<void>
  /** Follows what changed, as of the morning after. */
  follow(date: string): Promise<number>
  of(node: number, date: string, scope?: Loss['scope'], period?: 'day' | 'month'): Promise<Loss>
}

export interface Used {
  readonly back?: number
  readonly quality?: number
  readonly estimated?: number
  readonly reactive?: number
}

export async function openStage(): Promise<Stage> {
  const database = await migratedDatabase()
  const { db } = database
  const losses = createLineLoss({ db, civil, cases: createCases(db, new ManualClock()) })

  const id = async (text: string, values: readonly unknown[]): Promise<number> => {
    const [row] = await db.query<{ id: number }>(text, values)
    if (row === undefined) throw new Error('nothing was inserted')
    return row.id
  }
  const stage: Stage = {
    database,
    db,
    losses,
    async node(kind, code, parent, voltage) {
      const node = await id(
        'insert into grid_node (kind, code, nominal_voltage) values ($1, $2, $3) returning id',
        [kind, code, voltage ?? null],
      )
      if (parent !== undefined) await stage.link(node, parent)
      return node
    },
    async link(node, parent, { from = long, to = null } = {}) {
      await db.query(
        `insert into grid_link (node_id, parent_id, valid_from, valid_to)
         values ($1, $2, $3::timestamptz, $4::timestamptz)`,
        [node, parent, from, to],
      )
    },
    async point(code, node, role, dated) {
      const point = await id('insert into usage_point (code) values ($1) returning id', [code])
      await stage.place(point, node, role, dated)
      return point
    },
    async place(point, node, role, { from = long, to = null } = {}) {
      await db.query(
        `insert into usage_point_place (usage_point_id, node_id, role, valid_from, valid_to)
         values ($1, $2, $3, $4::timestamptz, $5::timestamptz)`,
        [point, node, role, from, to],
      )
    },
    async used(point, date, forward, { back, quality = 1, estimated = 0, reactive } = {}) {
      const rows = [
        ['1.8.0', kWh(forward)],
        ...(back === undefined ? [] : [['2.8.0', kWh(back)]]),
        ...(reactive === undefined ? [] : [['3.8.0', kWh(reactive)]]),
      ]
      for (const [register, energy] of rows) {
        await db.query(
          `insert into usage_day (energy, estimated, computed_at, usage_point_id, business_date,
             quality, meters, register)
           values ($1::bigint, $2::bigint, now(), $3, $4::date, $5, 1, $6)
           on conflict (usage_point_id, register, business_date)
             do update set energy = excluded.energy, quality = excluded.quality`,
          [energy, kWh(estimated), point, date, quality, register],
        )
      }
      await db.query(
        `insert into usage_change (usage_point_id, business_date, changed_at)
         values ($1, $2::date, now())`,
        [point, date],
      )
    },
    follow: (date) => losses.follow(morningAfter(date)),
    async of(node, date, scope = 'area', period = 'day') {
      const found = await losses.get(scope, node, period, dateOf(date))
      if (found === undefined) throw new Error(`no loss of ${scope} ${node} on ${date}`)
      return found
    },
  }
  return stage
}

const HOURS_MS = 3_600_000

export const morningAfter = (date: string): Instant =>
  instant(civil.startOf(civil.addDays(dateOf(date), 1)) + 8 * HOURS_MS)

import type { ItemCode } from '#protocols/model'
import { decimalText, itemOf } from '#protocols/model'
import { type BusinessDate, dateFrom, type Instant } from '#src/core'
import type { Db } from '#src/db'
import { energyText, qualityOf } from '#src/metering'
import type { Batch, BatchRow, BatchState, PageAsk, RegisterTotal, RouteLanguage } from './types.ts'

interface Total {
  readonly register: ItemCode
  readonly rows: number
  /** In 10^-6, as text: a sum may be more than a number in JSON holds. */
  readonly energy: string
}

interface Ending {
  readonly reason?: string
  readonly receipt?: unknown
}

interface Row {
  readonly id: number
  readonly route: string
  readonly reading_date: string
  readonly no: number
  readonly state: BatchState
  readonly published_at: Instant
  readonly published_by: string
  readonly points: number
  readonly rows: number
  readonly totals: readonly Total[]
  readonly held: Readonly<Record<string, number>>
  readonly sha256: string
  readonly language: RouteLanguage
  readonly ended_at: Instant | null
  readonly ended_by: string | null
  readonly ending: Ending | null
  readonly rejected: number
}

const select = `
  select b.id, r.code as route, b.reading_date::text, b.no, b.state, b.published_at,
    b.published_by, b.points, b.rows, b.totals, b.held, b.sha256, b.language, b.ended_at, b.ended_by, b.ending,
    (select count(*)::int from reading_day_rejection j where j.batch_id = b.id) as rejected
  from reading_day_batch b join reading_route r on r.id = b.route_id`

export async function selectBatch(db: Db, id: number): Promise<Batch | undefined> {
  const [row] = await db.query<Row>(`${select} where b.id = $1::int`, [id])
  return row && batchOf(row)
}

export async function selectBatches(
  db: Db,
  route: string | undefined,
  { after, limit }: PageAsk,
): Promise<readonly Batch[]> {
  const rows = await db.query<Row>(
    `${select} where ($1::text is null or r.code = $1::text) and ($2::int is null or b.id < $2::int)
     order by b.id desc limit $3::int`,
    [route ?? null, after, limit],
  )
  return rows.map(batchOf)
}

/** What was answered when it ended; null while it has not. */
export async function selectEnding(db: Db, id: number): Promise<Ending | null> {
  const [row] = await db.query<{ ending: Ending | null }>(
    `select ending from reading_day_batch where id = $1::int`,
    [id],
  )
  return row?.ending ?? null
}

interface LineRow {
  readonly line: number
  readonly account_no: string
  readonly usage_point: string
  readonly meter_address: string
  readonly register: ItemCode
  readonly from_at: Instant
  readonly from_micro: bigint
  readonly from_scale: number
  readonly to_at: Instant
  readonly to_micro: bigint
  readonly to_scale: number
  readonly numerator: bigint
  readonly denominator: bigint
  readonly energy: bigint
  readonly how: BatchRow['how']
  readonly quality: number
  readonly rolls: number
}

export async function selectLines(
  db: Db,
  batchId: number,
  date: BusinessDate,
  { after, limit }: PageAsk,
): Promise<readonly BatchRow[]> {
  const rows = await db.query<LineRow>(
    `select line, account_no, usage_point, meter_address, register, from_at, from_micro,
       from_scale, to_at, to_micro, to_scale, numerator, denominator, energy, how, quality, rolls
     from reading_day_row
     where reading_date = $1::date and batch_id = $2::int and line > $3::int
     order by line limit $4::int`,
    [date, batchId, after ?? 0, limit],
  )
  return rows.map((row) => ({
    line: row.line,
    account: row.account_no,
    usagePoint: row.usage_point,
    meter: row.meter_address,
    register: row.register,
    from: row.from_at,
    previous: registerText(row.from_micro, row.from_scale),
    to: row.to_at,
    current: registerText(row.to_micro, row.to_scale),
    multiplier: ratioText(row.numerator, row.denominator),
    energy: energyText(row.energy),
    unit: unitOf(row.register),
    how: row.how,
    quality: qualityOf(row.quality),
    rollOvers: row.rolls,
  }))
}

const microScale = 6

/** With the decimals that the meter shows. */
function registerText(micro: bigint, scale: number): string {
  return scale >= microScale
    ? decimalText(micro, microScale)
    : decimalText(micro / 10n ** BigInt(microScale - scale), scale)
}

function ratioText(numerator: bigint, denominator: bigint): string {
  const common = divisorOf(numerator, denominator)
  const [over, under] = [numerator / common, denominator / common]
  return under === 1n ? String(over) : `${over}/${under}`
}

const divisorOf = (a: bigint, b: bigint): bigint => (b === 0n ? a : divisorOf(b, a % b))

export const unitOf = (register: ItemCode): string => itemOf(register)?.unit ?? ''

function batchOf(row: Row): Batch {
  return {
    ...{ id: row.id, route: row.route, date: dateFrom(row.reading_date), no: row.no },
    ...{ state: row.state, publishedAt: row.published_at, publishedBy: row.published_by },
    ...{ points: row.points, rows: row.rows, held: row.held, sha256: row.sha256 },
    language: row.language,
    ...{ endedAt: row.ended_at, endedBy: row.ended_by, rejected: row.rejected },
    totals: row.totals.map(({ register, rows, energy }): RegisterTotal => {
      return { register, rows, energy: energyText(BigInt(energy)), unit: unitOf(register) }
    }),
    reason: row.ending?.reason ?? null,
  }
}

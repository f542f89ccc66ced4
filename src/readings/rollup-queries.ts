import type { ItemCode } from '#protocols/model'
import type { BusinessDate, Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'

export type RollupKind = 'day' | 'month'

const tables = {
  day: { rollup: 'energy_day', dirty: 'energy_dirty', key: 'business_date' },
  month: { rollup: 'energy_month', dirty: 'energy_month_dirty', key: 'business_month' },
} as const

export async function countDirty(db: Db, kind: RollupKind, before: BusinessDate): Promise<number> {
  const { dirty, key } = tables[kind]
  const [row] = await db.query<{ count: bigint }>(
    `select count(*)::bigint as count from ${dirty} where ${key} < $1::date`,
    [before],
  )
  return Number(row?.count ?? 0n)
}

/** Takes entries off the list; who takes them computes them in the same transaction. */
export async function takeDirty(
  tx: Db,
  kind: RollupKind,
  before: BusinessDate,
  limit: number,
): Promise<{ meter_id: number; date: string }[]> {
  const { dirty, key } = tables[kind]
  return await tx.query<{ meter_id: number; date: string }>(
    `delete from ${dirty} d using (
       select ${key}, meter_id from ${dirty} where ${key} < $1::date
       order by ${key}, meter_id limit $2::int for update skip locked) as next
     where d.${key} = next.${key} and d.meter_id = next.meter_id
     returning d.meter_id, d.${key}::text as date`,
    [before, limit],
  )
}

export async function listMonths(
  tx: Db,
  months: readonly { readonly meterId: MeterId; readonly month: BusinessDate }[],
): Promise<void> {
  if (months.length === 0) return
  await tx.query(
    `insert into energy_month_dirty (meter_id, business_month)
     select * from unnest($1::int[], $2::date[]) on conflict do nothing`,
    [months.map(({ meterId }) => meterId), months.map(({ month }) => month)],
  )
}

/**
 * Every meter's days from `first`, but not from before `earliest`, to `last`; in the order in which
 * readings that come meanwhile are listed, so that neither waits for the other in a circle.
 */
export async function listDays(
  tx: Db,
  first: BusinessDate,
  last: BusinessDate,
  earliest: BusinessDate,
): Promise<void> {
  await tx.query(
    `insert into energy_dirty (meter_id, business_date)
     select m.id, d::date
     from meter m,
       generate_series(greatest($1::date, $3::date), $2::date, interval '1 day') d
     order by m.id, d
     on conflict do nothing`,
    [first, last, earliest],
  )
}

/** The day up to which all days were listed once; the row stays locked for the transaction. */
export async function listedThrough(tx: Db): Promise<string | undefined> {
  const [row] = await tx.query<{ date: string }>(
    `select business_date::text as date from energy_through for update`,
  )
  return row?.date
}

export async function setListedThrough(tx: Db, date: BusinessDate): Promise<void> {
  await tx.query(
    `insert into energy_through (business_date) values ($1::date)
     on conflict (only_row) do update set business_date = excluded.business_date`,
    [date],
  )
}

export async function firstReadingAt(tx: Db): Promise<Instant | undefined> {
  const [row] = await tx.query<{ first: Instant | null }>(
    `select least((select min(measured_at) from reading_curve),
       (select min(measured_at) from reading_daily)) as first`,
  )
  return row?.first ?? undefined
}

export interface RollupRow {
  readonly meterId: MeterId
  /** The day, or the first day of the month. */
  readonly date: BusinessDate
  readonly from: bigint
  readonly to: bigint
  readonly fromAt: Instant
  readonly toAt: Instant
  readonly scale: number
  readonly quality: number
}

export async function upsertRollups(
  tx: Db,
  kind: RollupKind,
  register: ItemCode,
  rows: readonly RollupRow[],
): Promise<void> {
  const { rollup, key } = tables[kind]
  await tx.query(
    `insert into ${rollup}
       (meter_id, register, ${key}, from_digits, to_digits, from_at, to_at, scale, quality)
     select u.meter_id, $1::text, u.date, u.from_digits, u.to_digits,
       to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000), u.scale, u.quality
     from unnest($2::int[], $3::date[], $4::bigint[], $5::bigint[], $6::float8[], $7::float8[],
         $8::smallint[], $9::smallint[])
       as u (meter_id, date, from_digits, to_digits, from_ms, to_ms, scale, quality)
     on conflict (meter_id, register, ${key}) do update set
       from_digits = excluded.from_digits, to_digits = excluded.to_digits,
       from_at = excluded.from_at, to_at = excluded.to_at,
       scale = excluded.scale, quality = excluded.quality`,
    [
      register,
      rows.map(({ meterId }) => meterId),
      rows.map(({ date }) => date),
      rows.map(({ from }) => from),
      rows.map(({ to }) => to),
      rows.map(({ fromAt }) => fromAt),
      rows.map(({ toAt }) => toAt),
      rows.map(({ scale }) => scale),
      rows.map(({ quality }) => quality),
    ],
  )
}

/** For periods of which nothing is known any more. */
export async function deleteRollups(
  tx: Db,
  kind: RollupKind,
  register: ItemCode,
  rows: readonly Pick<RollupRow, 'meterId' | 'date'>[],
): Promise<void> {
  const { rollup, key } = tables[kind]
  await tx.query(
    `delete from ${rollup} e using unnest($2::int[], $3::date[]) as u (meter_id, date)
     where e.register = $1::text and e.meter_id = u.meter_id and e.${key} = u.date`,
    [register, rows.map(({ meterId }) => meterId), rows.map(({ date }) => date)],
  )
}

/** The rollups of a meter in `[from, to)` that nothing newer has put on the list. */
export async function selectFreshRollups(
  db: Db,
  kind: RollupKind,
  meterId: MeterId,
  register: ItemCode,
  from: BusinessDate,
  to: BusinessDate,
): Promise<RollupRow[]> {
  const { rollup, key } = tables[kind]
  const dirtyDays =
    kind === 'day'
      ? `d.business_date = e.business_date`
      : `d.business_date >= e.business_month
         and d.business_date < e.business_month + interval '1 month'`
  const rows = await db.query<{
    date: BusinessDate
    from_digits: bigint
    to_digits: bigint
    from_at: Instant
    to_at: Instant
    scale: number
    quality: number
  }>(
    `select e.${key}::text as date, e.from_digits, e.to_digits, e.from_at, e.to_at, e.scale,
       e.quality
     from ${rollup} e
     where e.meter_id = $1::int and e.register = $2::text
       and e.${key} >= $3::date and e.${key} < $4::date
       and not exists (select from energy_dirty d where d.meter_id = e.meter_id and ${dirtyDays})
       and not exists (select from energy_month_dirty d where $5::text = 'month'
         and d.meter_id = e.meter_id and d.business_month = e.${key})`,
    [meterId, register, from, to, kind],
  )
  return rows.map((row) => ({
    meterId,
    date: row.date,
    from: row.from_digits,
    to: row.to_digits,
    fromAt: row.from_at,
    toAt: row.to_at,
    scale: row.scale,
    quality: row.quality,
  }))
}

import type { BusinessDate, Instant } from '#src/core'
import type { Db } from '#src/db'

export type RollupKind = 'day' | 'month'

/** Where each kind is kept, and listed to be computed. */
export const rollupTables = {
  day: { rollup: 'usage_day', dirty: 'usage_dirty', key: 'business_date' },
  month: { rollup: 'usage_month', dirty: 'usage_month_dirty', key: 'business_month' },
} as const

/** The oldest day or month on the list. */
export async function firstDirty(
  db: Db,
  kind: RollupKind,
  before: BusinessDate,
): Promise<string | undefined> {
  const { dirty, key } = rollupTables[kind]
  const [row] = await db.query<{ date: string }>(
    `select ${key}::text as date from ${dirty} where ${key} < $1::date order by ${key} limit 1`,
    [before],
  )
  return row?.date
}

export async function countDirty(db: Db, kind: RollupKind, before: BusinessDate): Promise<number> {
  const { dirty, key } = rollupTables[kind]
  const [row] = await db.query<{ count: bigint }>(
    `select count(*)::bigint as count from ${dirty} where ${key} < $1::date`,
    [before],
  )
  return Number(row?.count ?? 0n)
}

/** Takes entries of one day or month off the list; who takes them computes them in `tx`. */
export async function takeDirty(
  tx: Db,
  kind: RollupKind,
  date: BusinessDate,
  limit: number,
): Promise<readonly number[]> {
  const { dirty, key } = rollupTables[kind]
  const rows = await tx.query<{ id: number }>(
    // As one list: a join would be planned by what the table held when it was last analyzed.
    `delete from ${dirty} d
     where d.${key} = $1::date and d.usage_point_id = any(array(
       select usage_point_id from ${dirty} where ${key} = $1::date
       order by usage_point_id limit $2::int for update skip locked))
     returning d.usage_point_id as id`,
    [date, limit],
  )
  return rows.map(({ id }) => id)
}

/** Days of meters that were listed become days of the usage points they hung at; how many. */
export async function spreadMeterDays(
  tx: Db,
  before: BusinessDate,
  limit: number,
): Promise<number> {
  const [row] = await tx.query<{ count: bigint }>(
    `with next as (
       select business_date, meter_id from energy_dirty where business_date < $1::date
       order by business_date, meter_id limit $2::int for update skip locked),
     taken as (
       delete from energy_dirty d using next n
       where d.business_date = n.business_date and d.meter_id = n.meter_id
       returning d.business_date, d.meter_id),
     listed as (
       insert into usage_dirty (business_date, usage_point_id)
       select distinct t.business_date, i.usage_point_id
       from taken t join installation i on i.meter_id = t.meter_id
         -- A day in any zone lies within these two.
         and i.valid_from < t.business_date + 2
         and (i.valid_to is null or i.valid_to > t.business_date - 1)
       order by 1, 2
       on conflict do nothing)
     select count(*) as count from taken`,
    [before, limit],
  )
  return Number(row?.count ?? 0n)
}

/** Stretches in which something else was installed become the days that have anything. */
export async function spreadSpans(
  tx: Db,
  zone: string,
  before: BusinessDate,
  limit: number,
): Promise<number> {
  const [row] = await tx.query<{ count: bigint }>(
    `with taken as (
       delete from usage_dirty_span where id in (
         select id from usage_dirty_span order by id limit $3::int for update skip locked)
       returning usage_point_id, from_at - interval '1 day' as from_at,
         least(to_at, $2::date + interval '1 day') + interval '1 day' as to_at),
     moments as (
       select t.usage_point_id, r.day
       from taken t
       join installation i on i.usage_point_id = t.usage_point_id
       cross join lateral (
         select (date_bin('15 minutes', measured_at, 'epoch') at time zone $1::text)::date as day
         from reading_curve where meter_id = i.meter_id and measured_at between t.from_at and t.to_at
         union select (measured_at at time zone $1::text)::date
         from reading_daily where meter_id = i.meter_id and measured_at between t.from_at and t.to_at
         union select (measured_at at time zone $1::text)::date
         from reading_item where meter_id = i.meter_id and measured_at between t.from_at and t.to_at
         union select (measured_at at time zone $1::text)::date
         from register_value where meter_id = i.meter_id and measured_at between t.from_at and t.to_at
       ) r
       union
       select t.usage_point_id, d.business_date from taken t
       join usage_day d on d.usage_point_id = t.usage_point_id
         and d.business_date between t.from_at::date - 1 and t.to_at::date + 1),
     listed as (
       insert into usage_dirty (business_date, usage_point_id)
       select distinct m.day - n, m.usage_point_id from moments m, generate_series(0, 1) n
       where m.day - n < $2::date
       order by 1, 2
       on conflict do nothing)
     select count(*) as count from taken`,
    [zone, before, limit],
  )
  return Number(row?.count ?? 0n)
}

export async function listMonth(
  tx: Db,
  month: BusinessDate,
  usagePointIds: readonly number[],
): Promise<void> {
  await tx.query(
    `insert into usage_month_dirty (usage_point_id, business_month)
     select id, $2::date from unnest($1::int[]) as u (id) order by 1 on conflict do nothing`,
    [usagePointIds, month],
  )
}

/** Every meter's days from `first`, but not from before `earliest`, to `last`. */
export async function listDays(
  tx: Db,
  first: BusinessDate,
  last: BusinessDate,
  earliest: BusinessDate,
): Promise<void> {
  // In the order in which readings that come meanwhile are listed, so that neither waits for the
  // other in a circle.
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

import type { ItemCode } from '#protocols/model'
import type { BusinessDate, Instant } from '#src/core'
import type { Db } from '#src/db'
import type { Period } from './energy.ts'

export type RollupKind = 'day' | 'month'

const tables = {
  day: { rollup: 'usage_day', dirty: 'usage_dirty', key: 'business_date' },
  month: { rollup: 'usage_month', dirty: 'usage_month_dirty', key: 'business_month' },
} as const

/** The oldest day or month on the list. */
export async function firstDirty(
  db: Db,
  kind: RollupKind,
  before: BusinessDate,
): Promise<string | undefined> {
  const { dirty, key } = tables[kind]
  const [row] = await db.query<{ date: string }>(
    `select ${key}::text as date from ${dirty} where ${key} < $1::date order by ${key} limit 1`,
    [before],
  )
  return row?.date
}

export async function countDirty(db: Db, kind: RollupKind, before: BusinessDate): Promise<number> {
  const { dirty, key } = tables[kind]
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
  const { dirty, key } = tables[kind]
  const rows = await tx.query<{ id: number }>(
    `delete from ${dirty} d using (
       select usage_point_id from ${dirty} where ${key} = $1::date
       order by usage_point_id limit $2::int for update skip locked) as next
     where d.${key} = $1::date and d.usage_point_id = next.usage_point_id
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

/**
 * Where a batch is gathered before it is compared with what is stored. One batch at a time, so that
 * whoever follows the changes sees them in their order.
 */
export async function openWork(tx: Db): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('usage roll up'))`)
  // Compiling a statement takes longer than a batch does.
  await tx.query(`set local jit = off`)
  await tx.query(
    `create temporary table if not exists usage_work (
       usage_point_id int not null, register text collate "C" not null,
       energy bigint not null, estimated bigint not null, quality smallint not null,
       from_quality smallint not null, to_quality smallint not null, meters smallint not null
     ) on commit delete rows`,
  )
  await tx.query(
    `create temporary table if not exists usage_present (
       usage_point_id int not null, register text collate "C" not null
     ) on commit delete rows`,
  )
  await tx.query(`delete from usage_work`)
  await tx.query(`delete from usage_present`)
}

export async function findPresent(
  tx: Db,
  usagePointIds: readonly number[],
  registers: readonly ItemCode[],
  { start, end }: Period,
): Promise<readonly ItemCode[]> {
  await tx.query(
    `insert into usage_present
     select usage_point_id, register from register_presence($1::int[], $2::text[],
       to_timestamp($3::float8 / 1000), to_timestamp($4::float8 / 1000))
     except select usage_point_id, register from usage_present`,
    [usagePointIds, registers, start, end],
  )
  const rows = await tx.query<{ register: ItemCode }>(
    `select distinct register from usage_present order by register`,
  )
  return rows.map(({ register }) => register)
}

/** The usual case of one register of all that have it, without leaving the database. */
export async function workExact(tx: Db, register: ItemCode, { start, end }: Period): Promise<void> {
  await tx.query(
    `insert into usage_work
     select e.usage_point_id, $1::text, e.energy, 0, worse_quality(e.from_quality, e.to_quality),
       e.from_quality, e.to_quality, 1
     from usage_exact(
       (select coalesce(array_agg(usage_point_id), '{}') from usage_present where register = $1::text),
       $1::text, to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000)) e`,
    [register, start, end],
  )
}

/** What is present and not yet worked out. */
export async function leftOver(tx: Db, register: ItemCode): Promise<readonly number[]> {
  const rows = await tx.query<{ id: number }>(
    `select p.usage_point_id as id from usage_present p where p.register = $1::text
     and not exists (select from usage_work w
       where w.usage_point_id = p.usage_point_id and w.register = p.register)
     order by 1`,
    [register],
  )
  return rows.map(({ id }) => id)
}

export interface WorkRow {
  readonly usagePointId: number
  readonly energy: bigint
  readonly estimated: bigint
  readonly quality: number
  readonly fromQuality: number
  readonly toQuality: number
  readonly meters: number
}

export async function addWork(tx: Db, register: ItemCode, rows: readonly WorkRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.query(
    `insert into usage_work (usage_point_id, register, energy, estimated, quality, from_quality,
       to_quality, meters)
     select u.id, $1::text, u.energy, u.estimated, u.quality, u.from_quality, u.to_quality, u.meters
     from unnest($2::int[], $3::bigint[], $4::bigint[], $5::smallint[], $6::smallint[],
       $7::smallint[], $8::smallint[])
       as u (id, energy, estimated, quality, from_quality, to_quality, meters)`,
    [
      register,
      rows.map(({ usagePointId }) => usagePointId),
      rows.map(({ energy }) => energy),
      rows.map(({ estimated }) => estimated),
      rows.map(({ quality }) => quality),
      rows.map(({ fromQuality }) => fromQuality),
      rows.map(({ toQuality }) => toQuality),
      rows.map(({ meters }) => meters),
    ],
  )
}

/**
 * Writes what the batch found and takes away what it did not, where that differs from what is
 * stored; gives the usage points for which it did.
 */
export async function settle(
  tx: Db,
  kind: RollupKind,
  date: BusinessDate,
  usagePointIds: readonly number[],
  at: Instant,
): Promise<readonly number[]> {
  const { rollup, key } = tables[kind]
  const ends = kind === 'day' ? ['from_quality', 'to_quality'] : []
  const facts = ['energy', 'estimated', 'quality', 'meters', ...ends]
  const rows = await tx.query<{ id: number }>(
    `with stored as materialized (
       select usage_point_id, register, ${facts.join(', ')} from ${rollup}
       where ${key} = $1::date and usage_point_id = any($2::int[])),
     gone as (
       delete from ${rollup} r using stored s
       where r.${key} = $1::date and r.usage_point_id = s.usage_point_id and r.register = s.register
         and not exists (select from usage_work w
           where w.usage_point_id = s.usage_point_id and w.register = s.register)
       returning r.usage_point_id),
     different as (
       select w.* from usage_work w
       left join stored s on s.usage_point_id = w.usage_point_id and s.register = w.register
       where (${facts.map((name) => `w.${name}`)}) is distinct from
         (${facts.map((name) => `s.${name}`)})),
     written as (
       insert into ${rollup} (usage_point_id, register, ${key}, computed_at, ${facts.join(', ')})
       select usage_point_id, register, $1::date, to_timestamp($3::float8 / 1000),
         ${facts.join(', ')}
       from different order by usage_point_id, register
       on conflict (usage_point_id, register, ${key}) do update set
         computed_at = excluded.computed_at,
         ${facts.map((name) => `${name} = excluded.${name}`)}
       returning usage_point_id)
     select usage_point_id as id from gone union select usage_point_id from written order by 1`,
    [date, usagePointIds, at],
  )
  return rows.map(({ id }) => id)
}

/** Tells those that follow which days changed. */
export async function announce(
  tx: Db,
  date: BusinessDate,
  usagePointIds: readonly number[],
  at: Instant,
): Promise<void> {
  if (usagePointIds.length === 0) return
  await tx.query(
    `insert into usage_change (usage_point_id, business_date, changed_at)
     select id, $2::date, to_timestamp($3::float8 / 1000) from unnest($1::int[]) as u (id)
     order by id`,
    [usagePointIds, date, at],
  )
}

/**
 * Months whose days are all known add up: the register at the end of one is that of the next. Only
 * where both ends were read, or nearly, is nothing of the month estimated whatever happened inside.
 */
export async function workMonthsOfDays(
  tx: Db,
  usagePointIds: readonly number[],
  month: BusinessDate,
  next: BusinessDate,
  { start, end }: Period,
): Promise<void> {
  await tx.query(
    `insert into usage_work
     select d.usage_point_id, d.register, sum(d.energy)::bigint, 0,
       worse_quality(min(d.from_quality) filter (where d.business_date = $2::date),
         min(d.to_quality) filter (where d.business_date = $3::date - 1)),
       min(d.from_quality) filter (where d.business_date = $2::date),
       min(d.to_quality) filter (where d.business_date = $3::date - 1), 1
     from usage_day d
     where d.usage_point_id = any($1::int[])
       and d.business_date >= $2::date and d.business_date < $3::date
       and not exists (select from installation i where i.usage_point_id = d.usage_point_id
         and (i.valid_from >= to_timestamp($4::float8 / 1000)
             and i.valid_from < to_timestamp($5::float8 / 1000)
           or i.valid_to > to_timestamp($4::float8 / 1000)
             and i.valid_to <= to_timestamp($5::float8 / 1000)))
     group by d.usage_point_id, d.register
     having count(*) = $3::date - $2::date and bool_and(d.quality <> 4)
       and min(d.from_quality) filter (where d.business_date = $2::date) in (1, 2, 3)
       and min(d.to_quality) filter (where d.business_date = $3::date - 1) in (1, 2, 3)`,
    [usagePointIds, month, next, start, end],
  )
}

/** Registers of usage points that have energy on any day of a month. */
export async function findPresentByDays(
  tx: Db,
  usagePointIds: readonly number[],
  month: BusinessDate,
  next: BusinessDate,
): Promise<void> {
  await tx.query(
    `insert into usage_present
     select distinct usage_point_id, register from usage_day
     where usage_point_id = any($1::int[]) and business_date >= $2::date and business_date < $3::date
     except select usage_point_id, register from usage_present`,
    [usagePointIds, month, next],
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

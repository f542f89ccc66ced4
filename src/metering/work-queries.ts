import type { ItemCode } from '#protocols/model'
import type { BusinessDate, Instant } from '#src/core'
import type { Db } from '#src/db'
import { type RollupKind, rollupTables } from './dirty-queries.ts'
import type { Period } from './energy.ts'

/**
 * Where a batch is gathered before it is compared with what is stored. One batch at a time, so that
 * whoever follows the changes sees them in their order.
 */
export async function openWork(tx: Db): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('usage roll up'))`)
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
  const { rollup, key } = rollupTables[kind]
  const ends = kind === 'day' ? ['from_quality', 'to_quality'] : []
  const facts = ['energy', 'estimated', 'quality', 'meters', ...ends]
  // All against all would be planned by what the tables held when they were last analyzed.
  await tx.query(`set local enable_nestloop = off`)
  const rows = await tx.query<{ id: number }>(
    `with stored as materialized (
       select usage_point_id, register, ${facts.join(', ')} from ${rollup}
       where ${key} = $1::date and usage_point_id = any($2::int[])),
     gone as (
       delete from ${rollup} r
       where r.${key} = $1::date and r.usage_point_id = any($2::int[])
         and not exists (select from usage_work w
           where w.usage_point_id = r.usage_point_id and w.register = r.register)
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

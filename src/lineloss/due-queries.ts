import type { BusinessDate } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { LossPeriod } from './parts.ts'
import type { NodePeriod, Span } from './spans.ts'

/** What is followed, with the name that its position is kept under. */
export type Followed = 'usage_change' | 'grid_change'
export const positions: Readonly<Record<Followed, string>> = {
  usage_change: 'line-loss',
  grid_change: 'line-loss-grid',
}

export async function changedDates(db: Db, after: bigint, to: bigint): Promise<BusinessDate[]> {
  const rows = await db.query<{ date: BusinessDate }>(
    `select distinct business_date as date from usage_change
     where seq > $1::bigint and seq <= $2::bigint order by 1`,
    [after, to],
  )
  return rows.map(({ date }) => date)
}

const spanCte = `d as materialized (select * from unnest($1::date[], $2::timestamptz[],
  $3::timestamptz[]) as t (starts_on, starts_at, ends_at))`
const spanValues = (spans: readonly Span[]) => [
  spans.map(({ startsOn }) => startsOn),
  spans.map(({ start }) => timestamptz(start)),
  spans.map(({ end }) => timestamptz(end)),
]

/**
 * Lists every node where a point of `counted` was in its period, and of what measures a node all
 * that it hung on.
 */
const dueWhereCounted = (period: LossPeriod) => `hit as materialized (
       select distinct c.starts_on, c.starts_at, c.ends_at, p.node_id, p.role = 'supply' as is_head
       from counted c join usage_point_place p on p.usage_point_id = c.usage_point_id
         and p.valid_from < c.ends_at and (p.valid_to is null or p.valid_to > c.starts_at)),
     above as (
       select starts_on, starts_at, ends_at, node_id from hit where is_head
       union
       select a.starts_on, a.starts_at, a.ends_at, l.parent_id
       from above a join grid_link l on l.node_id = a.node_id
         and l.valid_from < a.ends_at and (l.valid_to is null or l.valid_to > a.starts_at))
     insert into loss_due (period, starts_on, node_id)
     select '${period}', starts_on, node_id from hit
     union
     select '${period}', starts_on, node_id from above
     on conflict do nothing`

/**
 * Every node where a changed usage point counted that day, and of what measures a node all that it
 * hung on.
 */
export async function dueByChanges(
  db: Db,
  days: readonly Span[],
  after: bigint,
  to: bigint,
): Promise<void> {
  await db.query(
    `with recursive ${spanCte},
     changed as (select distinct usage_point_id, business_date from usage_change
       where seq > $4::bigint and seq <= $5::bigint),
     counted as (
       select c.usage_point_id, d.* from changed c join d on d.starts_on = c.business_date),
     ${dueWhereCounted('day')}`,
    [...spanValues(days), after, to],
  )
}

/** `touched`: nodes and since when; the days from then on that were computed, and what is above. */
const dueSince = `known as (select min(starts_on) as first, max(starts_on) as last from loss_day),
     risen as (
       select node_id, since, till from touched
       union
       select l.parent_id, r.since, r.till from risen r join grid_link l using (node_id)
       where (l.valid_to is null or l.valid_to > r.since) and l.valid_from <= r.till)
     insert into loss_due (period, starts_on, node_id)
     select distinct 'day', s.day::date, t.node_id
     -- Where nothing was computed yet nothing is to be computed again.
     from risen t join known k on k.first is not null
     cross join lateral generate_series(
       greatest(k.first, case when t.since = '-infinity' then k.first
         else (t.since at time zone $1)::date end)::timestamp,
       least(k.last, case when t.till = 'infinity' then k.last
         else (t.till at time zone $1)::date end)::timestamp,
       interval '1 day') as s (day)
     on conflict do nothing`

/** Where the grid changed, the days from then on that were computed; and what hangs above. */
export async function dueByGrid(db: Db, zone: string, after: bigint, to: bigint): Promise<void> {
  await db.query(
    `with recursive touched as (
       select node_id, min(changed_from) as since, 'infinity'::timestamptz as till from grid_change
       where seq > $2::bigint and seq <= $3::bigint group by node_id),
     ${dueSince}`,
    [zone, after, to],
  )
}

/** The same where what else a loss rests on changed: places of a point, swaps, transformers. */
export async function dueByArchive(db: Db, zone: string): Promise<void> {
  await db.query(
    `with recursive taken as (delete from loss_touched returning *),
     touched as (
       select x.node_id, min(t.from_at) as since, max(coalesce(t.to_at, 'infinity')) as till
       from taken t left join usage_point_place p on p.usage_point_id = t.usage_point_id
         and (p.valid_to is null or p.valid_to >= t.from_at)
         and p.valid_from <= coalesce(t.to_at, 'infinity')
       cross join lateral (select coalesce(t.node_id, p.node_id) as node_id) x
       where x.node_id is not null
       -- A swap is of a day, a transformer of all days since: neither widens the other.
       group by x.node_id, t.to_at),
     ${dueSince}`,
    [zone],
  )
}

export async function listedThrough(db: Db): Promise<BusinessDate | undefined> {
  const rows = await db.query<{ date: BusinessDate }>(
    'select listed_through as date from loss_progress',
  )
  return rows[0]?.date
}

/** Every node of a day, whether anything of it was read or not. */
export async function dueByDay(db: Db, days: readonly BusinessDate[]): Promise<void> {
  if (days.length === 0) return
  await db.query(
    `insert into loss_due (period, starts_on, node_id)
     select 'day', u.date, n.id from unnest($1::date[]) as u (date) cross join grid_node n
     on conflict do nothing`,
    [days],
  )
  await db.query(
    `insert into loss_progress (listed_through) select max(date) from unnest($1::date[]) as u (date)
     on conflict (only_row) do update
       set listed_through = greatest(loss_progress.listed_through, excluded.listed_through)`,
    [days],
  )
}

/** Months that are over, of the days that are due. */
export async function dueMonths(db: Db, thisMonth: BusinessDate): Promise<void> {
  await db.query(
    `insert into loss_due (period, starts_on, node_id)
     select distinct 'month', date_trunc('month', starts_on)::date, node_id from loss_due
     where period = 'day' and starts_on < $1::date
     on conflict do nothing`,
    [thisMonth],
  )
}

/**
 * Takes some that are due, of the newest period of one kind: what is computed together is of one
 * day or month, however far back a change reaches.
 */
export async function takeDue(
  db: Db,
  period: LossPeriod,
  before: BusinessDate,
  limit: number,
): Promise<NodePeriod[]> {
  return await db.query<{ nodeId: number; startsOn: BusinessDate }>(
    `with taken as (
       select period, starts_on, node_id from loss_due
       where period = $1 and starts_on = (
         select max(starts_on) from loss_due where period = $1 and starts_on < $2::date)
       order by node_id limit $3 for update skip locked)
     delete from loss_due d using taken t
     where (d.period, d.starts_on, d.node_id) = (t.period, t.starts_on, t.node_id)
     returning d.node_id as "nodeId", d.starts_on as "startsOn"`,
    [period, before, limit],
  )
}

/** Months whose energy was written, as far as they are over. */
export async function dueByMonthEnergy(db: Db, zone: string): Promise<void> {
  await db.query(
    `with recursive taken as (delete from loss_month_energy returning *),
     counted as (
       select distinct usage_point_id, business_month as starts_on,
         business_month::timestamp at time zone $1 as starts_at,
         (business_month + interval '1 month') at time zone $1 as ends_at
       from taken),
     ${dueWhereCounted('month')}`,
    [zone],
  )
}

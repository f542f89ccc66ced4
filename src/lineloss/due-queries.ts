import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { LossPeriod } from './parts.ts'
import type { NodePeriod, Span } from './spans.ts'

/** What is followed, with the name that its position is kept under. */
export type Followed = 'usage_change' | 'grid_change'
export const positions: Readonly<Record<Followed, string>> = {
  usage_change: 'line-loss',
  grid_change: 'line-loss-grid',
}

/**
 * The last change that is known of with everything before it. A writer that is still at it may
 * commit a lower number later, so it is waited for.
 */
export async function settledChange(db: Db, followed: Followed): Promise<bigint> {
  await db.query(`lock table ${followed} in share mode`)
  const rows = await db.query<{ seq: bigint }>(
    `select coalesce(max(seq), 0)::bigint as seq from ${followed}`,
  )
  return rows[0]?.seq ?? 0n
}

/** Compiling the wide statements of a computation (JIT) takes longer than running them. */
export async function withoutCompiling(tx: Db): Promise<void> {
  await tx.query('set local jit = off')
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

/** Every node where a changed usage point counted that day, or that its node hung on. */
export async function dueByChanges(
  db: Db,
  days: readonly Span[],
  after: bigint,
  to: bigint,
): Promise<void> {
  await db.query(
    `with ${spanCte},
     changed as (select distinct usage_point_id, business_date from usage_change
       where seq > $4::bigint and seq <= $5::bigint),
     hit as materialized (
       select distinct d.*, p.node_id, p.role = 'supply' as is_head
       from changed c join d on d.starts_on = c.business_date
       join usage_point_place p on p.usage_point_id = c.usage_point_id
         and p.valid_from < d.ends_at and (p.valid_to is null or p.valid_to > d.starts_at))
     insert into loss_due (period, starts_on, node_id)
     select 'day', starts_on, node_id from hit
     union
     select 'day', h.starts_on, l.parent_id from hit h join grid_link l on l.node_id = h.node_id
       and l.valid_from < h.ends_at and (l.valid_to is null or l.valid_to > h.starts_at)
     where h.is_head
     on conflict do nothing`,
    [...spanValues(days), after, to],
  )
}

/** Where the grid changed, the days from then on that were computed; and what hangs above. */
export async function dueByGrid(db: Db, zone: string, after: bigint, to: bigint): Promise<void> {
  await db.query(
    `with changed as (
       select node_id, min(changed_from) as since from grid_change
       where seq > $2::bigint and seq <= $3::bigint group by node_id),
     known as (select min(starts_on) as first, max(starts_on) as last from loss_day),
     touched as (
       select node_id, since from changed
       union
       select l.parent_id, c.since from changed c join grid_link l using (node_id)
       where l.valid_to is null or l.valid_to > c.since)
     insert into loss_due (period, starts_on, node_id)
     select distinct 'day', s.day::date, t.node_id
     from touched t cross join known k
     cross join lateral generate_series(
       greatest(k.first, (t.since at time zone $1)::date)::timestamp, k.last::timestamp,
       interval '1 day') as s (day)
     on conflict do nothing`,
    [zone, after, to],
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

/** Takes some that are due, the newest period first, of one kind. */
export async function takeDue(
  db: Db,
  period: LossPeriod,
  before: BusinessDate,
  limit: number,
): Promise<NodePeriod[]> {
  return await db.query<{ nodeId: number; startsOn: BusinessDate }>(
    `with taken as (
       select period, starts_on, node_id from loss_due
       where period = $1 and starts_on < $2::date
       order by starts_on desc, node_id limit $3 for update skip locked)
     delete from loss_due d using taken t
     where (d.period, d.starts_on, d.node_id) = (t.period, t.starts_on, t.node_id)
     returning d.node_id as "nodeId", d.starts_on as "startsOn"`,
    [period, before, limit],
  )
}

/** Months of the last while whose energy was written after their loss was computed. */
export async function dueByMonthEnergy(
  db: Db,
  from: BusinessDate,
  before: BusinessDate,
  since: Instant,
): Promise<void> {
  await db.query(
    `insert into loss_due (period, starts_on, node_id)
     select distinct 'month', u.business_month, x.node_id
     from usage_month u
     join usage_point_place p on p.usage_point_id = u.usage_point_id
       and p.valid_from < u.business_month + interval '32 days'
       and (p.valid_to is null or p.valid_to > u.business_month - interval '1 day')
     cross join lateral (
       select p.node_id
       union all
       select l.parent_id from grid_link l where p.role = 'supply' and l.node_id = p.node_id) x
     where u.business_month >= $1::date and u.business_month < $2::date
       and u.computed_at > $3::timestamptz
       and not exists (select from loss_month e
         where e.scope in ('area', 'feeder', 'bus', 'node') and e.scope_id = x.node_id
           and e.starts_on = u.business_month and e.computed_at >= u.computed_at)
     on conflict do nothing`,
    [from, before, timestamptz(since)],
  )
}

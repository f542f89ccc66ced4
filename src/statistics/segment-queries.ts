import type { Db } from '#src/db'

/**
 * Takes the oldest changes of the archive off their list, and puts the usage points they are of
 * into `statistics_changed`, which lives as long as the transaction.
 */
export async function takeArchiveChanges(tx: Db, limit: number): Promise<number> {
  const waiting = await tx.query('select from statistics_archive_change limit 1')
  if (waiting.length === 0) return 0
  await tx.query(
    `create temporary table statistics_changed on commit drop as
     with chosen as (
       select distinct usage_point_id from (
         select usage_point_id from statistics_archive_change order by seq limit $1::int) oldest),
     taken as (
       delete from statistics_archive_change a using chosen c
       where a.usage_point_id = c.usage_point_id)
     select usage_point_id from chosen`,
    [limit],
  )
  await tx.query('analyze statistics_changed')
  const [row] = await tx.query<{ count: bigint }>(
    'select count(*) as count from statistics_changed',
  )
  return Number(row?.count ?? 0n)
}

/** Of rows `r` that were over before their last day `c.day` was, the last one goes first. */
const endedLast = 'case when r.over <= c.day then r.valid_to end desc'

/**
 * The cells in which the changed points lie, day by day, into `statistics_found`. A row of the
 * archive counts from the day it began; on the last day of one that has a successor the successor
 * counts, else the row itself does.
 */
export async function findSegments(tx: Db, zone: string): Promise<void> {
  await tx.query(
    `create temporary table statistics_row on commit drop as
     select x.kind, x.usage_point_id, x.ref, x.detail,
       (x.valid_from at time zone $1)::date as starts,
       coalesce((x.valid_to at time zone $1)::date, 'infinity'::date) as over,
       coalesce(((x.valid_to at time zone $1) - interval '1 microsecond')::date + 1,
         'infinity'::date) as ends, x.valid_to
     from (
       select 'place' as kind, p.usage_point_id, p.node_id as ref, p.role as detail,
         p.valid_from, p.valid_to
       from statistics_changed join usage_point_place p using (usage_point_id)
       union all
       select 'account', a.usage_point_id, a.account_id, null, a.valid_from, a.valid_to
       from statistics_changed join account_usage_point a using (usage_point_id)
       union all
       select 'contract', a.usage_point_id, k.id, null, k.valid_from, k.valid_to
       from statistics_changed join account_usage_point a using (usage_point_id)
       join contract k on k.account_id = a.account_id
       union all
       select 'meter', i.usage_point_id, i.meter_id, null, i.valid_from, i.valid_to
       from statistics_changed join installation i using (usage_point_id)) x`,
    [zone],
  )
  await tx.query('create index on statistics_row (usage_point_id, kind)')
  await tx.query('analyze statistics_row')
  await tx.query(
    `create temporary table statistics_found on commit drop as
     with cuts as (
       select usage_point_id, '-infinity'::date as day from statistics_changed
       union select usage_point_id, starts from statistics_row
       union select usage_point_id, over from statistics_row where over < 'infinity'
       union select usage_point_id, ends from statistics_row where ends < 'infinity'),
     seen as (
       select c.usage_point_id, c.day, place.ref as node_id,
         coalesce(place.detail, 'receive') as role, coalesce(k.tariff, '') as tariff,
         coalesce(k.trade, '') as trade, coalesce(customer.class, '') as customer_class,
         meter.ref is not null as is_metered
       from cuts c
       left join lateral (
         select r.ref, r.detail from statistics_row r join grid_node n on n.id = r.ref
         where r.usage_point_id = c.usage_point_id and r.kind = 'place'
           and r.starts <= c.day and r.ends > c.day
         order by r.over > c.day desc, ${endedLast}, r.detail = 'supply' desc,
           array_position(array['region', 'substation', 'bus', 'feeder', 'area'], n.kind) desc,
           r.starts desc, r.ref limit 1) place on true
       left join lateral (
         select r.ref from statistics_row r
         where r.usage_point_id = c.usage_point_id and r.kind = 'account'
           and r.starts <= c.day and r.ends > c.day
         order by r.over > c.day desc, ${endedLast}, r.starts desc limit 1) holder on true
       left join account on account.id = holder.ref
       left join customer on customer.id = account.customer_id
       left join lateral (
         select k.tariff, k.trade from statistics_row r
         join contract k on k.id = r.ref and k.account_id = holder.ref
         where r.usage_point_id = c.usage_point_id and r.kind = 'contract'
           and r.starts <= c.day and r.ends > c.day
         order by r.over > c.day desc, ${endedLast}, r.starts desc limit 1) k on true
       left join lateral (
         select r.ref from statistics_row r
         where r.usage_point_id = c.usage_point_id and r.kind = 'meter'
           and r.starts <= c.day and r.ends > c.day limit 1) meter on true),
     moved as (
       select s.*, lag(row(s.node_id, s.role, s.tariff, s.trade, s.customer_class, s.is_metered))
           over w is distinct from
           row(s.node_id, s.role, s.tariff, s.trade, s.customer_class, s.is_metered)
         as is_new
       from seen s window w as (partition by s.usage_point_id order by s.day))
     select usage_point_id, day as valid_from, lead(day, 1, 'infinity'::date) over w as valid_to,
       node_id, role, tariff, trade, customer_class, is_metered, 0 as cell_id
     from moved where is_new
     window w as (partition by usage_point_id order by day)`,
  )
}

/** Names the cells, makes those that are new, and puts the segments in place of the old. */
export async function replaceSegments(tx: Db): Promise<void> {
  await tx.query(
    `insert into statistics_cell (node_id, role, tariff, trade, customer_class)
     select distinct node_id, role, tariff, trade, customer_class from statistics_found
     on conflict do nothing`,
  )
  await tx.query(
    `update statistics_found f set cell_id = c.id from statistics_cell c
     where coalesce(c.node_id, 0) = coalesce(f.node_id, 0) and c.role = f.role
       and c.tariff = f.tariff and c.trade = f.trade and c.customer_class = f.customer_class`,
  )
  await tx.query('create index on statistics_found (usage_point_id)')
  await tx.query('analyze statistics_found')
  await tx.query(
    `create temporary table statistics_moved on commit drop as
     select f.usage_point_id, f.cell_id, s.cell_id as left_id,
       greatest(f.valid_from, s.valid_from) as valid_from, least(f.valid_to, s.valid_to) as valid_to
     from statistics_found f join statistics_segment s on s.usage_point_id = f.usage_point_id
       and s.valid_from < f.valid_to and f.valid_from < s.valid_to
     where s.cell_id <> f.cell_id
     union all
     select f.usage_point_id, f.cell_id, null, f.valid_from, f.valid_to
     from statistics_found f where not exists (
       select from statistics_segment s where s.usage_point_id = f.usage_point_id)`,
  )
  await tx.query('analyze statistics_moved')
  await tx.query(
    `delete from statistics_segment s using statistics_changed c
     where s.usage_point_id = c.usage_point_id`,
  )
  await tx.query(
    `insert into statistics_segment (usage_point_id, cell_id, valid_from, valid_to, is_metered)
     select usage_point_id, cell_id, valid_from, valid_to, is_metered from statistics_found`,
  )
  await tx.query(
    `create temporary table statistics_touched on commit drop as
     select cell_id from statistics_found
     union select left_id from statistics_moved where left_id is not null`,
  )
  await tx.query(
    'delete from statistics_edge where cell_id in (select cell_id from statistics_touched)',
  )
  await tx.query(
    `insert into statistics_edge (cell_id, day, step)
     select s.cell_id, s.day, sum(s.step) from (
       select cell_id, valid_from, 1 from statistics_segment where is_metered
       union all
       select cell_id, valid_to, -1 from statistics_segment
       where is_metered and valid_to < 'infinity') s (cell_id, day, step)
     join statistics_touched using (cell_id)
     group by s.cell_id, s.day having sum(s.step) <> 0`,
  )
}

/** Notes the days on which usage points went from one cell to another as due. */
export async function dueOfMoves(tx: Db): Promise<void> {
  await tx.query(
    `insert into statistics_due (cell_id, business_date)
     with known as (select min(business_date) as first, max(business_date) as last from usage_day),
     stretch as (
       select distinct x.cell_id, greatest(m.valid_from, k.first) as starts,
         least(m.valid_to - 1, k.last) as ends
       from known k, statistics_moved m, lateral (values (m.cell_id), (m.left_id)) x (cell_id)
       where x.cell_id is not null and k.first is not null)
     select distinct s.cell_id, d::date
     from stretch s, generate_series(s.starts::timestamp, s.ends, interval '1 day') d`,
  )
}

/**
 * Notes the cells and days of what changed since a position as due, and that the quality of supply on
 * them is to be judged; gives the new position.
 */
export async function dueOfChanges(
  tx: Db,
  after: bigint,
  to: bigint,
  limit: number,
): Promise<bigint> {
  if (to <= after) return after
  await tx.query(
    `create temporary table statistics_heard on commit drop as
     select seq, usage_point_id, business_date from usage_change
     where seq > $1::bigint and seq <= $3::bigint order by seq limit $2::int`,
    [after, limit, to],
  )
  await tx.query('analyze statistics_heard')
  await tx.query(
    `insert into statistics_due (cell_id, business_date)
     select distinct s.cell_id, h.business_date from statistics_heard h
     join statistics_segment s on s.usage_point_id = h.usage_point_id
       and s.valid_from <= h.business_date and s.valid_to > h.business_date`,
  )
  await tx.query(
    `insert into quality_due (usage_point_id, business_date)
     select distinct usage_point_id, business_date from statistics_heard`,
  )
  const [row] = await tx.query<{ seq: bigint | null }>(
    'select max(seq) as seq from statistics_heard',
  )
  return row?.seq ?? to
}

/**
 * Notes that load and quality are to be looked at where a meter said anything about a day that is
 * over, once energy has looked at it; how many days of meters.
 */
export async function dueOfSamples(tx: Db, zone: string, limit: number): Promise<number> {
  await tx.query(
    `create temporary table statistics_sampled on commit drop as
     with next as (
       select s.ctid from statistics_meter_day s where not exists (
         select from energy_dirty e
         where e.business_date = s.business_date and e.meter_id = s.meter_id)
       order by s.business_date limit $1::int),
     taken as (
       delete from statistics_meter_day where ctid = any(array(select ctid from next))
       returning business_date, meter_id)
     select distinct t.business_date, i.usage_point_id
     from taken t join installation i on i.meter_id = t.meter_id
       and i.valid_from < (t.business_date + 1)::timestamp at time zone $2
       and (i.valid_to is null or i.valid_to > t.business_date::timestamp at time zone $2)`,
    [limit, zone],
  )
  await tx.query(
    `insert into load_due (cell_id, business_date)
     select distinct g.cell_id, s.business_date from statistics_sampled s
     join statistics_segment g on g.usage_point_id = s.usage_point_id
       and g.valid_from <= s.business_date and g.valid_to > s.business_date`,
  )
  const rows = await tx.query(
    `insert into quality_due (usage_point_id, business_date)
     select usage_point_id, business_date from statistics_sampled returning 1`,
  )
  return rows.length
}

/** Days of which one transaction makes the sums. */
const DAYS_AT_ONCE = 10

/**
 * Makes the sums of the oldest days that are due from the energy of the usage points that lie in
 * their cells, and notes that their load is due too; null where nothing is.
 */
export async function addUp(tx: Db): Promise<number | null> {
  const [oldest] = await tx.query<{ date: string }>(
    'select business_date::text as date from statistics_due order by business_date limit 1',
  )
  if (oldest === undefined) return null
  await tx.query(
    `create temporary table statistics_now on commit drop as
     with taken as (
       delete from statistics_due where business_date >= $1::date
         and business_date < $1::date + ${DAYS_AT_ONCE}
       returning cell_id, business_date)
     select distinct cell_id, business_date from taken`,
    [oldest.date],
  )
  await tx.query('analyze statistics_now')
  await tx.query(
    'insert into load_due (cell_id, business_date) select cell_id, business_date from statistics_now',
  )
  await tx.query(
    `delete from statistics_energy e using statistics_now d
     where e.cell_id = d.cell_id and e.business_date = d.business_date
       and e.business_date >= $1::date and e.business_date < $1::date + ${DAYS_AT_ONCE}`,
    [oldest.date],
  )
  const rows = await tx.query<{ count: bigint }>(
    `with made as (
       insert into statistics_energy (energy, estimated, business_date, cell_id, points,
         estimated_points, incomplete_points, register)
       select sum(u.energy)::bigint, sum(u.estimated)::bigint, u.business_date, d.cell_id,
         count(*)::int, (count(*) filter (where u.estimated <> 0 or u.quality in (5, 6)))::int,
         (count(*) filter (where u.quality = 4))::int, u.register
       from statistics_now d
       join statistics_segment s on s.cell_id = d.cell_id
         and s.valid_from <= d.business_date and s.valid_to > d.business_date
       join usage_day u on u.usage_point_id = s.usage_point_id
         and u.business_date = d.business_date
       where u.business_date >= $1::date and u.business_date < $1::date + ${DAYS_AT_ONCE}
       group by d.cell_id, u.register, u.business_date
       returning 1)
     select count(*) as count from made`,
    [oldest.date],
  )
  return Number(rows[0]?.count ?? 0n)
}

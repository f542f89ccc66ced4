import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { gridKinds } from './types.ts'

/** The civil day, and within it the hours that tell of what always runs. */
export interface LoadDay {
  readonly date: BusinessDate
  readonly start: Instant
  readonly end: Instant
  readonly nightStart: Instant
  readonly nightEnd: Instant
}

/** The oldest day of which the load of cells is due; null where none is. */
export async function selectDueDate(db: Db): Promise<BusinessDate | null> {
  const [row] = await db.query<{ date: BusinessDate }>(
    `select business_date::text as date from load_due order by business_date limit 1`,
  )
  return row?.date ?? null
}

/** The same of sums. */
export async function selectDueSumDate(db: Db): Promise<BusinessDate | null> {
  const [row] = await db.query<{ date: BusinessDate }>(
    'select business_date::text as date from load_sum_due order by seq limit 1',
  )
  return row?.date ?? null
}

/** Cells of the day that are due leave the list; gives their usage points and notes their cells. */
export async function takeDueCells(tx: Db, date: BusinessDate, limit: number): Promise<number[]> {
  await tx.query(
    `create temporary table load_cell on commit drop as
     with chosen as (
       select distinct cell_id from load_due where business_date = $1::date
       order by cell_id limit $2::int),
     gone as (
       delete from load_due d using chosen c
       where d.cell_id = c.cell_id and d.business_date = $1::date)
     select cell_id from chosen`,
    [date, limit],
  )
  await tx.query('insert into load_sum_due (business_date) values ($1::date)', [date])
  const rows = await tx.query<{ id: number }>(
    `select s.usage_point_id as id from load_cell c
     join statistics_segment s on s.cell_id = c.cell_id
       and s.valid_from <= $1::date and s.valid_to > $1::date`,
    [date],
  )
  return rows.map(({ id }) => id)
}

/** Of a quarter in which a meter was changed, where one of the two is not known. */
const INCOMPLETE = 4

/** The load of these usage points, and of the noted cells, on a day. */
export async function computeLoad(tx: Db, points: readonly number[], day: LoadDay): Promise<void> {
  const bounds = [timestamptz(day.start), timestamptz(day.end)]
  await tx.query(
    `create temporary table load_quarter on commit drop as
     select usage_point_id, ends_at, energy from usage_interval($1::int[], '1.8.0',
       $2::timestamptz, $3::timestamptz)
     where quality <> ${INCOMPLETE}`,
    [points, ...bounds],
  )
  await tx.query('analyze load_quarter')
  await tx.query(
    `delete from load_day where business_date = $2::date and usage_point_id = any($1::int[])`,
    [points, day.date],
  )
  await tx.query(
    `insert into load_day (peak, peak_at, least, energy, night, usage_point_id, business_date,
       quarters, night_quarters)
     select max(energy), (array_agg(ends_at order by energy desc, ends_at))[1], min(energy),
       sum(energy)::bigint,
       coalesce(sum(energy) filter (where ends_at > $2 and ends_at <= $3), 0)::bigint,
       usage_point_id, $1::date, count(*)::smallint,
       (count(*) filter (where ends_at > $2 and ends_at <= $3))::smallint
     from load_quarter group by usage_point_id`,
    [day.date, timestamptz(day.nightStart), timestamptz(day.nightEnd)],
  )
  await tx.query(
    `delete from load_cell_day d using load_cell c
     where d.cell_id = c.cell_id and d.business_date = $1::date`,
    [day.date],
  )
  await tx.query(
    `insert into load_cell_day (peaks, business_date, cell_id, energy, points)
     with member as (
       select s.usage_point_id, s.cell_id from load_cell c
       join statistics_segment s on s.cell_id = c.cell_id
         and s.valid_from <= $1::date and s.valid_to > $1::date),
     added as (
       select m.cell_id, q.ends_at, sum(q.energy)::bigint as energy, count(*)::int as points
       from load_quarter q join member m using (usage_point_id) group by m.cell_id, q.ends_at),
     peak as (
       select m.cell_id, sum(l.peak)::bigint as peaks from member m
       join load_day l on l.usage_point_id = m.usage_point_id and l.business_date = $1::date
       group by m.cell_id)
     select p.peaks, $1::date, p.cell_id,
       array_agg(coalesce(a.energy, 0) order by t.ends_at),
       array_agg(coalesce(a.points, 0) order by t.ends_at)
     from peak p
     cross join generate_series($2::timestamptz + interval '15 minutes', $3::timestamptz,
       interval '15 minutes') t (ends_at)
     left join added a on a.cell_id = p.cell_id and a.ends_at = t.ends_at
     group by p.cell_id, p.peaks`,
    [day.date, ...bounds],
  )
}

/** The load of every sum on a day, from the curves of cells. */
export async function computeSums(tx: Db, zone: string, day: LoadDay): Promise<void> {
  await tx.query('delete from load_sum_due where business_date = $1::date', [day.date])
  await tx.query('delete from load_sum_day where business_date = $1::date', [day.date])
  await tx.query(
    `insert into load_sum_day (peak, peak_at, least, least_at, energy, peaks, business_date, points,
       quarters, thin_quarters, kind, key)
     with cell as materialized (
       select d.cell_id, d.energy, d.points, d.peaks, c.node_id, c.tariff, c.trade, c.customer_class
       from load_cell_day d join statistics_cell c on c.id = d.cell_id
       where d.business_date = $1::date and c.role in ('receive', 'auxiliary')),
     above as materialized (
       select node_id, ancestor_id, kind from statistics_above($2)
       where valid_from <= $1::date and valid_to > $1::date),
     part as materialized (
       select x.kind, x.key, c.energy, c.points, c.peaks from cell c,
       lateral (values ('none', 'all'), ('trade', c.trade), ('tariff', c.tariff),
         ('class', c.customer_class)) x (kind, key)
       union all
       select a.kind, a.ancestor_id::text, c.energy, c.points, c.peaks
       from cell c join above a on a.node_id = c.node_id
       union all
       select k.kind, '', c.energy, c.points, c.peaks
       from cell c cross join unnest($4::text[]) k (kind)
       where not exists (select from above a where a.node_id = c.node_id and a.kind = k.kind)),
     quarter as (
       select p.kind, p.key, q.index, sum(q.energy)::bigint as energy, sum(q.points)::int as points
       from part p, unnest(p.energy, p.points) with ordinality q (energy, points, index)
       group by p.kind, p.key, q.index having sum(q.points) > 0),
     full_points as (
       select *, max(points) over (partition by kind, key) as most from quarter),
     told as (
       select kind, key, max(most) as most, sum(energy)::bigint as energy, max(energy) as peak,
         (array_agg(index order by energy desc, index))[1] as peak_index,
         (array_agg(energy order by points < most, energy, index))[1] as least,
         (array_agg(index order by points < most, energy, index))[1] as least_index,
         count(*) as quarters, count(*) filter (where points < most) as thin
       from full_points group by kind, key)
     select t.peak, $3::timestamptz + t.peak_index * interval '15 minutes', t.least,
       $3::timestamptz + t.least_index * interval '15 minutes', t.energy, p.peaks, $1::date, t.most,
       t.quarters, t.thin, t.kind, t.key
     from told t join (
       select kind, key, sum(peaks)::bigint as peaks from part group by kind, key) p
       on p.kind = t.kind and p.key = t.key`,
    [day.date, zone, timestamptz(day.start), gridKinds],
  )
}

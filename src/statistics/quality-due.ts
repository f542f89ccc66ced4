import type { BusinessDate } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { LoadDay } from './load-queries.ts'

/** The oldest day of which the quality of usage points is due; null where none is. */
export async function selectDueQualityDate(db: Db): Promise<BusinessDate | null> {
  const [row] = await db.query<{ date: BusinessDate }>(
    'select business_date::text as date from quality_due order by business_date limit 1',
  )
  return row?.date ?? null
}

/** Usage points of the day that are due leave the list. */
export async function takeDueQuality(
  tx: Db,
  date: BusinessDate,
  limit: number,
): Promise<readonly number[]> {
  const rows = await tx.query<{ id: number }>(
    `with chosen as (
       select distinct usage_point_id from quality_due where business_date = $1::date
       order by usage_point_id limit $2::int),
     gone as (
       delete from quality_due d using chosen c
       where d.usage_point_id = c.usage_point_id and d.business_date = $1::date)
     select usage_point_id as id from chosen`,
    [date, limit],
  )
  return rows.map(({ id }) => id)
}

/** Voltage below this part of Un on a phase is none. */
const ABSENT = 0.1
/** A load that is smaller tells nothing of how it is spread over the phases, in parts of Ib. */
const LOADED = 0.05

/** Judges voltage and current of these usage points on a day. */
export async function computeQuality(
  tx: Db,
  points: readonly number[],
  day: LoadDay,
): Promise<void> {
  const bounds = [points, timestamptz(day.start), timestamptz(day.end)]
  await tx.query(
    `create temporary table quality_sample on commit drop as
     with own as (
       select i.usage_point_id, c.measured_at, c.voltage_a, c.voltage_b, c.voltage_c, c.current_a,
         c.current_b, c.current_c, m.nominal_voltage, m.basic_current,
         case when coalesce(m.wiring, case when c.voltage_b is null and c.voltage_c is null
           then '1p2w' end) = '1p2w' then 'single-phase' else 'three-phase' end as supply_class
       from installation i join meter m on m.id = i.meter_id
       join reading_curve c on c.meter_id = i.meter_id and c.measured_at >= $2::timestamptz
         and c.measured_at < $3::timestamptz and c.measured_at >= i.valid_from
         and (i.valid_to is null or c.measured_at < i.valid_to)
       where i.usage_point_id = any($1::int[])
         and num_nonnulls(c.voltage_a, c.voltage_b, c.voltage_c) > 0 and c.quality < 3),
     -- Where no plate was entered: what meters are made for that is nearest.
     usual as (
       select usage_point_id, (
         select n from unnest(array[57.7, 100, 220]) n
         order by abs(n - percentile_cont(0.5) within group (
           order by greatest(voltage_a, voltage_b, voltage_c)) / 1000.0) limit 1) as nominal
       from own group by usage_point_id)
     select o.usage_point_id, o.measured_at as at, o.supply_class, o.basic_current,
       extract(epoch from least(
         lead(o.measured_at, 1, $3::timestamptz) over w - o.measured_at,
         interval '1 hour'))::int as seconds,
       o.voltage_a / 1000.0 / un as a, o.voltage_b / 1000.0 / un as b,
       o.voltage_c / 1000.0 / un as c,
       o.current_a / 1000.0 as ia, o.current_b / 1000.0 as ib, o.current_c / 1000.0 as ic
     from own o join usual u using (usage_point_id),
       lateral (select coalesce(o.nominal_voltage, u.nominal::numeric) as un) n
     window w as (partition by o.usage_point_id order by o.measured_at)`,
    bounds,
  )
  await tx.query(
    'delete from quality_day where business_date = $2::date and usage_point_id = any($1::int[])',
    [points, day.date],
  )
  await tx.query(
    `insert into quality_day (usage_point_id, business_date, supply_class, samples, examined, below,
       above, least_voltage, most_voltage, balanced_seconds, voltage_imbalance,
       voltage_imbalance_seconds, current_seconds, current_imbalance, current_imbalance_seconds)
     with lim as (
       select distinct on (supply_class) * from quality_limit where valid_from <= $1::date
       order by supply_class, valid_from desc),
     spread as (
       select s.*,
         case when num_nonnulls(a, b, c) = 3 and least(a, b, c) >= ${ABSENT} then
           greatest(abs(a - m), abs(b - m), abs(c - m)) / m end as voltage_imbalance,
         case when num_nonnulls(ia, ib, ic) = 3
             and im > coalesce(basic_current * ${LOADED}, 0) then
           greatest(abs(ia - im), abs(ib - im), abs(ic - im)) / im end as current_imbalance
       from (select *, (a + b + c) / 3 as m, (abs(ia) + abs(ib) + abs(ic)) / 3 as im
         from quality_sample) s),
     phase as (
       select s.usage_point_id,
         coalesce(sum(s.seconds) filter (where v between l.examined_low and l.examined_high), 0)
           as examined,
         coalesce(sum(s.seconds) filter (where v >= l.examined_low and v < l.low), 0) as below,
         coalesce(sum(s.seconds) filter (where v <= l.examined_high and v > l.high), 0) as above,
         min(v) filter (where v between l.examined_low and l.examined_high) as least,
         max(v) filter (where v between l.examined_low and l.examined_high) as most
       from quality_sample s join lim l using (supply_class),
         lateral (values (a), (b), (c)) x (v)
       where v is not null group by s.usage_point_id)
     select s.usage_point_id, $1::date, max(s.supply_class), count(*), max(p.examined),
       max(p.below), max(p.above), round(max(p.least) * 10000)::int,
       round(max(p.most) * 10000)::int,
       coalesce(sum(s.seconds) filter (where s.voltage_imbalance is not null), 0),
       round(max(s.voltage_imbalance) * 10000)::int,
       coalesce(sum(s.seconds) filter (where s.voltage_imbalance > l.imbalance), 0),
       coalesce(sum(s.seconds) filter (where s.current_imbalance is not null), 0),
       round(max(s.current_imbalance) * 10000)::int,
       coalesce(sum(s.seconds) filter (where s.current_imbalance > l.imbalance), 0)
     from spread s join lim l using (supply_class) join phase p using (usage_point_id)
     group by s.usage_point_id`,
    [day.date],
  )
  await noteAbsences(tx, points, day)
}

/** Stretches without voltage, and whether the neighbours of the same node had any meanwhile. */
async function noteAbsences(tx: Db, points: readonly number[], day: LoadDay): Promise<void> {
  await tx.query(
    `delete from quality_absence where business_date = $2::date
       and usage_point_id = any($1::int[])`,
    [points, day.date],
  )
  await tx.query(
    `insert into quality_absence (usage_point_id, business_date, began_at, ended_at, scope)
     with told as (
       select usage_point_id, at, seconds,
         coalesce(greatest(a, b, c), 0) < ${ABSENT} as is_absent,
         row_number() over (partition by usage_point_id order by at)
           - row_number() over (partition by usage_point_id,
             coalesce(greatest(a, b, c), 0) < ${ABSENT} order by at) as island
       from quality_sample),
     stretch as (
       select usage_point_id, min(at) as began_at,
         max(at + seconds * interval '1 second') as ended_at
       from told where is_absent group by usage_point_id, island),
     near as (
       select s.usage_point_id, s.began_at, s.ended_at,
         bool_or(greatest(r.voltage_a, r.voltage_b, r.voltage_c)
           >= 700 * coalesce(m.nominal_voltage, 57.7)) as had,
         count(r.measured_at) > 0 as told
       from stretch s
       join statistics_segment o on o.usage_point_id = s.usage_point_id
         and o.valid_from <= $1::date and o.valid_to > $1::date
       join statistics_cell oc on oc.id = o.cell_id and oc.node_id is not null
       join lateral (
         select i.meter_id from statistics_cell c
         join statistics_segment n on n.cell_id = c.id
           and n.valid_from <= $1::date and n.valid_to > $1::date
         join installation i on i.usage_point_id = n.usage_point_id
           and i.valid_from <= s.began_at and (i.valid_to is null or i.valid_to > s.began_at)
         where c.node_id = oc.node_id and n.usage_point_id <> s.usage_point_id
         order by n.usage_point_id limit ${NEIGHBOURS_MAX}) n on true
       join meter m on m.id = n.meter_id
       left join reading_curve r on r.meter_id = n.meter_id
         and r.measured_at >= s.began_at and r.measured_at < s.ended_at
         and num_nonnulls(r.voltage_a, r.voltage_b, r.voltage_c) > 0
       group by s.usage_point_id, s.began_at, s.ended_at)
     select s.usage_point_id, $1::date, s.began_at, s.ended_at,
       case when n.had then 'point' when n.told then 'area' else 'unknown' end
     from stretch s left join near n using (usage_point_id, began_at)
     where s.ended_at > s.began_at`,
    [day.date],
  )
}

/** Neighbours that are looked at. */
const NEIGHBOURS_MAX = 20

import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { aboveWithGaps } from './above.ts'
import { lengths, starts } from './periods.ts'
import type { QualityQuery } from './types.ts'

export interface QualityRow {
  readonly key: string
  readonly name: string
  readonly starts: BusinessDate
  readonly ends: BusinessDate
  readonly examined: bigint
  readonly below: bigint
  readonly above: bigint
  readonly rate: string | null
  readonly least: string | null
  readonly most: string | null
  readonly voltage_imbalance: string | null
  readonly voltage_imbalance_share: string | null
  readonly current_imbalance: string | null
  readonly current_imbalance_share: string | null
  readonly power_factor: string | null
  readonly customers: string
  readonly by_event: bigint
  readonly by_curve: bigint
  readonly still_open: bigint
  readonly minutes: string
  readonly saifi: string | null
  readonly saidi: string | null
}

/** Registers of reactive energy: the combined ones where they are known, else the quadrants. */
const registers = `'1.8.0', '2.8.0', '3.8.0', '4.8.0', '5.8.0', '6.8.0', '7.8.0', '8.8.0'`

/** Voltage, imbalance, power factor and outages, of usage points or of what they hang on. */
export async function selectQuality(
  db: Db,
  zone: string,
  query: QualityQuery,
  moments: { readonly start: Instant; readonly end: Instant },
  page: { readonly offset: number; readonly limit: number },
): Promise<readonly QualityRow[]> {
  const start = (day: string) => starts[query.period](day, '$1')
  const isPaged = query.by === 'point' && query.below === null && isOnePeriod(query)
  return await db.query<QualityRow>(
    `with
     ${memberOf(query.by, isPaged)},
     calendar as (
       select s::date as starts, least((s + interval '${lengths[query.period]}')::date,
         $2::date + 1) as ends
       from generate_series(${start('$1::date')}::timestamp, $2::date,
         '${lengths[query.period]}') s),
     customer as (
       select m.key, max(m.name) as name, c.starts,
         sum(least(m.valid_to, c.ends) - greatest(m.valid_from, c.starts, $1::date))::numeric
           as point_days,
         max(c.ends - greatest(c.starts, $1::date)) as days
       from member m join calendar c on m.valid_from < c.ends
         and m.valid_to > greatest(c.starts, $1::date)
       group by m.key, c.starts),
     voltage as (
       select m.key, ${start('q.business_date')} as starts, sum(q.examined) as examined,
         sum(q.below) as below, sum(q.above) as above, min(q.least_voltage) as least,
         max(q.most_voltage) as most, sum(q.balanced_seconds) as balanced,
         max(q.voltage_imbalance) as vi, sum(q.voltage_imbalance_seconds) as vi_seconds,
         sum(q.current_seconds) as loaded, max(q.current_imbalance) as ci,
         sum(q.current_imbalance_seconds) as ci_seconds
       from quality_day q join member m on m.usage_point_id = q.usage_point_id
         and q.business_date >= m.valid_from and q.business_date < m.valid_to
       where q.business_date >= $1::date and q.business_date <= $2::date
       group by m.key, 2),
     power as (
       select u.key, ${start('u.business_date')} as starts,
         sum(u.energy) filter (where u.register in ('1.8.0', '2.8.0')) as active,
         coalesce(sum(u.energy) filter (where u.register in ('3.8.0', '4.8.0')),
           sum(u.energy) filter (where u.register in ('5.8.0', '6.8.0', '7.8.0', '8.8.0')))
           as reactive
       from (${energies(query)}) u
       where u.register in (${registers})
         and u.business_date >= $1::date and u.business_date <= $2::date
       group by u.key, 2),
     ${outages},
     outage as (
       select m.key, ${start('o.date')} as starts,
         count(*) filter (where o.source = 'event') as by_event,
         count(*) filter (where o.source = 'curve') as by_curve,
         count(*) filter (where o.ended_at is null) as still_open,
         sum(extract(epoch from o.ended_at - o.began_at) / 60) as minutes
       from lasting o join member m on m.usage_point_id = o.usage_point_id
         and o.date >= m.valid_from and o.date < m.valid_to
       group by m.key, 2)
     select c.key, c.name, greatest(c.starts, $1::date)::text as starts,
       least((c.starts + interval '${lengths[query.period]}')::date - 1, $2::date)::text as ends,
       coalesce(v.examined, 0)::bigint as examined, coalesce(v.below, 0)::bigint as below,
       coalesce(v.above, 0)::bigint as above,
       round((v.examined - v.below - v.above)::numeric / nullif(v.examined, 0), 4)::text as rate,
       round(v.least / 10000.0, 4)::text as least, round(v.most / 10000.0, 4)::text as most,
       round(v.vi / 10000.0, 4)::text as voltage_imbalance,
       round(v.vi_seconds::numeric / nullif(v.balanced, 0), 4)::text as voltage_imbalance_share,
       round(v.ci / 10000.0, 4)::text as current_imbalance,
       round(v.ci_seconds::numeric / nullif(v.loaded, 0), 4)::text as current_imbalance_share,
       round(p.active / nullif(sqrt(p.active * p.active + p.reactive * p.reactive), 0), 4)::text
         as power_factor,
       round(c.point_days / c.days, 2)::text as customers, coalesce(o.by_event, 0) as by_event,
       coalesce(o.by_curve, 0) as by_curve, coalesce(o.still_open, 0) as still_open,
       round(coalesce(o.minutes, 0), 2)::text as minutes,
       round((coalesce(o.by_event, 0) + coalesce(o.by_curve, 0)) * c.days
         / nullif(c.point_days, 0), 4)::text as saifi,
       round(coalesce(o.minutes, 0) * c.days / nullif(c.point_days, 0), 2)::text as saidi
     from customer c
     left join voltage v on v.key = c.key and v.starts = c.starts
     left join power p on p.key = c.key and p.starts = c.starts
     left join outage o on o.key = c.key and o.starts = c.starts
     where $10::numeric is null
       or (v.examined - v.below - v.above)::numeric / nullif(v.examined, 0) < $10::numeric
     order by 3, 1 ${isPaged ? '' : 'offset $8::int'} limit $9::int`,
    [
      query.from,
      query.to,
      query.node,
      query.point,
      zone,
      query.sustainedMinutes,
      [timestamptz(moments.start), timestamptz(moments.end)],
      page.offset,
      page.limit,
      query.below,
    ],
  )
}

/** Energy by row, register and day: of single usage points, or as it is kept by cell. */
function energies({ by, point }: QualityQuery): string {
  if (by === 'point' || point !== null) {
    return `select m.key, e.register, e.business_date, e.energy
      from usage_day e join member m on m.usage_point_id = e.usage_point_id
        and e.business_date >= m.valid_from and e.business_date < m.valid_to`
  }
  const [key, above] =
    by === 'none'
      ? [`'all'`, '']
      : [
          `coalesce(n.code, '')`,
          `left join above a on a.node_id = c.node_id and a.valid_from <= e.business_date
             and a.valid_to > e.business_date
           left join grid_node n on n.id = a.ancestor_id`,
        ]
  return `select ${key} as key, e.register, e.business_date, e.energy
    from statistics_energy e
    join statistics_cell c on c.id = e.cell_id and c.role in ('receive', 'auxiliary') ${above}
    where $3::int is null or exists (
      select from inside i where i.node_id = c.node_id and i.valid_from <= e.business_date
        and i.valid_to > e.business_date)`
}

/** Rows are then usage points, so that a page of them is all that has to be looked at. */
function isOnePeriod({ period, from, to }: QualityQuery): boolean {
  switch (period) {
    case 'whole':
      return true
    case 'day':
      return from === to
    case 'month':
      return from.slice(0, 7) === to.slice(0, 7)
    case 'year':
      return from.slice(0, 4) === to.slice(0, 4)
    case 'week':
    case 'quarter':
      return false
  }
}

/** Who counts for which row, by civil days. */
function memberOf(by: QualityQuery['by'], isPaged: boolean): string {
  const segments = `statistics_segment s join statistics_cell c on c.id = s.cell_id
       and c.role in ('receive', 'auxiliary') and s.is_metered
     where s.valid_from <= $2::date and s.valid_to > $1::date
       and ($4::int is null or s.usage_point_id = $4::int)`
  const inside = `inside as materialized (
       select node_id, valid_from, valid_to from statistics_above($5)
       where ancestor_id = $3::int),
     chosen as (
       select s.usage_point_id, c.node_id,
         greatest(s.valid_from, coalesce(i.valid_from, '-infinity')) as valid_from,
         least(s.valid_to, coalesce(i.valid_to, 'infinity')) as valid_to
       from (select s.usage_point_id, s.cell_id, s.valid_from, s.valid_to from ${segments}) s
       join statistics_cell c on c.id = s.cell_id
       left join inside i on i.node_id = c.node_id and i.valid_from < s.valid_to
         and i.valid_to > s.valid_from
       where $3::int is null or i.node_id is not null)`
  if (by === 'none') {
    return `${inside}, member as materialized (
       select usage_point_id, 'all' as key, '' as name, valid_from, valid_to from chosen)`
  }
  if (by === 'point') {
    return `${inside}, member as materialized (
       select h.usage_point_id, u.code as key, u.name, h.valid_from, h.valid_to
       from chosen h join usage_point u on u.id = h.usage_point_id
       ${
         isPaged
           ? `where h.usage_point_id in (
                select p.id from usage_point p where p.id in (select usage_point_id from chosen)
                order by p.code offset $8::int limit $9::int)`
           : ''
       })`
  }
  return `${inside}, ${aboveWithGaps(`'${by}'`, '$5')},
     member as materialized (
       select h.usage_point_id, coalesce(n.code, '') as key, coalesce(n.name, '') as name,
         greatest(h.valid_from, coalesce(a.valid_from, '-infinity')) as valid_from,
         least(h.valid_to, coalesce(a.valid_to, 'infinity')) as valid_to
       from chosen h left join above a on a.node_id = h.node_id
         and a.valid_from < h.valid_to and a.valid_to > h.valid_from
       left join grid_node n on n.id = a.ancestor_id)`
}

/** An outage that began or ended outside of what is asked is known as a whole, unless it is longer. */
const DAYS_AROUND = 31

/**
 * Outages that lasted: as meters told them, and those that only show in curves. A failure ends when
 * its end is told, or when the meter says that power came back. Each is of the day on which it began,
 * whatever days are asked for; what lasted to midnight goes on in what begins within the hour.
 */
const outages = `
  told as (
    select i.usage_point_id, e.at as began_at,
      coalesce(e.cleared_at, (
        select min(b.at) from device_event b
        where b.code = 'power-up' and b.meter_id = e.meter_id and b.at > e.at)) as ended_at
    from device_event e join installation i on i.meter_id = e.meter_id
      and i.valid_from <= e.at and (i.valid_to is null or i.valid_to > e.at)
    where e.code = 'power-failure' and e.at >= ($7::timestamptz[])[1] - interval '${DAYS_AROUND} days'
      and e.at < ($7::timestamptz[])[2] + interval '${DAYS_AROUND} days'
      and i.usage_point_id in (select usage_point_id from member)),
  island as (
    select a.*, sum(is_new) over (partition by usage_point_id order by began_at) as island
    from (
      select a.*, case when began_at - lag(ended_at) over w <= case
          when (lag(ended_at) over w at time zone $5)::time = '00:00' then interval '1 hour'
          else interval '0' end then 0 else 1 end as is_new
      from quality_absence a
      where business_date >= $1::date - ${DAYS_AROUND} and business_date <= $2::date + ${DAYS_AROUND}
        and usage_point_id in (select usage_point_id from member)
      window w as (partition by usage_point_id order by began_at)) a),
  absent as (
    select usage_point_id, min(began_at) as began_at, max(ended_at) as ended_at
    from island group by usage_point_id, island),
  lasted as (
    select usage_point_id, began_at, ended_at, 'event' as source,
      (began_at at time zone $5)::date as date
    from told
    where ended_at is null or ended_at - began_at >= $6::numeric * interval '1 minute'
    union all
    select a.usage_point_id, a.began_at, a.ended_at, 'curve', (a.began_at at time zone $5)::date
    from absent a
    where a.ended_at - a.began_at >= $6::numeric * interval '1 minute'
      and not exists (
        select from told t where t.usage_point_id = a.usage_point_id
          and t.began_at < a.ended_at + interval '1 hour'
          and coalesce(t.ended_at, t.began_at) > a.began_at - interval '1 hour')),
  lasting as (select * from lasted where date >= $1::date and date <= $2::date)`

import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import { kpi } from './kpis.ts'
import type { Kpi } from './report-types.ts'

/**
 * From intervals, not from samples (月平均投运率): the time that every concentrator of the archive
 * could have been online, since it is there and up to now, against the time that it was.
 */
export async function onlineRates(
  db: Db,
  {
    opens,
    ends,
    now,
    by,
  }: { opens: Instant; ends: Instant; now: Instant; by: 'all' | 'concentrator' },
): Promise<ReadonlyMap<string, readonly Kpi[]>> {
  const until = Math.min(ends, now)
  if (until <= opens) return new Map()
  const rows = await db.query<{ key: string; online: number; possible: number }>(
    `with span as (
       select to_timestamp($1::float8 / 1000) as opens, to_timestamp($2::float8 / 1000) as until),
     online as (
       select o.concentrator_id, sum(extract(epoch from
         least(coalesce(o.valid_to, s.until), s.until) - greatest(o.valid_from, s.opens))) as seconds
       from online_interval o, span s
       where o.valid_from < s.until and (o.valid_to is null or o.valid_to > s.opens)
       group by o.concentrator_id)
     select case when $3::boolean then co.address else '' end as key,
       round(sum(coalesce(o.seconds, 0)))::float8 as online,
       round(sum(extract(epoch from s.until - greatest(s.opens, b.began))))::float8 as possible
     from concentrator co cross join span s
     -- Since it is in the archive, or called, whichever was first.
     cross join lateral (select least(co.in_service_since, (select min(f.valid_from)
         from online_interval f where f.concentrator_id = co.id
           and co.in_service_since > s.opens)) as began) b
     left join online o on o.concentrator_id = co.id
     where b.began is null or b.began < s.until
     group by 1`,
    [opens, until, by === 'concentrator'],
  )
  return new Map(
    rows.map(({ key, online, possible }) => [key, [kpi('onlineRate', online, possible)]]),
  )
}

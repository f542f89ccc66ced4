import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'

/** Keeps what was said of the day: every hit, and the rest only where something is raised. */
export async function keepSaid(tx: Db, date: BusinessDate, codes: readonly string[]) {
  await tx.query('analyze anomaly_said')
  await tx.query(
    `delete from anomaly_day d using anomaly_batch b
     where d.usage_point_id = b.usage_point_id and d.business_date = $1::date
       and d.code = any($2::text[])
       and not exists (select from anomaly_said s where s.usage_point_id = d.usage_point_id
         and s.code = d.code and s.is_hit)`,
    [date, codes],
  )
  await tx.query(
    `insert into anomaly_day (usage_point_id, business_date, code, version, is_hit, strength,
       energy, evidence)
     select distinct on (s.usage_point_id, s.code) s.usage_point_id, $1::date, s.code, s.version,
       coalesce(s.is_hit, false), s.strength, s.energy, s.evidence
     from anomaly_said s
     where s.is_hit or exists (select from anomaly a where a.usage_point_id = s.usage_point_id
       and a.code = s.code and a.state in ('open', 'confirmed'))
     order by s.usage_point_id, s.code, s.is_hit desc
     on conflict (usage_point_id, code, business_date) do update set version = excluded.version,
       is_hit = excluded.is_hit, strength = excluded.strength, energy = excluded.energy,
       evidence = excluded.evidence`,
    [date],
  )
}

/** A finding that just reaches the limit has the rule's score; more and longer is surer. */
const scoreOf = (strength: string, days: string) =>
  `round(r.base_score + (100 - r.base_score)
    * (1 - 1 / (${strength} * sqrt(greatest(1, ${days}::numeric / r.raise_days)))))::smallint`

/** What was said since a finding began. */
const since = (anomaly: string) => `cross join lateral (
  select count(*) filter (where d.is_hit)::int as hits, max(d.business_date) filter (where d.is_hit) as last_on,
    max(d.strength) filter (where d.is_hit) as strength,
    coalesce(sum(d.energy) filter (where d.is_hit), 0)::bigint as energy
  from anomaly_day d where d.usage_point_id = ${anomaly}.usage_point_id and d.code = ${anomaly}.code
    and d.business_date >= ${anomaly}.began_on) h`

/**
 * Raises, extends and clears by what was said of days, in whatever order they came. Said again it
 * changes nothing. Only the batch's usage points are looked at.
 */
export async function settle(tx: Db, date: BusinessDate, now: Instant): Promise<void> {
  await tx.query(
    `update anomaly a set last_on = n.last_on, days = n.hits, energy = n.energy,
       score = n.score, evidence = n.evidence
     from (
       select a.id, h.last_on, h.hits, h.energy, ${scoreOf('h.strength', 'h.hits')} as score,
         (select d.evidence from anomaly_day d where d.usage_point_id = a.usage_point_id
           and d.code = a.code and d.is_hit and d.business_date >= a.began_on
           order by d.strength desc, d.business_date desc limit 1) as evidence
       from anomaly a join anomaly_batch b using (usage_point_id)
       join anomaly_rule r on r.code = a.code and r.version = a.version
       ${since('a')}
       where a.state in ('open', 'confirmed') and h.hits > 0) n
     where n.id = a.id and (a.last_on, a.days, a.energy, a.score, a.evidence)
       is distinct from (n.last_on, n.hits, n.energy, n.score, n.evidence)`,
  )
  // So many days without, none of them before the last hit; or what it rested on is no more.
  await tx.query(
    `update anomaly a set state = 'cleared', cleared_at = $1::timestamptz, ended_on = n.ended_on,
       evidence = case when n.hits = 0 then a.evidence || '{"withdrawn": true}' else a.evidence end
     from (
       select a.id, h.hits, case when h.hits = 0 then a.last_on else c.ended_on end as ended_on
       from anomaly a join anomaly_batch b using (usage_point_id)
       join anomaly_rule r on r.code = a.code and r.version = a.version
       ${since('a')}
       cross join lateral (
         select count(*) as days, max(d.business_date) as ended_on from anomaly_day d
         where d.usage_point_id = a.usage_point_id and d.code = a.code and not d.is_hit
           and d.business_date > h.last_on) c
       where a.state in ('open', 'confirmed') and (h.hits = 0 or c.days >= r.clear_days)) n
     where n.id = a.id`,
    [timestamptz(now)],
  )
  await tx.query(
    `insert into anomaly (usage_point_id, meter_id, node_id, code, version, score, state,
       began_on, last_on, days, energy, evidence, raised_at)
     select f.usage_point_id, (select i.meter_id from installation_now i
         where i.usage_point_id = f.usage_point_id limit 1),
       (select p.node_id from usage_point_place_now p
         where p.usage_point_id = f.usage_point_id order by p.role = 'supply' limit 1),
       f.code, r.version, ${scoreOf('f.strength', 'f.hits')}, 'open', f.began_on, f.last_on,
       f.hits, f.energy, f.evidence, $2::timestamptz
     from (
       select d.usage_point_id, d.code, max(d.version) as version, count(*)::int as hits,
         min(d.business_date) as began_on, max(d.business_date) as last_on,
         max(d.strength) as strength, sum(d.energy)::bigint as energy,
         (array_agg(d.evidence order by d.strength desc, d.business_date desc))[1] as evidence
       from anomaly_batch b
       join (select distinct usage_point_id, code from anomaly_said where is_hit) s
         using (usage_point_id)
       join anomaly_day d on d.usage_point_id = s.usage_point_id and d.code = s.code and d.is_hit
       join anomaly_rule r on r.code = d.code and r.version = d.version and r.valid_to is null
       left join lateral (
         select max(greatest(a.last_on, a.ended_on, a.quiet_until)) as over_on from anomaly a
         where a.usage_point_id = d.usage_point_id and a.code = d.code) o on true
       where d.business_date > coalesce(o.over_on, '-infinity')
         and exists (
           -- A day at which enough were hit.
           select from anomaly_day t where t.usage_point_id = d.usage_point_id and t.code = d.code
             and t.is_hit and t.business_date between $1::date - 366 and $1::date + 366
             and t.business_date - d.business_date between 0 and r.raise_within - 1
             and (select count(*) from anomaly_day w where w.usage_point_id = t.usage_point_id
               and w.code = t.code and w.is_hit and w.business_date <= t.business_date
               and w.business_date > t.business_date - r.raise_within
               and w.business_date > coalesce(o.over_on, '-infinity')) >= r.raise_days)
       group by d.usage_point_id, d.code) f
     join anomaly_rule r on r.code = f.code and r.version = f.version
     where not exists (select from anomaly a where a.usage_point_id = f.usage_point_id
       and a.code = f.code and a.state in ('open', 'confirmed'))
     on conflict do nothing`,
    [date, timestamptz(now)],
  )
}

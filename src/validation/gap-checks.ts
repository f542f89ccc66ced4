import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'

const insert = `insert into validating_found
  (task, register, measured_at, code, version, act, severity, evidence)`
const rule = (code: string): string =>
  `join validating_rule r on r.audience = t.audience and r.code = '${code}'`
const OVERDUE = `t.ends_at + make_interval(mins => (m.parameters ->> 'graceMinutes')::int)
  <= $1::timestamptz`

/** What did not come in the time that is given; judged again when that time is over. */
export async function checkGaps(tx: Db, now: Instant): Promise<void> {
  await tx.query(
    `create temp table validating_late on commit drop as
     select t.no as task from validating_task t
     join validating_rule m on m.audience = t.audience and m.code = 'missing' where ${OVERDUE}`,
    [timestamptz(now)],
  )
  for (const statement of [missing, consecutive, prolonged]) await tx.query(statement)
}

/**
 * No register at the end of the day, and none so close on both sides that it lies between them.
 * Expected is what the meter has said lately, and of every meter its energy.
 */
const missing = `${insert}
  select t.no, k.register, t.ends_at, r.code, r.version, r.act, r.severity,
    jsonb_strip_nulls(jsonb_build_object('lastAt', k.last_at))
  from validating_task t join validating_late l on l.task = t.no ${rule('missing')}
  join lateral (
    select s.register, max(s.measured_at) filter (where s.measured_at <= t.ends_at) as last_at,
      min(s.measured_at) filter (where s.measured_at >= t.ends_at) as next_at
    from validating_series s where s.task = t.no
      and s.measured_at > t.ends_at - make_interval(days => (r.parameters ->> 'knownDays')::int)
    group by s.register
    union all
    select '1.8.0', null, null where not exists (
      select from validating_series s where s.task = t.no and s.register = '1.8.0')) k on true
  where t.to_at = t.ends_at
    and (k.last_at is null or k.next_at is null
      or (k.last_at <> t.ends_at and k.next_at - k.last_at > interval '1 hour'))
    and (k.last_at is null or k.last_at <> t.ends_at)`

/**
 * Points of the load profile that are not there, of what is taken and of what is fed in; the
 * profile's step is what is usual in it.
 */
const consecutive = `
  with step as (
    select d.task, d.register, mode() within group (order by d.seconds) as seconds
    from (
      select p.task, p.register, extract(epoch from p.measured_at - lag(p.measured_at)
        over (partition by p.task, p.register order by p.measured_at))::int as seconds
      from validating_point p where p.register in ('1.8.0', '2.8.0') and p.data_class = 2) d
    where d.seconds > 0 group by d.task, d.register),
  moment as (
    select s.task, s.register, s.measured_at as at from validating_series s
    join validating_task t on t.no = s.task and s.measured_at between t.from_at and t.to_at
    where s.register in ('1.8.0', '2.8.0')
    union select p.task, p.register, t.from_at
    from step p join validating_task t on t.no = p.task
    union select p.task, p.register, t.to_at from step p join validating_task t on t.no = p.task),
  gap as (
    select m.task, m.register, m.at, m.before, extract(epoch from m.at - m.before)::int as seconds
    from (
      select m.task, m.register, m.at,
        lag(m.at) over (partition by m.task, m.register order by m.at) as before
      from moment m) m)
  ${insert}
  select t.no, g.register, null, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', g.points, 'gaps', g.gaps, 'stepSeconds', g.step)
  from (
    select g.task, g.register, p.seconds as step,
      sum((g.seconds + p.seconds / 2) / p.seconds - 1)::int as points,
      jsonb_path_query_array(jsonb_agg(jsonb_build_object('after', g.before, 'before', g.at)
        order by g.at), '$[0 to 9]') as gaps
    from gap g join step p on p.task = g.task and p.register = g.register
      and p.seconds between 60 and 3600
    where g.seconds > p.seconds * 3 / 2
    group by g.task, g.register, p.seconds) g
  join validating_task t on t.no = g.task
  join validating_late l on l.task = t.no ${rule('consecutive')}
  where g.points >= (r.parameters ->> 'intervalsMin')::int`

/** Nothing real for so many days, while estimates stand in for it. */
const prolonged = `${insert}
  select t.no, '1.8.0', null, r.code, r.version, r.act, r.severity,
    jsonb_strip_nulls(jsonb_build_object('lastAt', s.last_at, 'value', v.days))
  from validating_task t join validating_late l on l.task = t.no ${rule('prolonged')}
  left join lateral (
    select max(s.measured_at) as last_at from validating_series s
    where s.task = t.no and s.register = '1.8.0' and s.measured_at <= t.ends_at) s on true
  join lateral (
    select (extract(epoch from t.ends_at - coalesce(s.last_at, min(v.measured_at))) / 86400)::int
      as days
    from register_value v where v.meter_id = t.meter_id and v.register = '1.8.0'
      and v.kind = 'estimated' and v.state = 'in-force'
      and v.measured_at > coalesce(s.last_at, '-infinity') and v.measured_at <= t.ends_at
    having count(*) > 0) v on v.days >= (r.parameters ->> 'days')::int`

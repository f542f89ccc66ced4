import type { Db } from '#src/db'
import { decimal } from './point-checks.ts'

const insert = `insert into validating_found
  (task, register, measured_at, code, version, act, severity, evidence)`
const rule = (code: string): string =>
  `join validating_rule r on r.audience = t.audience and r.code = '${code}'`

/** What can be seen without knowing how much is used: the form and the agreement of values. */
export async function checkForm(tx: Db): Promise<void> {
  for (const statement of statements) await tx.query(statement)
}

/** A value that came again for the same moment and was different. */
const duplicate = `${insert}
  select t.no, v.item, v.measured_at, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', ${decimal('p.value')}, 'other', v.other, 'times', v.times)
  from validating_task t ${rule('duplicate')}
  join lateral (
    select v.item, v.measured_at, v.data_class, min(v.value) as other, count(*) as times,
      max(abs(v.value::numeric)) as most, min(abs(v.value::numeric)) as least
    from reading_revision v
    where v.meter_id = t.meter_id and v.measured_at > t.from_at and v.measured_at <= t.to_at
      and v.item ~ '^[1-8]\\.8\\.' and v.value ~ '^-?[0-9.]+$'
    group by v.item, v.measured_at, v.data_class) v on true
  join validating_point p on p.task = t.no and p.register = v.item
    and p.measured_at = v.measured_at and p.data_class = v.data_class
  where greatest(abs(v.most - p.value / 10000.0), abs(v.least - p.value / 10000.0))
    > (r.parameters ->> 'tolerance')::numeric`

/** The rates (费率) of a moment do not add up to their total. */
const rateSum = `${insert}
  select s.no, s.total || '.0', s.measured_at, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', ${decimal('s.whole')}, 'sum', ${decimal('s.parts')},
      'rates', s.rates)
  from (
    select t.no, t.audience, p.measured_at, left(p.register, 3) as total,
      max(p.value) filter (where p.register like '%.0') as whole,
      sum(p.value) filter (where p.register not like '%.0') as parts,
      count(*) filter (where p.register not like '%.0') as rates
    from validating_task t join validating_point p on p.task = t.no
    where p.is_main and p.is_inside and p.data_class = 3
      and (p.register like '1.8.%' or p.register like '2.8.%')
    group by t.no, t.audience, p.measured_at, left(p.register, 3)) s
  join validating_rule r on r.audience = s.audience and r.code = 'rate-sum'
  where s.rates >= 4 and abs(s.whole - s.parts) > (r.parameters ->> 'tolerance')::numeric * 10000`

/** The freeze of a moment and the curve's register of that moment are not the same. */
const freezeAgainstCurve = `${insert}
  select t.no, d.register, d.measured_at, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', ${decimal('d.value')}, 'curve', ${decimal('c.value')})
  from validating_task t ${rule('register-curve')}
  join validating_point d on d.task = t.no and d.data_class = 3 and d.is_inside
  join validating_point c on c.task = t.no and c.register = d.register
    and c.measured_at = d.measured_at and c.data_class in (1, 2)
  where abs(d.value - c.value) > (r.parameters ->> 'tolerance')::numeric * 10000`

/** The energy under the power curve and the register's advance over the day part. */
const powerAgainstRegister = `${insert}
  select t.no, '1.8.0', null, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', ${decimal('s.advance')}, 'powerEnergy', ${decimal('w.energy')},
      'points', w.points)
  from validating_task t ${rule('register-curve')}
  join lateral (
    select trunc(avg(c.power) * 24) as energy, count(*) as points from reading_curve c
    where c.meter_id = t.meter_id and c.measured_at > t.starts_at and c.measured_at <= t.ends_at
      and c.power >= 0 and c.data_class = 2) w on w.points >= 80
  join lateral (
    select max(p.value) filter (where p.measured_at = t.ends_at)
      - max(p.value) filter (where p.measured_at = t.starts_at) as advance
    from validating_point p where p.task = t.no and p.register = '1.8.0' and p.is_main) s on true
  where abs(s.advance - w.energy) > (r.parameters ->> 'least')::numeric * 10000
    and abs(s.advance - w.energy) * 100
      > (r.parameters ->> 'percent')::numeric * greatest(s.advance, w.energy)
    and not exists (select from validating_found f where f.task = t.no
      and f.code = 'register-curve' and f.register = '1.8.0' and f.measured_at is null)`

/** Values that were taken while the meter's clock was off. */
const clock = `${insert}
  select t.no, '', null, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', p.doubtful, 'first', p.first, 'last', p.last)
  from validating_task t ${rule('clock')}
  join lateral (
    select count(distinct p.measured_at) as doubtful, min(p.measured_at) as first,
      max(p.measured_at) as last
    from validating_point p where p.task = t.no and p.is_inside and p.quality = 2) p on true
  where p.doubtful >= (r.parameters ->> 'valuesMin')::int`

/** The curve's step is none that a meter has, or too many points lie off it. */
const intervalSize = `
  with apart as (
    select d.task, d.seconds from (
      select p.task, extract(epoch from p.measured_at - lag(p.measured_at)
        over (partition by p.task order by p.measured_at))::int as seconds
      from validating_point p
      where p.is_inside and p.register = '1.8.0' and p.data_class = 2) d
    where d.seconds > 0),
  usual as (
    select task, mode() within group (order by seconds) as step, count(*) as points
    from apart group by task having count(*) >= 4)
  ${insert}
  select t.no, '', null, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', s.step, 'points', s.points, 'off', s.off)
  from (
    select u.task, u.step, u.points, count(*) filter (where mod(a.seconds, u.step) <> 0) as off
    from usual u join apart a on a.task = u.task group by u.task, u.step, u.points) s
  join validating_task t on t.no = s.task ${rule('interval-size')}
  where mod(s.step, 60) <> 0 or not r.parameters -> 'minutes' @> to_jsonb(s.step / 60)
    or s.off > (r.parameters ->> 'share')::numeric * s.points`

/** The device writes a register with other decimals than before: perhaps in another unit. */
const unit = `${insert}
  select distinct on (t.no, p.register) t.no, p.register, p.measured_at, r.code, r.version, r.act,
    r.severity, jsonb_build_object('value', p.scale, 'before', p.before)
  from validating_task t ${rule('unit')}
  join (
    select p.task, p.register, p.measured_at, p.scale, p.is_inside,
      lag(p.scale) over (partition by p.task, p.register, p.data_class
        order by p.measured_at) as before
    from validating_point p where p.data_class > 0) p on p.task = t.no
  where p.is_inside and p.scale <> p.before
  order by t.no, p.register, p.measured_at`

/** The meter itself told that something was wrong with it; a span counts on every day it lasts. */
const event = `${insert}
  select t.no, '', null, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', e.events, 'events', e.codes, 'first', e.first, 'last', e.last)
  from validating_task t ${rule('event')}
  join lateral (
    select count(*) as events, jsonb_agg(distinct e.code) as codes, min(e.at) as first,
      max(e.at) as last
    from device_event e where e.device = 'm' || t.meter_id and r.parameters -> 'codes' ? e.code
      and e.at <= t.to_at and (e.at > t.from_at or e.is_span and not e.superseded
        and e.raised_at is not null and coalesce(e.cleared_at, 'infinity') > t.from_at)) e
    on e.events > 0`

const statements: readonly string[] = [
  duplicate,
  rateSum,
  freezeAgainstCurve,
  powerAgainstRegister,
  clock,
  intervalSize,
  unit,
  event,
]

import type { Db } from '#src/db'
import { primary } from './point-checks.ts'

/** A register that only tells energy as a whole: parts would say the same again. */
const judged = ['1.8.0', '2.8.0'] as const

const micro = (text: string): string => `trim_scale((${text})::numeric / 1000000)::text`
const insert = `insert into validating_found
  (task, register, measured_at, code, version, act, severity, evidence, stake)`
const rule = (code: string): string =>
  `join validating_rule r on r.audience = t.audience and r.code = '${code}'`
const param = (name: string): string => `(r.parameters ->> '${name}')::numeric`
/** A parameter in kWh, as energy is held. */
const energy = (name: string): string => `${param(name)} * 1000000`

/** How much was used against what that point, its peers and its contract let expect. */
export async function checkEnergy(tx: Db): Promise<void> {
  await prepareAdvances(tx)
  await prepareHistory(tx)
  for (const statement of [highLow('high'), highLow('low'), zero, inactive]) {
    await tx.query(statement)
  }
  await tx.query(multiplier)
  await tx.query(dynamic)
}

/** Energy of each day at its pace, primary, 10^-6: also where its register is known less often. */
async function prepareAdvances(tx: Db): Promise<void> {
  await tx.query(
    `create temp table validating_advance on commit drop as
     select t.no as task, e.register, e.from_at, e.to_at, ${primary('e.to_value - e.from_value')} as energy,
       trunc(${primary('e.to_value - e.from_value')} * 86400
         / extract(epoch from e.to_at - e.from_at)::numeric) as pace
     from validating_task t join (
       select s.task, s.register,
         (array_agg(s.measured_at order by s.measured_at desc) filter (where s.is_inside))[1] as to_at,
         (array_agg(s.value order by s.measured_at desc) filter (where s.is_inside))[1] as to_value,
         coalesce((array_agg(s.measured_at order by s.measured_at desc)
             filter (where s.measured_at <= t.from_at))[1], min(s.measured_at)) as from_at,
         coalesce((array_agg(s.value order by s.measured_at desc)
             filter (where s.measured_at <= t.from_at))[1], min(s.value)) as from_value
       from validating_series s join validating_task t on t.no = s.task
       where s.register = any('{${judged.join(',')}}')
       group by s.task, s.register) e on e.task = t.no
     where e.to_at > e.from_at and e.to_value >= e.from_value`,
  )
  await tx.query('analyze validating_advance')
}

/** The median of days before and how far days usually lie from it. */
async function prepareHistory(tx: Db): Promise<void> {
  await tx.query(
    `create temp table validating_history on commit drop as
     with asked as (
       select t.audience, max((r.parameters ->> 'days')::int) as days
       from (select distinct audience from validating_task) t
       join validating_rule r on r.audience = t.audience
         and r.code in ('high', 'low', 'zero', 'dynamic')
       group by t.audience),
     days as (
       select a.task, a.register, u.energy
       from validating_advance a join validating_task t on t.no = a.task
       join asked q on q.audience = t.audience
       join usage_day u on u.usage_point_id = t.usage_point_id and u.register = a.register
         and u.business_date < t.business_date and u.business_date >= t.business_date - q.days
       where u.quality in (1, 2)),
     middle as (
       select task, register, count(*) as days, array_agg(energy) as energies,
         percentile_disc(0.5) within group (order by energy) as median
       from days group by task, register)
     select m.task, m.register, m.days, m.median,
       (select percentile_disc(0.5) within group (order by abs(e.energy - m.median))
        from unnest(m.energies) as e (energy)) as deviation
     from middle m`,
  )
  await tx.query('analyze validating_history')
}

const evidenceOfDay = `jsonb_build_object('value', ${micro('a.pace')}, 'usual', ${micro('h.median')},
  'deviation', ${micro('h.deviation')}, 'days', h.days)`

/** Robust: the median and the median deviation of many days, and never for a few kWh. */
const highLow = (code: 'high' | 'low'): string => {
  const [more, less] = code === 'high' ? ['a.pace', 'h.median'] : ['h.median', 'a.pace']
  return `${insert}
    select t.no, a.register, null, r.code, r.version, r.act, r.severity, ${evidenceOfDay},
      abs(a.pace - h.median)
    from validating_task t ${rule(code)}
    join validating_advance a on a.task = t.no
    join validating_history h on h.task = t.no and h.register = a.register
    where h.days >= ${param('daysMin')}
      and ${more} > ${less} * ${param('times')}
      and ${more} - ${less} > ${param('deviations')} * 1.4826 * h.deviation
      and ${more} - ${less} > ${energy('least')}
      ${code === 'low' ? 'and a.pace > 0' : ''}`
}

/** Nothing at all where somebody lives who usually uses something. */
const zero = `${insert}
  select t.no, a.register, null, r.code, r.version, r.act, r.severity, ${evidenceOfDay}, h.median
  from validating_task t ${rule('zero')}
  join validating_advance a on a.task = t.no and a.register = '1.8.0'
  join validating_history h on h.task = t.no and h.register = a.register
  where h.days >= ${param('daysMin')} and a.pace = 0 and a.to_at - a.from_at >= interval '22 hours'
    and h.median >= ${energy('least')} and t.account_id is not null`

/** Energy where nobody has an account. */
const inactive = `${insert}
  select t.no, a.register, null, r.code, r.version, r.act, r.severity,
    jsonb_build_object('value', ${micro('a.energy')}), a.energy
  from validating_task t ${rule('inactive')}
  join validating_advance a on a.task = t.no and a.register = '1.8.0'
  where t.account_id is null and a.energy > ${energy('least')}
    and exists (select from account_usage_point u where u.usage_point_id = t.usage_point_id)`

/**
 * With transformers: more than the contract's capacity could take in a day, or so much more or less
 * of its capacity than others of the trade use of theirs that the ratio may be wrong.
 */
const multiplier = `${insert}
  select t.no, a.register, null, r.code, r.version, r.act, r.severity,
    jsonb_strip_nulls(jsonb_build_object('value', ${micro('a.pace')},
      'ratio', trim_scale(round(t.numerator / t.denominator, 4))::text,
      'capacity', t.capacity_kva::text, 'load', round(l.load, 4)::text,
      'peers', round(p.load, 4)::text)),
    a.pace
  from validating_task t ${rule('multiplier')}
  join validating_advance a on a.task = t.no and a.register = '1.8.0'
  cross join lateral (select a.pace / (t.capacity_kva * 24000000) as load) l
  left join lateral (
    select percentile_cont(0.5) within group (order by u.energy / (k.capacity_kva * 24000000))::numeric
      as load, count(*) as points
    from contract k
    join account_usage_point w on w.account_id = k.account_id
      and w.valid_from < t.ends_at and (w.valid_to is null or w.valid_to >= t.ends_at)
    join usage_day u on u.usage_point_id = w.usage_point_id and u.register = '1.8.0'
      and u.business_date = t.business_date - 1
    where k.trade = t.trade and k.capacity_kva > 0 and k.valid_from < t.ends_at
      and (k.valid_to is null or k.valid_to >= t.ends_at)
      and w.usage_point_id <> t.usage_point_id) p on p.points >= ${param('peersMin')}
  where t.numerator <> t.denominator and t.capacity_kva > 0 and a.pace > 0
    and (l.load > ${param('loadFactorMax')}
      or l.load > p.load * ${param('times')} or l.load * ${param('times')} < p.load)`

/**
 * Its change against the change of its neighbours: what is high because the day was hot is high
 * for all of the area. Only for what changed much, so that few neighbours are read.
 */
const dynamic = `${insert}
  select t.no, a.register, null, r.code, r.version, r.act, r.severity,
    ${evidenceOfDay} || jsonb_build_object('change', round(a.pace / h.median, 2)::text,
      'neighbours', round(n.change, 2)::text, 'points', n.points),
    abs(a.pace - h.median)
  from validating_task t ${rule('dynamic')}
  join validating_advance a on a.task = t.no and a.register = '1.8.0'
  join validating_history h on h.task = t.no and h.register = a.register
    and h.days >= ${param('daysMin')} and h.median > 0
    and abs(a.pace - h.median) > ${energy('least')}
    and (a.pace > h.median * ${param('times')} or a.pace * ${param('times')} < h.median)
  join lateral (
    select percentile_cont(0.5) within group (order by d.change)::numeric as change,
      count(*) as points
    from (
      select max(u.energy) filter (where u.business_date = b.last)::numeric
        / nullif(percentile_disc(0.5) within group (order by u.energy), 0) as change
      from usage_point_place own
      join usage_point_place other on other.node_id = own.node_id and other.role = 'receive'
        and other.usage_point_id <> own.usage_point_id
        and other.valid_from < t.ends_at and (other.valid_to is null or other.valid_to >= t.ends_at)
      cross join (select t.business_date as last) b
      join usage_day u on u.usage_point_id = other.usage_point_id and u.register = '1.8.0'
        and u.business_date <= b.last and u.business_date >= b.last - ${param('days')}::int
      where own.usage_point_id = t.usage_point_id and own.role = 'receive'
        and own.valid_from < t.ends_at and (own.valid_to is null or own.valid_to >= t.ends_at)
      group by other.usage_point_id) d
    where d.change is not null) n on n.points >= ${param('peersMin')} and n.change > 0
  where a.pace / h.median > n.change * ${param('times')}
    or a.pace / h.median * ${param('times')} < n.change`

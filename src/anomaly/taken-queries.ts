import type { Db } from '#src/db'
import { timestamptz } from '#src/db'
import { mayHold, type Parameters, sampleMeasures } from './conditions.ts'
import { whom } from './sample-queries.ts'
import type { DaySpan, Rule } from './types.ts'

/** A sample holds until the next one, an hour at most. */
const HOLDS = "interval '1 hour'"
/** Below this part of Ib the proportions of a power tell nothing. */
const LOADED = 0.05
/** So much of it a float8 may be off, and much more. */
const SLACK = 1e-9

/** A rule over samples with its parameters. */
export interface SampleRule {
  readonly rule: Rule
  readonly parameters: Parameters<'samples'>
}

/**
 * The samples of the day's usage points of which any of the rules may say something. One look at all
 * samples, in float8 and with slack, finds out which; only those, seldom many, are counted exactly
 * and kept for the rules. Returns whether there are any of the day.
 */
export async function takeSamples(
  tx: Db,
  day: DaySpan,
  rules: readonly SampleRule[],
): Promise<boolean> {
  const starts = rules.map(({ rule, parameters: { start, samples } }) => ({
    code: rule.code,
    samples,
    holds: `(${whom(rule, 's')} and ${mayHold(start, sampleMeasures, 's', SLACK)})`,
  }))
  const some = starts.map((one) => one.holds).join(' or ') || 'false'
  const enough =
    starts
      .map(
        ({ holds, samples }) =>
          `(count(*) filter (where ${holds}) >= ${samples} and bool_or(s.is_today) filter (where ${holds}))`,
      )
      .join(' or ') || 'false'
  const span = [timestamptz(day.start), timestamptz(day.end)]
  await tx.query(
    `create temporary table anomaly_reached on commit drop as
     select s.usage_point_id, s.phase from (${samplesOf('anomaly_batch', 'float8')}) s
     where ${some} group by s.usage_point_id, s.phase having ${enough}
     union
     -- That it is not so matters only where it was.
     select a.usage_point_id, p.phase from anomaly_batch b join anomaly a using (usage_point_id)
     cross join unnest(array['', 'A', 'B', 'C']) p (phase)
     where a.state in ('open', 'confirmed') and a.code = any($3::text[])`,
    [...span, starts.map(({ code }) => code)],
  )
  await tx.query('analyze anomaly_reached')
  const reached = `(select b.* from anomaly_batch b
    where b.usage_point_id in (select r.usage_point_id from anomaly_reached r))`
  await tx.query(
    `create temporary table anomaly_sample on commit drop as
     select s.* from (${samplesOf(reached, 'numeric')}) s
     join anomaly_reached r on r.usage_point_id = s.usage_point_id and r.phase = s.phase`,
    span,
  )
  await tx.query('analyze anomaly_sample')
  const rows = await tx.query('select from anomaly_sample where is_today limit 1')
  return rows.length > 0
}

/**
 * Samples of usage points, of the whole meter (phase '') and of each phase, in parts of what the
 * meter is made for. They begin two hours early: what began before midnight goes on. Counted in
 * float8 it takes a fraction of the time and tells a little more often that a current flows.
 */
function samplesOf(batch: string, type: 'numeric' | 'float8'): string {
  const slack = type === 'float8' ? 1 - SLACK : 1
  const loaded = LOADED * slack
  return `with setting as (
       select max(value) filter (where name = 'basic-current')::${type} as ib,
         max(value) filter (where name = 'max-current')::${type} as imax,
         max(value) filter (where name = 'power-factor')::${type} as factor from anomaly_setting),
     own as (
       select b.usage_point_id, b.customer_class, c.measured_at as at, c.measured_at >= $1::timestamptz as is_today,
         m.wiring, coalesce(m.nominal_voltage, (
           select n from unnest(array[57.7, 100, 220]) n
           order by abs(n - greatest(c.voltage_a, c.voltage_b, c.voltage_c) / 1000.0) limit 1))::${type} as un,
         case m.wiring when '1p2w' then 1 when '3p3w' then sqrt(3)::${type} when '3p4w' then 3 end
           as wires, coalesce(m.basic_current::${type}, s.ib) as ib,
         coalesce(m.max_current::${type}, s.imax) as imax,
         c.voltage_a::${type} / 1000.0 as ua,
         case when m.wiring = '3p3w' or m.wiring = '1p2w' then null else c.voltage_b::${type} / 1000.0 end as ub,
         case when m.wiring = '1p2w' then null else c.voltage_c::${type} / 1000.0 end as uc,
         c.current_a::${type} / 1000.0 as ia,
         case when m.wiring = '3p3w' or m.wiring = '1p2w' then null else c.current_b::${type} / 1000.0 end as ibb,
         case when m.wiring = '1p2w' then null else c.current_c::${type} / 1000.0 end as ic,
         c.power::${type} / 10000.0 as p, c.power_a::${type} / 10000.0 as pa, c.power_b::${type} / 10000.0 as pb,
         c.power_c::${type} / 10000.0 as pc, abs(c.power_factor)::${type} / 10000.0 as pf,
         c.reactive_power::${type} / 10000.0 as q, s.factor,
         (n.digits / 10.0 ^ n.scale)::${type} as neutral,
         (c.energy_import - lag(c.energy_import) over w)::${type} / 10000.0 as step,
         extract(epoch from least(c.measured_at - lag(c.measured_at) over w, ${HOLDS}))::${type} / 3600.0 as hours,
         c.measured_at - lag(c.measured_at) over w <= ${HOLDS} as is_next,
         b.capacity::${type} as capacity, b.generates, b.usual, i.ct_numerator::${type} / i.ct_denominator as ct,
         i.ct_numerator::${type} * i.pt_numerator / (i.ct_denominator::${type} * i.pt_denominator) as ratio
       from ${batch} b
       join installation i on i.usage_point_id = b.usage_point_id
       join meter m on m.id = i.meter_id cross join setting s
       join reading_curve c on c.meter_id = i.meter_id
         and c.measured_at >= $1::timestamptz - interval '2 hours' and c.measured_at < $2::timestamptz
         and c.measured_at >= i.valid_from and (i.valid_to is null or c.measured_at < i.valid_to)
         and c.quality < 3
       left join reading_item n on n.meter_id = c.meter_id and n.measured_at = c.measured_at
         and n.item = '91.7.0'
       window w as (partition by i.id order by c.measured_at)),
     whole as (
       select o.*, greatest(abs(ia), abs(ibb), abs(ic)) as most, num_nonnulls(ua, ub, uc) as phases,
         coalesce(wires, nullif(num_nonnulls(ua, ub, uc), 0)) as times,
         (ua + ub + uc) / 3 as um, (abs(ia) + abs(ibb) + abs(ic)) / 3 as im,
         (coalesce(ua * abs(ia), 0) + coalesce(ub * abs(ibb), 0) + coalesce(uc * abs(ic), 0)) / 1000
           * case when wiring = '3p3w' then 0.866 else 1 end as apparent
       from own o)
     select usage_point_id, customer_class, at, is_today, '' as phase, hours, generates, usual,
       null::${type} as u, null::${type} as i, null::${type} as others, null::${type} as others_u,
       null::${type} as p,
       case when least(ua, ub, uc) > ${0.1 * slack} * un and phases = 3
         then greatest(abs(ua - um), abs(ub - um), abs(uc - um)) / um end as voltage_imbalance,
       case when im > ${loaded} * ib and num_nonnulls(ia, ibb, ic) = 3
         then greatest(abs(abs(ia) - im), abs(abs(ibb) - im), abs(abs(ic) - im)) / im end
         as current_imbalance,
       case when phases = 3 and most > ${loaded} * ib then abs(neutral) / most end as neutral,
       case when phases = 1 and greatest(most, abs(neutral)) > ${loaded} * ib
         then abs(abs(neutral) - most) / greatest(most, abs(neutral)) end as leakage,
       most / imax as i_max, most / ib as i_measured,
       abs(p) * 1000 / (times * un * imax) as load,
       -- By the reactive power, else by the power factor that the meter tells, else by an assumed one.
       case when q is not null then sqrt((p * p + q * q)::float8)::${type}
         else abs(p) / coalesce(case when pf > 0.2 then pf end, factor) end * ratio / capacity
         as contract, pf,
       case when apparent * pf > ${loaded} * un * ib / 1000 and wiring is distinct from '3p3w'
         then abs(abs(p) - apparent * pf) / (apparent * pf) end as mismatch,
       case when is_next then step end as advance,
       case when is_next and hours > 0
         then step / (times * un * imax / 1000 * hours) end as advance_max,
       case when is_next then apparent * coalesce(pf, 0.8) * hours end as expected,
       -- Meters of 1.2 A are made for transformers of 1 A, those of 6 A for 5 A.
       case when ct <> 1 then most / case when imax <= 2 then 1 else 5 end end as ct_load
     from whole
     ${phases.map(phaseOf).join('')}`
}

/** Each phase with what is told of it and of the others. */
const phases = [
  {
    name: 'A',
    u: 'ua',
    i: 'ia',
    p: 'coalesce(pa, case when phases = 1 then p end)',
    others: ['b', 'c'],
  },
  { name: 'B', u: 'ub', i: 'ibb', p: 'pb', others: ['a', 'c'] },
  { name: 'C', u: 'uc', i: 'ic', p: 'pc', others: ['a', 'b'] },
] as const

const currents = { a: 'ia', b: 'ibb', c: 'ic' } as const

/** A branch of its own: what is judged of it is computed while it is scanned. */
function phaseOf({ name, u, i, p, others }: (typeof phases)[number]): string {
  return `union all
     select usage_point_id, customer_class, at, is_today, '${name}', hours, generates, usual,
       ${u} / un, abs(${i}) / ib, greatest(${others.map((one) => `abs(${currents[one]})`).join(', ')}) / ib,
       greatest(${others.map((one) => `u${one}`).join(', ')}) / un, (${p}) * 1000 / (un * ib),
       ${Array(14).fill('null').join(', ')}
     from whole where ${u} is not null or ${i} is not null or (${p}) is not null
     `
}

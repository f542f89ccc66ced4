import type { Db } from '#src/db'
import { timestamptz } from '#src/db'
import {
  columnOf,
  holds,
  type Parameters,
  sampleMeasures,
  strength,
  unitsOf,
} from './conditions.ts'
import { readValues } from './context-queries.ts'
import type { DaySpan, Rule } from './types.ts'

/** A sample holds until the next one, an hour at most. */
const HOLDS = "interval '1 hour'"
/** Below this part of Ib the proportions of a power tell nothing. */
const LOADED = 0.05

/**
 * The samples of the day's usage points, of the whole meter (phase '') and of each phase, in parts
 * of what the meter is made for. They begin two hours early: what began before midnight goes on.
 * Returns whether there are any of the day: where meters send no curves no rule need look.
 */
export async function takeSamples(tx: Db, day: DaySpan): Promise<boolean> {
  await tx.query(
    `create temporary table anomaly_sample on commit drop as
     with setting as (
       select max(value) filter (where name = 'basic-current') as ib,
         max(value) filter (where name = 'max-current') as imax,
         max(value) filter (where name = 'power-factor') as factor from anomaly_setting),
     own as (
       select b.usage_point_id, b.customer_class, c.measured_at as at, c.measured_at >= $1::timestamptz as is_today,
         m.wiring, coalesce(m.nominal_voltage, (
           select n from unnest(array[57.7, 100, 220]) n
           order by abs(n - greatest(c.voltage_a, c.voltage_b, c.voltage_c) / 1000.0) limit 1)) as un,
         case m.wiring when '1p2w' then 1 when '3p3w' then sqrt(3)::numeric when '3p4w' then 3 end
           as wires, coalesce(m.basic_current, s.ib) as ib, coalesce(m.max_current, s.imax) as imax,
         c.voltage_a / 1000.0 as ua,
         case when m.wiring = '3p3w' or m.wiring = '1p2w' then null else c.voltage_b / 1000.0 end as ub,
         case when m.wiring = '1p2w' then null else c.voltage_c / 1000.0 end as uc,
         c.current_a / 1000.0 as ia,
         case when m.wiring = '3p3w' or m.wiring = '1p2w' then null else c.current_b / 1000.0 end as ibb,
         case when m.wiring = '1p2w' then null else c.current_c / 1000.0 end as ic,
         c.power / 10000.0 as p, c.power_a / 10000.0 as pa, c.power_b / 10000.0 as pb,
         c.power_c / 10000.0 as pc, abs(c.power_factor) / 10000.0 as pf,
         c.reactive_power / 10000.0 as q, s.factor,
         n.digits / 10.0 ^ n.scale as neutral,
         (c.energy_import - lag(c.energy_import) over w) / 10000.0 as step,
         extract(epoch from least(c.measured_at - lag(c.measured_at) over w, ${HOLDS})) / 3600.0 as hours,
         c.measured_at - lag(c.measured_at) over w <= ${HOLDS} as is_next,
         b.capacity, b.generates, b.usual, i.ct_numerator::numeric / i.ct_denominator as ct,
         i.ct_numerator::numeric * i.pt_numerator / (i.ct_denominator::numeric * i.pt_denominator) as ratio
       from anomaly_batch b
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
       null::numeric as u, null::numeric as i, null::numeric as others, null::numeric as others_u,
       null::numeric as p,
       case when least(ua, ub, uc) > 0.1 * un and phases = 3
         then greatest(abs(ua - um), abs(ub - um), abs(uc - um)) / um end as voltage_imbalance,
       case when im > ${LOADED} * ib and num_nonnulls(ia, ibb, ic) = 3
         then greatest(abs(abs(ia) - im), abs(abs(ibb) - im), abs(abs(ic) - im)) / im end
         as current_imbalance,
       case when phases = 3 and most > ${LOADED} * ib then abs(neutral) / most end as neutral,
       case when phases = 1 and greatest(most, abs(neutral)) > ${LOADED} * ib
         then abs(abs(neutral) - most) / greatest(most, abs(neutral)) end as leakage,
       most / imax as i_max, most / ib as i_measured,
       abs(p) * 1000 / (times * un * imax) as load,
       -- By the reactive power, else by the power factor that the meter tells, else by an assumed one.
       case when q is not null then sqrt((p * p + q * q)::float8)::numeric
         else abs(p) / coalesce(case when pf > 0.2 then pf end, factor) end * ratio / capacity
         as contract, pf,
       case when apparent * pf > ${LOADED} * un * ib / 1000 and wiring is distinct from '3p3w'
         then abs(abs(p) - apparent * pf) / (apparent * pf) end as mismatch,
       case when is_next then step end as advance,
       case when is_next and hours > 0
         then step / (times * un * imax / 1000 * hours) end as advance_max,
       case when is_next then apparent * coalesce(pf, 0.8) * hours end as expected,
       -- Meters of 1.2 A are made for transformers of 1 A, those of 6 A for 5 A.
       case when ct <> 1 then most / case when imax <= 2 then 1 else 5 end end as ct_load
     from whole
     union all
     select w.usage_point_id, w.customer_class, w.at, w.is_today, x.phase, w.hours, w.generates,
       w.usual, x.u / w.un, abs(x.i) / w.ib,
       (select max(abs(y.i)) from (values ('A', w.ia), ('B', w.ibb), ('C', w.ic)) y (phase, i)
         where y.phase <> x.phase) / w.ib,
       (select max(y.u) from (values ('A', w.ua), ('B', w.ub), ('C', w.uc)) y (phase, u)
         where y.phase <> x.phase) / w.un,
       x.p * 1000 / (w.un * w.ib), null, null, null, null, null, null, null, null, null, null, null,
       null, null, null
     from whole w
     cross join lateral (values ('A', w.ua, w.ia, coalesce(w.pa, case when w.phases = 1 then w.p end)),
       ('B', w.ub, w.ibb, w.pb), ('C', w.uc, w.ic, w.pc)) x (phase, u, i, p)
     where x.u is not null or x.i is not null or x.p is not null`,
    [timestamptz(day.start), timestamptz(day.end)],
  )
  const rows = await tx.query('select from anomaly_sample where is_today limit 1')
  return rows.length > 0
}

/**
 * What a rule says of the samples: from the first that fulfils the start until one fulfils the end
 * it lasts; a day of which nothing is known has no row.
 */
export async function judgeSamples(
  tx: Db,
  rule: Rule,
  parameters: Parameters<'samples'>,
  day: DaySpan,
): Promise<void> {
  const { start, end, samples, total, share = 0 } = parameters
  const startHolds = holds(start, sampleMeasures, 's')
  const worst = [...new Set(start.map(({ of }) => of))]
    .map((of) => [of, columnOf(of, sampleMeasures)] as const)
    .map(
      ([of, name]) =>
        `'${of}', jsonb_build_array(round(min(s.${name}) filter (where s.hot), 4), round(max(s.${name}) filter (where s.hot), 4))`,
    )
    .join(', ')
  const enough =
    total === undefined
      ? 'true'
      : `coalesce(sum(s.${columnOf(total.of, sampleMeasures)}) filter (where s.hot), 0) > ${total.above ?? 0}`
  await tx.query(
    `insert into anomaly_said (usage_point_id, code, version, is_hit, strength, energy, evidence)
     with reached as materialized (
       -- Who never comes to so many need not be put in order: nearly everybody.
       select s.usage_point_id, s.phase from anomaly_sample s
       where ${whom(rule, 's')} and ${startHolds}
       group by s.usage_point_id, s.phase
       having count(*) >= ${samples} and bool_or(s.is_today)),
     judged as (
       select s.*, ${startHolds} as hot, ${holds(end, sampleMeasures, 's')} as cold,
         ${strength(start, sampleMeasures, 's')} as strength
       from reached r join anomaly_sample s
         on s.usage_point_id = r.usage_point_id and s.phase = r.phase),
     parts as (
       select j.*, count(*) filter (where cold and not coalesce(hot, false))
         over (partition by usage_point_id, phase order by at) as part
       from judged j where hot is not null),
     lasting as (
       select s.usage_point_id, s.phase, min(s.at) filter (where s.hot) as first_at,
         max(s.at) filter (where s.hot) as last_at,
         (array_agg(s.at order by s.strength desc, s.at) filter (where s.hot))[1] as worst_at, count(*) filter (where s.hot) as hot,
         sum(s.hours) filter (where s.hot and s.is_today) as hours,
         max(s.strength) filter (where s.hot) as strength, max(s.usual) as usual,
         jsonb_build_object(${worst}) as worst
       from parts s group by s.usage_point_id, s.phase, s.part
       having count(*) filter (where s.hot) >= ${samples} and bool_or(s.hot and s.is_today)
         and ${enough}),
     hit as (
       select l.usage_point_id, max(strength) as strength,
         max(coalesce(hours, 0) / 24 * coalesce(usual, 0)) * ${share} as kwh,
         jsonb_agg(jsonb_build_object('phase', phase, 'from', first_at, 'to', last_at,
           'samples', hot, 'minutes', round(coalesce(hours, 0) * 60), 'at', worst_at, 'read', r.read) || worst
           order by phase, first_at) as parts
       from lasting l
       -- What the meter said when it was worst.
       left join lateral (
         select ${readValues('c')} as read from installation i
         join reading_curve c on c.meter_id = i.meter_id and c.measured_at = l.worst_at
           and c.measured_at >= $5::timestamptz - interval '2 hours' and c.measured_at < $6::timestamptz
           and c.measured_at >= i.valid_from and (i.valid_to is null or c.measured_at < i.valid_to)
         where i.usage_point_id = l.usage_point_id limit 1) r on true
       group by l.usage_point_id)
     select k.usage_point_id, $1, $2::int, h.usage_point_id is not null, coalesce(h.strength, 1),
       coalesce(round(h.kwh * 1000000), 0)::bigint,
       case when h.usage_point_id is null then '{}'
         else jsonb_build_object('date', $3::date, 'parts', h.parts, 'units', $4::jsonb) end
     from (
       select usage_point_id from hit
       union
       -- That it is not so matters only where it was.
       select s.usage_point_id from anomaly_sample s
       join anomaly a on a.usage_point_id = s.usage_point_id and a.code = $1
         and a.state in ('open', 'confirmed')
       where ${whom(rule, 's')} and s.is_today and (${startHolds}) is not null) k
     left join hit h using (usage_point_id)`,
    [
      ...[rule.code, rule.version, day.date, unitsOf(start)],
      ...[timestamptz(day.start), timestamptz(day.end)],
    ],
  )
}

/** For whom the rule is: its class, or all whose class has no rule of its own. */
export function whom({ customerClass, otherClasses }: Rule, row: string): string {
  if (customerClass !== null) return `${row}.customer_class = '${customerClass}'`
  if (otherClasses.length === 0) return 'true'
  const list = otherClasses.map((one) => `'${one}'`).join(', ')
  return `(${row}.customer_class is null or ${row}.customer_class not in (${list}))`
}

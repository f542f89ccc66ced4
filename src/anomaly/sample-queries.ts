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

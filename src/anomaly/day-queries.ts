import { type Db, timestamptz } from '#src/db'
import { dayMeasures, holds, type Parameters, strength, unitsOf } from './conditions.ts'
import { whom } from './sample-queries.ts'
import type { DaySpan, Rule } from './types.ts'

/** Days of one's own history, and neighbours that a day is compared with. */
const HISTORY_DAYS = 28
const PEERS_MAX = 40
/** Of a register that is estimated, among the codes of quality. */
const ESTIMATED = 5

/** What rules of this day say goes here; what the batch is of stands in `anomaly_batch`. */
export async function openBatch(tx: Db, points: readonly number[], day: DaySpan): Promise<void> {
  await tx.query(
    `create temporary table anomaly_batch on commit drop as
     select p.id as usage_point_id, k.customer_class, k.capacity,
       case when k.generates then 1 else 0 end as generates, h.usual, h.mad, h.history_days
     from unnest($1::int[]) p (id)
     left join lateral (
       select c.class as customer_class, t.capacity_kva as capacity, t.generates
       from account_usage_point a join account o on o.id = a.account_id
       join customer c on c.id = o.customer_id
       left join contract t on t.account_id = o.id and t.valid_from <= $3::timestamptz
         and (t.valid_to is null or t.valid_to > $3::timestamptz)
       where a.usage_point_id = p.id and a.valid_from <= $3::timestamptz
         and (a.valid_to is null or a.valid_to > $3::timestamptz) limit 1) k on true
     left join lateral (
       select m.usual, m.history_days, (
         select percentile_cont(0.5) within group (order by abs(u.energy / 1e6 - m.usual))
         from usage_day u where u.usage_point_id = p.id and u.register = '1.8.0'
           and u.business_date < $2::date and u.business_date >= $2::date - ${HISTORY_DAYS}) as mad
       from (
         select percentile_cont(0.5) within group (order by u.energy / 1e6)::numeric as usual,
           count(*) as history_days
         from usage_day u where u.usage_point_id = p.id and u.register = '1.8.0'
           and u.business_date < $2::date and u.business_date >= $2::date - ${HISTORY_DAYS}) m) h
       on true`,
    [points, day.date, timestamptz(day.start)],
  )
  await tx.query('analyze anomaly_batch')
  await tx.query(
    `create temporary table anomaly_said (usage_point_id int, code text, version int,
       is_hit boolean, strength numeric, energy bigint, evidence jsonb) on commit drop`,
  )
}

/** What is known of the batch's day, in kWh and kW. */
export async function takeDays(tx: Db, day: DaySpan): Promise<void> {
  await tx.query(
    `create temporary table anomaly_measure on commit drop as
     with own as (
       select b.*, u.energy / 1e6 as energy, u.to_quality, u.estimated, u.energy as micro,
         r.energy / 1e6 as reverse, l.peak, l.night / 1e6 as night, l.night_quarters,
         g.node_id, g.role,
         case when q.examined > 0 then (q.below + q.above)::numeric / q.examined end as voltage_off,
         case when u.energy > 0 and x.energy is not null
           then u.energy / sqrt(u.energy::numeric ^ 2 + x.energy::numeric ^ 2)
           else s.power_factor end as factor, case when x.energy is null then 0 else 1 end as is_measured,
         exists (select from installation i where i.usage_point_id = b.usage_point_id
           and i.valid_from <= $2::timestamptz
           and (i.valid_to is null or i.valid_to >= $3::timestamptz)) as has_meter
       from anomaly_batch b
       cross join (
         select value as power_factor from anomaly_setting where name = 'power-factor') s
       left join usage_day u on u.usage_point_id = b.usage_point_id and u.register = '1.8.0'
         and u.business_date = $1::date
       left join usage_day x on x.usage_point_id = b.usage_point_id and x.register = '3.8.0'
         and x.business_date = $1::date
       left join usage_day r on r.usage_point_id = b.usage_point_id and r.register = '2.8.0'
         and r.business_date = $1::date
       left join load_day l on l.usage_point_id = b.usage_point_id and l.business_date = $1::date
       left join quality_day q on q.usage_point_id = b.usage_point_id
         and q.business_date = $1::date
       left join lateral (
         select p.node_id, p.role from usage_point_place p
         where p.usage_point_id = b.usage_point_id and p.valid_from <= $2::timestamptz
           and (p.valid_to is null or p.valid_to > $2::timestamptz)
         order by p.role = 'supply' desc limit 1) g on true),
     -- How the neighbours of a class went, each against its own history.
     area as (select distinct node_id from own where node_id is not null and energy is not null),
     near as (
       select a.node_id, n.id, n.class, u.energy / 1e6 / h.usual as ratio
       from area a
       cross join lateral (
         select p.usage_point_id as id, c.class from usage_point_place p
         left join account_usage_point_now o on o.usage_point_id = p.usage_point_id
         left join account t on t.id = o.account_id left join customer c on c.id = t.customer_id
         where p.node_id = a.node_id and p.role = 'receive' and p.valid_from <= $2::timestamptz
           and (p.valid_to is null or p.valid_to > $2::timestamptz)
         order by p.usage_point_id limit ${PEERS_MAX}) n
       join usage_day u on u.usage_point_id = n.id and u.register = '1.8.0'
         and u.business_date = $1::date
       cross join lateral (
         select percentile_cont(0.5) within group (order by w.energy / 1e6)::numeric as usual
         from usage_day w where w.usage_point_id = n.id and w.register = '1.8.0'
           and w.business_date < $1::date and w.business_date >= $1::date - ${HISTORY_DAYS}) h
       where h.usual > 0.1),
     middle as (
       select node_id, class, percentile_cont(0.5) within group (order by ratio)::numeric as median,
         count(*) - 1 as peers
       from near group by node_id, class),
     peers as (
       select m.node_id, m.class, m.median, m.peers,
         percentile_cont(0.5) within group (order by abs(n.ratio - m.median))::numeric as mad
       from middle m join near n on n.node_id = m.node_id and n.class is not distinct from m.class
       group by m.node_id, m.class, m.median, m.peers),
     nights as (
       select o.usage_point_id,
         percentile_cont(0.5) within group (order by l.night / 1e6)::numeric as usual
       from own o join load_day l on l.usage_point_id = o.usage_point_id
         and l.business_date < $1::date and l.business_date >= $1::date - ${HISTORY_DAYS}
         and l.night_quarters >= 10
       where o.night is not null group by o.usage_point_id),
     -- The area's transformers carry what its gateway gives, those of a customer what it takes.
     rated as (
       select o.usage_point_id, o.factor, t.kva from own o
       cross join lateral (
         select sum(t.rated_kva) as kva from power_transformer t
         where (t.usage_point_id = o.usage_point_id
             or (o.role = 'supply' and t.node_id = o.node_id))
           and t.valid_from <= $2::timestamptz
           and (t.valid_to is null or t.valid_to > $2::timestamptz)) t
       where t.kva is not null),
     quarter as (
       select f.usage_point_id, f.ends_at,
         coalesce(sum(f.energy) filter (where f.register = '1.8.0'), 0)
           - coalesce(sum(f.energy) filter (where f.register = '2.8.0'), 0) as active,
         sum(f.energy) filter (where f.register = '3.8.0')
           - coalesce(sum(f.energy) filter (where f.register = '4.8.0'), 0) as reactive
       from (select coalesce(array_agg(usage_point_id), '{}') as ids from rated) r
       cross join unnest(array['1.8.0', '2.8.0', '3.8.0', '4.8.0']) n (register)
       cross join lateral (
         select n.register, i.usage_point_id, i.ends_at, i.energy
         from usage_interval(r.ids, n.register, $2::timestamptz, $3::timestamptz) i) f
       group by f.usage_point_id, f.ends_at),
     -- What it carried when it carried most; power that flows back heats it as well.
     carried as (
       select distinct on (r.usage_point_id) r.usage_point_id, r.kva as rated, k.kva,
         abs(q.active) * 4 / 1e6 as kw, case when q.reactive is null then 0 else 1 end as is_measured
       from rated r join quarter q using (usage_point_id)
       cross join lateral (
         select case when q.reactive is null then abs(q.active) / r.factor
           else sqrt(q.active ^ 2 + q.reactive ^ 2) end * 4 / 1e6 as kva) k
       order by r.usage_point_id, k.kva desc, q.ends_at)
     select o.usage_point_id, o.customer_class, o.energy, o.usual, o.history_days,
       0.6745 * (o.energy - o.usual) / greatest(o.mad, 0.05 * o.usual, 0.1) as z,
       0.6745 * (o.energy / nullif(o.usual, 0) - p.median) / greatest(p.mad, 0.05) as peer_z,
       p.peers, case when o.night_quarters >= 10 then o.night end as night,
       n.usual as usual_night, o.reverse, o.generates,
       case when o.role in ('supply', 'generation') then 1 else 0 end as gateway,
       case when o.micro > 0 then o.estimated::numeric / o.micro end as estimated,
       -- What stands at the end of the day was estimated: nobody read it.
       case when (o.energy is null or o.to_quality = ${ESTIMATED}) and o.has_meter then 1 else 0 end
         as missing,
       case when o.energy is null then null when exists (
         select from usage_day y where y.usage_point_id = o.usage_point_id
           and y.register = '1.8.0' and y.business_date = $1::date - 1 and y.energy = o.micro)
         then 1 else 0 end as same,
       o.peak * 4 / 1e6 / o.factor / o.capacity as contract_peak, o.peak * 4 / 1e6 as contract_kw,
       o.factor as contract_factor, o.is_measured as contract_measured,
       c.kva / c.rated as rating_peak, c.kva as rating_kva, c.kw as rating_kw,
       c.is_measured as rating_measured,
       o.voltage_off
     from own o
     left join peers p on p.node_id = o.node_id and p.class is not distinct from o.customer_class
       and o.role = 'receive'
     left join nights n on n.usage_point_id = o.usage_point_id
     left join carried c on c.usage_point_id = o.usage_point_id`,
    [day.date, timestamptz(day.start), timestamptz(day.end)],
  )
}

const stakes = {
  fall: 'greatest(s.usual - coalesce(s.energy, 0), 0)',
  // What ran at night is taken to have run all day.
  night: '8 * greatest(s.usual_night - s.night, 0)',
  reverse: 's.reverse',
  none: '0',
} as const

export async function judgeDays(
  tx: Db,
  rule: Rule,
  { start, end, stake, tells = [] }: Parameters<'days'>,
  day: DaySpan,
): Promise<void> {
  const names = [
    ...new Set([
      ...[...start, ...end].flatMap(({ of, times }) => (times ? [of, times] : [of])),
      ...tells,
    ]),
  ]
  const told = names.map((name) => {
    const column: Readonly<Record<string, string>> = dayMeasures
    return `'${name}', round(s.${column[name]}::numeric, 4)`
  })
  await tx.query(
    `insert into anomaly_said (usage_point_id, code, version, is_hit, strength, energy, evidence)
     select s.usage_point_id, $1, $2::int, s.hot,
       ${strength(start, dayMeasures, 's')},
       case when s.hot then coalesce(round(${stakes[stake ?? 'none']} * 1000000), 0)::bigint else 0 end,
       jsonb_build_object('date', $3::date, ${told.join(', ')}, 'units', $4::jsonb)
     from (
       select s.*, ${holds(start, dayMeasures, 's')} as hot, ${holds(end, dayMeasures, 's')} as cold
       from anomaly_measure s where ${whom(rule, 's')}) s
     where s.hot or s.cold`,
    [
      rule.code,
      rule.version,
      day.date,
      unitsOf([...start, ...end, ...tells.map((of) => ({ of }))]),
    ],
  )
}

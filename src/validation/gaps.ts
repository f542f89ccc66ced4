import type { BusinessDate, CivilTime, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Method } from './methods.ts'

/** A stretch of a register without a value that counts. */
export interface GapRow {
  readonly meter_id: number
  readonly usage_point_id: number
  readonly account_id: number | null
  readonly register: string
  readonly after: Instant
  readonly after_value: bigint
  readonly before: Instant | null
  readonly before_value: bigint | null
  readonly scale: number
  /** Where an open gap is estimated to. */
  readonly until: Instant
  readonly step: number | null
  readonly modulus_digits: number | null
  /** The most that the meter counts in an hour. */
  readonly per_hour: bigint
  readonly methods: readonly Method[]
}

export const keyOf = ({ meter_id, register, after }: GapRow): string =>
  `${meter_id} ${register} ${after}`

/**
 * Stretches without a value between those that count: of registers that something is missing of,
 * and of those that were estimated before. Told once, though they may touch several days.
 */
export async function gapsOf(tx: Db): Promise<readonly GapRow[]> {
  return await tx.query<GapRow>(
    `with pair as (
       select distinct f.task, f.register from validating_found f
       where f.code in ('missing', 'consecutive')
       union
       select t.no, v.register from validating_task t join register_value v
         on v.meter_id = t.meter_id and v.state = 'in-force' and v.kind = 'estimated'
           and v.measured_at > t.from_at and v.measured_at <= t.to_at
       where t.no in (select task from validating_late)),
     step as (
       select d.task, d.register, mode() within group (order by d.seconds) as seconds
       from (
         select p.task, p.register, extract(epoch from p.measured_at - lag(p.measured_at)
           over (partition by p.task, p.register order by p.measured_at))::int as seconds
         from validating_point p join pair on pair.task = p.task and pair.register = p.register
         where p.data_class = 2) d
       where d.seconds between 60 and 3600 group by d.task, d.register),
     ends as (
       select s.task, s.register, s.prev_at as after, s.prev_value as after_value,
         s.measured_at as before, s.value as before_value
       from validating_series s join pair p on p.task = s.task and p.register = s.register
       join validating_task t on t.no = s.task
       where s.prev_at < t.to_at and s.measured_at > t.from_at
         and s.measured_at - s.prev_at > interval '1 hour'
       union all
       select s.task, s.register, max(s.measured_at),
         (array_agg(s.value order by s.measured_at desc))[1], null, null
       from validating_series s join pair p on p.task = s.task and p.register = s.register
       join validating_task t on t.no = s.task
       where t.to_at = t.ends_at and s.measured_at <= t.ends_at
       group by s.task, s.register, t.ends_at
       having max(s.measured_at) < t.ends_at and not exists (select from validating_series n
         where n.task = s.task and n.register = s.register and n.measured_at > t.ends_at))
     select distinct on (t.meter_id, e.register, e.after)
       t.meter_id, t.usage_point_id, t.account_id, e.register, e.after, e.after_value, e.before,
       e.before_value, step.seconds as step,
       (select max(p.scale)::int from validating_point p where p.task = e.task
         and p.register = e.register and p.is_main) as scale,
       coalesce(t.register_digits, (select (r.parameters ->> 'digits')::int from validating_rule r
         where r.audience = t.audience and r.code = 'negative')) as modulus_digits,
       (select l.per_hour / 100 from meter_limits l where l.meter_id = t.meter_id) as per_hour,
       greatest(t.ends_at, (select max(v.measured_at) from register_value v
         where v.meter_id = t.meter_id and v.register = e.register and v.state = 'in-force'
           and v.kind = 'estimated' and v.measured_at > e.after)) as until,
       (select coalesce(jsonb_agg(jsonb_build_object('code', r.code, 'version', r.version,
           'parameters', r.parameters) order by r.position, r.code), '[]')
         from validating_rule r where r.audience = t.audience and r.kind = 'method') as methods
     from ends e join validating_task t on t.no = e.task
     left join step on step.task = e.task and step.register = e.register
     order by t.meter_id, e.register, e.after, e.before nulls last, t.ends_at desc`,
  )
}

/** Days between which the change of neighbours is asked for. */
export function spanOf(civil: CivilTime, { after, before, until }: GapRow) {
  const first: BusinessDate = civil.dateOf(after)
  const last: BusinessDate = civil.dateOf(before ?? until)
  return { first, last, from: timestamptz(after), to: timestamptz(before ?? until) }
}

import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'

export interface Settled {
  readonly found: number
  readonly settled: number
}

/**
 * Brings what was found before in line with what is found now. What a person decided stands, unless
 * it is now about another value.
 */
export async function settleFindings(tx: Db, now: Instant): Promise<Settled> {
  const [row] = await tx.query<{ found: bigint; settled: bigint }>(
    `with fresh as (
       insert into validation_finding as f
         (meter_id, usage_point_id, register, business_date, measured_at, code, version, act,
          severity, evidence, stake, state, found_at)
       select distinct on (t.meter_id, t.business_date, n.code, n.register, n.measured_at)
         t.meter_id, t.usage_point_id, n.register, t.business_date, n.measured_at, n.code,
         n.version, n.act, n.severity, n.evidence,
         least(greatest(n.stake, 0), 9223372036854775807)::bigint, 'open', $1::timestamptz
       from validating_found n join validating_task t on t.no = n.task
       order by t.meter_id, t.business_date, n.code, n.register, n.measured_at, n.task desc
       on conflict on constraint validation_finding_once do update set
         version = excluded.version, act = excluded.act, severity = excluded.severity,
         evidence = excluded.evidence, stake = excluded.stake, state = 'open',
         found_at = case when f.state = 'open' then f.found_at else excluded.found_at end,
         claimed_by = case when f.state = 'open' then f.claimed_by end,
         claimed_at = case when f.state = 'open' then f.claimed_at end,
         decided_by = null, decided_at = null, reason = ''
       where (f.state = 'open' and (f.version, f.act, f.severity, f.evidence, f.stake)
           is distinct from (excluded.version, excluded.act, excluded.severity,
             excluded.evidence, excluded.stake))
         or f.state = 'settled'
         or (f.state in ('accepted', 'rejected', 'corrected')
           and f.evidence -> 'value' is distinct from excluded.evidence -> 'value')
       returning 1),
     gone as (
       update validation_finding f set state = 'settled', decided_by = 'system',
         decided_at = $1::timestamptz
       from validating_task t
       where f.meter_id = t.meter_id and f.business_date = t.business_date
         and (f.state = 'open' or f.state = 'corrected' and f.decided_by = 'system')
         and f.value_id is null and not exists (
           select from validating_found n join validating_task o on o.no = n.task
           where o.meter_id = f.meter_id and o.business_date = f.business_date
             and n.code = f.code and n.register = f.register
             and n.measured_at is not distinct from f.measured_at)
       returning 1)
     select (select count(*) from fresh) as found, (select count(*) from gone) as settled`,
    [timestamptz(now)],
  )
  return { found: Number(row?.found ?? 0n), settled: Number(row?.settled ?? 0n) }
}

/**
 * The word on each value follows from what stands open about it; a person's word stands above.
 */
export async function settleVerdicts(tx: Db, now: Instant): Promise<void> {
  await tx.query(
    `with wanted as (
       select distinct on (f.meter_id, f.register, f.measured_at)
         f.meter_id, f.register, f.measured_at, f.code, f.version,
         case f.act when 'reject' then 'rejected' else 'suspect' end as verdict
       from validation_finding f join validating_task t on t.meter_id = f.meter_id
         and t.business_date = f.business_date
       where f.state = 'open' and f.act in ('reject', 'suspect') and f.measured_at is not null
         and f.value_id is null
       order by f.meter_id, f.register, f.measured_at, f.act, f.severity desc, f.code),
     written as (
       insert into register_verdict as v
         (meter_id, register, measured_at, verdict, rule, rule_version, decided_by, decided_at)
       select meter_id, register, measured_at, verdict, code, version, 'system', $1::timestamptz
       from wanted
       on conflict (meter_id, register, measured_at) do update set verdict = excluded.verdict,
         rule = excluded.rule, rule_version = excluded.rule_version, decided_at = excluded.decided_at
       where v.rule is not null and (v.verdict, v.rule, v.rule_version)
         is distinct from (excluded.verdict, excluded.rule, excluded.rule_version)
       returning 1)
     delete from register_verdict v using validating_task t
     where v.meter_id = t.meter_id and v.measured_at > t.starts_at
       and v.measured_at <= t.ends_at and v.rule is not null
       and not exists (select from wanted w where w.meter_id = v.meter_id
         and w.register = v.register and w.measured_at = v.measured_at)`,
    [timestamptz(now)],
  )
}

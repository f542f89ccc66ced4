import type { CivilTime, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { lockMeters, type Moment, proposeBills } from './estimates.ts'

/** The value that a meter said of the moment of `v`, unless it does not count. */
const said = `
  join lateral (
    select s.value, s.scale from register_reading s
    where s.meter_id = v.meter_id and s.register = v.register and s.measured_at = v.measured_at
    order by s.data_class desc limit 1) m on true
  left join register_verdict w on w.meter_id = v.meter_id and w.register = v.register
    and w.measured_at = v.measured_at and w.verdict = 'rejected'`

/**
 * What people wrote or brought of a moment, and what the meter said of it later: where they differ
 * somebody should know, also after the meter's value has taken its place.
 */
export async function checkOvertaken(tx: Db): Promise<void> {
  await tx.query(
    `insert into validating_found
       (task, register, measured_at, code, version, act, severity, evidence)
     select t.no, v.register, v.measured_at, r.code, r.version, r.act, r.severity,
       jsonb_build_object('value', trim_scale(m.value / 10000.0)::text,
         'written', trim_scale(v.digits / 10::numeric ^ v.scale)::text, 'kind', v.kind,
         'by', v.made_by, 'reason', v.reason)
     from validating_task t
     join validating_rule r on r.audience = t.audience and r.code = 'overtaken'
     join register_value v on v.meter_id = t.meter_id and v.measured_at > t.starts_at
       and v.measured_at <= t.ends_at and v.kind <> 'estimated'
       and (v.state = 'in-force' or v.state = 'superseded' and v.detail ? 'overtakenBy')
     ${said}
     where w.meter_id is null
       and abs(m.value - v.digits / 10::numeric ^ v.scale * 10000)
         > (r.parameters ->> 'tolerance')::numeric * 10000`,
  )
}

/** What the meter said of a moment stands there again; bills of the month should be looked at. */
export async function settleOvertaken(tx: Db, civil: CivilTime, now: Instant): Promise<void> {
  const found = await tx.query<{ id: bigint; meter_id: number; value: string }>(
    `select distinct on (v.id) v.id, v.meter_id, trim_scale(m.value / 10000.0)::text as value
     from validating_task t
     join register_value v on v.meter_id = t.meter_id and v.measured_at > t.starts_at
       and v.measured_at <= t.ends_at and v.kind <> 'estimated' and v.state = 'in-force'
     ${said}
     where w.meter_id is null`,
  )
  if (found.length === 0) return
  await lockMeters(
    tx,
    found.map(({ meter_id }) => meter_id),
  )
  const changed = await tx.query<Moment>(
    `update register_value v set state = 'superseded', decided_by = 'system',
       decided_at = $3::timestamptz,
       detail = v.detail || jsonb_build_object('overtakenBy', u.value)
     from unnest($1::bigint[], $2::text[]) as u (id, value)
     where v.id = u.id and v.state = 'in-force'
     returning v.meter_id, v.measured_at`,
    [found.map(({ id }) => id), found.map(({ value }) => value), timestamptz(now)],
  )
  await proposeBills(tx, civil, now, changed, 'read-later')
}

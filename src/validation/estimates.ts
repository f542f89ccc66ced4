import type { CivilTime, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Estimated } from './estimating.ts'

/**
 * Puts estimates in force where none stands or another one did, and takes back those whose moment
 * has a real value now. What was computed from them is proposed for another run. Returns how many
 * changed.
 */
export async function settleEstimates(
  tx: Db,
  civil: CivilTime,
  now: Instant,
  estimates: readonly Estimated[],
): Promise<number> {
  await tx.query(
    `create temp table validating_estimate on commit drop as
     select * from unnest($1::int[], $2::text[], $3::timestamptz[], $4::bigint[], $5::smallint[],
         $6::text[], $7::int[], $8::jsonb[])
       as e (meter_id, register, measured_at, digits, scale, method, version, detail)`,
    [
      estimates.map(({ meterId }) => meterId),
      estimates.map(({ register }) => register),
      estimates.map(({ at }) => timestamptz(at)),
      estimates.map(({ digits }) => digits),
      estimates.map(({ scale }) => scale),
      estimates.map(({ method }) => method.code),
      estimates.map(({ method }) => method.version),
      estimates.map(({ detail }) => JSON.stringify(detail)),
    ],
  )
  await lockMeters(
    tx,
    estimates.map(({ meterId }) => meterId),
  )
  // An edge that is judged later stands in the way of nothing; a real value or an edit does.
  const replaced = await tx.query<Moment>(
    `update register_value v set state = 'superseded', decided_by = 'system',
       decided_at = $1::timestamptz
     from validating_task t
     where v.meter_id = t.meter_id and v.state = 'in-force' and v.kind = 'estimated'
       and t.no in (select task from validating_late)
       and (v.measured_at > t.from_at and v.measured_at <= t.to_at
         or exists (select from validating_estimate e where e.meter_id = v.meter_id
           and e.register = v.register and e.measured_at = v.measured_at))
       and not exists (select from validating_estimate e where e.meter_id = v.meter_id
         and e.register = v.register and e.measured_at = v.measured_at
         and e.digits * 10::numeric ^ (18 - e.scale) = v.digits * 10::numeric ^ (18 - v.scale)
         and e.method = v.method)
     returning v.meter_id, v.measured_at`,
    [timestamptz(now)],
  )
  const made = await tx.query<Moment>(
    `insert into register_value (meter_id, register, measured_at, digits, scale, kind, method,
       rule, rule_version, state, reason, made_by, made_at, detail)
     select e.meter_id, e.register, e.measured_at, e.digits, e.scale, 'estimated', e.method,
       e.method, e.version, 'in-force', '', 'system', $1::timestamptz, e.detail
     from validating_estimate e
     where not exists (select from register_value v where v.meter_id = e.meter_id
       and v.register = e.register and v.measured_at = e.measured_at and v.state = 'in-force')
     order by e.meter_id, e.measured_at, e.register
     returning meter_id, measured_at`,
    [timestamptz(now)],
  )
  await tx.query(
    `update validation_finding f set state = 'corrected', decided_by = 'system',
       decided_at = $1::timestamptz, reason = e.method
     from validating_task t
     join lateral (select e.meter_id, e.register, e.method, min(e.measured_at) as first,
         max(e.measured_at) as last
       from validating_estimate e where e.meter_id = t.meter_id
         and e.measured_at > t.from_at and e.measured_at <= t.to_at
       group by e.meter_id, e.register, e.method) e on true
     where f.meter_id = t.meter_id and f.business_date = t.business_date and f.state = 'open'
       and f.register = e.register and (f.code = 'consecutive'
         or f.code = 'missing' and f.measured_at between e.first and e.last)`,
    [timestamptz(now)],
  )
  await tx.query('drop table validating_estimate')
  await proposeBills(tx, civil, now, [...replaced, ...made], 'estimate')
  return replaced.length + made.length
}

/** Whoever puts values of a meter in force does so one after the other. */
export async function lockMeters(tx: Db, meters: readonly number[]): Promise<void> {
  await tx.query('select 1 from meter where id = any($1::int[]) order by id for no key update', [
    [...new Set(meters)],
  ])
}

export interface Moment {
  readonly meter_id: number
  readonly measured_at: Instant
}

/** Months that are over and rest on a register value that changed, for whoever had the place then. */
export async function proposeBills(
  tx: Db,
  civil: CivilTime,
  now: Instant,
  changed: readonly Moment[],
  reason: string,
): Promise<void> {
  if (changed.length === 0) return
  await tx.query(
    `insert into validation_proposal (kind, usage_point_id, account_id, business_month, reason,
       detail, state, made_at)
     select 'bill', c.usage_point_id, c.account_id, c.month, $4::text,
       jsonb_build_object('moments', c.moments, 'first', c.first, 'last', c.last), 'open',
       $5::timestamptz
     from (
       select i.usage_point_id, a.account_id, m.month, count(*) as moments, min(u.at) as first,
         max(u.at) as last
       from unnest($1::int[], $2::timestamptz[]) as u (meter_id, at)
       join installation i on i.meter_id = u.meter_id and i.valid_from <= u.at
         and (i.valid_to is null or i.valid_to >= u.at)
       left join account_usage_point a on a.usage_point_id = i.usage_point_id
         and a.valid_from <= u.at and (a.valid_to is null or a.valid_to >= u.at)
       cross join lateral (
         select distinct date_trunc('month', (u.at + d) at time zone $3::text)::date as month
         from (values (interval '0'), (interval '-1 second')) as s (d)) m
       where m.month < date_trunc('month', $5::timestamptz at time zone $3::text)::date
       group by i.usage_point_id, a.account_id, m.month) c
     order by c.usage_point_id, c.month, c.account_id
     on conflict (kind, usage_point_id, account_id, business_month) where state = 'open'
       do nothing`,
    [
      changed.map(({ meter_id }) => meter_id),
      changed.map(({ measured_at }) => timestamptz(measured_at)),
      civil.zone,
      reason,
      timestamptz(now),
    ],
  )
}

import { type Db, timestamptz } from '#src/db'
import type { Parameters } from './conditions.ts'
import { whom } from './sample-queries.ts'
import type { DaySpan, Rule } from './types.ts'

/** What a device told on the day, or so often within so many days. */
export async function judgeEvents(
  tx: Db,
  rule: Rule,
  { codes, count = 1, within = 1 }: Parameters<'event'>,
  day: DaySpan,
): Promise<void> {
  await tx.query(
    `insert into anomaly_said (usage_point_id, code, version, is_hit, strength, energy, evidence)
     select b.usage_point_id, $1, $2::int, e.times >= $6::int,
       least(5, greatest(1, e.times::numeric / $6::int)), 0,
       jsonb_build_object('date', $7::date, 'events', e.events)
     from anomaly_batch b
     cross join lateral (
       select count(*) as times, jsonb_agg(jsonb_build_object('id', v.id, 'code', v.code,
         'phase', v.phase, 'at', v.at, 'until', v.cleared_at) order by v.at) as events
       from installation i
       join device_event v on v.device = 'm' || i.meter_id and v.code = any($3::text[])
         and v.at >= $4::timestamptz - ($8::int - 1) * interval '1 day' and v.at < $5::timestamptz
         and v.at >= i.valid_from and (i.valid_to is null or v.at < i.valid_to)
       where i.usage_point_id = b.usage_point_id) e
     where ${whom(rule, 'b')}`,
    [
      ...[rule.code, rule.version, codes, timestamptz(day.start), timestamptz(day.end)],
      ...[count, day.date, within],
    ],
  )
}

/** An event, and what is used since is less than what was used before it. */
export async function judgeFalls(
  tx: Db,
  rule: Rule,
  parameters: Parameters<'event'>,
  day: DaySpan,
  zone: string,
): Promise<void> {
  const { codes, within = 30, fall = 0.3, recovered = fall / 2, daysMin = 5 } = parameters
  await tx.query(
    `insert into anomaly_said (usage_point_id, code, version, is_hit, strength, energy, evidence)
     select b.usage_point_id, $1, $2::int, f.share >= $7::numeric,
       least(5, greatest(1, f.share / $7::numeric)),
       case when f.share >= $7::numeric
         then greatest(round(f.before - coalesce(f.today, f.after)), 0)::bigint else 0 end,
       jsonb_build_object('date', $8::date, 'event', e.code, 'eventId', e.id, 'at', e.at,
         'before', round(f.before / 1e6, 2), 'after', round(f.after / 1e6, 2),
         'fell', round(f.share, 3))
     from anomaly_batch b
     cross join lateral (
       select v.id, v.code, v.at, (v.at at time zone $9)::date as day
       from installation i
       join device_event v on v.device = 'm' || i.meter_id and v.code = any($3::text[])
         and v.at >= $4::timestamptz - $6::int * interval '1 day' and v.at < $5::timestamptz
         and v.at >= i.valid_from and (i.valid_to is null or v.at < i.valid_to)
       where i.usage_point_id = b.usage_point_id
       order by v.at desc limit 1) e
     cross join lateral (
       select percentile_cont(0.5) within group (order by u.energy)
           filter (where u.business_date < e.day)::numeric as before,
         percentile_cont(0.5) within group (order by u.energy)
           filter (where u.business_date > e.day)::numeric as after,
         max(u.energy) filter (where u.business_date = $8::date)::numeric as today,
         count(*) filter (where u.business_date < e.day) as days_before,
         count(*) filter (where u.business_date > e.day) as days_after
       from usage_day u where u.usage_point_id = b.usage_point_id and u.register = '1.8.0'
         and u.business_date between e.day - 28 and $8::date) m
     cross join lateral (
       select m.before, m.after, m.today, 1 - m.after / nullif(m.before, 0) as share) f
     where ${whom(rule, 'b')} and m.days_before >= $10::int and m.days_after >= $10::int
       and (f.share >= $7::numeric or f.share <= $11::numeric)`,
    [
      ...[rule.code, rule.version, codes, timestamptz(day.start), timestamptz(day.end), within],
      ...[fall, day.date, zone, daysMin, recovered],
    ],
  )
}

/** What the validation of values found of the day and nobody called a mistake. */
export async function judgeFindings(
  tx: Db,
  rule: Rule,
  { codes }: Parameters<'validation'>,
  day: DaySpan,
): Promise<void> {
  await tx.query(
    `insert into anomaly_said (usage_point_id, code, version, is_hit, strength, energy, evidence)
     select b.usage_point_id, $1, $2::int, coalesce(f.times, 0) > 0, 1, coalesce(f.stake, 0),
       jsonb_build_object('date', $4::date, 'findings', coalesce(f.findings, '[]'))
     from anomaly_batch b
     cross join lateral (
       select count(*) as times, max(v.stake) as stake, jsonb_agg(jsonb_build_object('id', v.id,
         'rule', v.code, 'version', v.version, 'register', v.register, 'at', v.measured_at,
         'state', v.state, 'evidence', v.evidence) order by v.id) as findings
       from validation_finding v where v.usage_point_id = b.usage_point_id
         and v.business_date = $4::date and v.code = any($3::text[])
         and v.state in ('open', 'rejected', 'corrected')) f
     where ${whom(rule, 'b')}`,
    [rule.code, rule.version, codes, day.date],
  )
}

/** How far off the meter's clock was at the last look of the day. */
export async function judgeClocks(
  tx: Db,
  rule: Rule,
  { minutes, below, end }: Parameters<'clock'>,
  day: DaySpan,
): Promise<void> {
  await tx.query(
    `insert into anomaly_said (usage_point_id, code, version, is_hit, strength, energy, evidence)
     select b.usage_point_id, $1, $2::int,
       c.off > $5::numeric and ($6::numeric is null or c.off <= $6::numeric),
       least(5, greatest(1, c.off / $5::numeric)), 0,
       jsonb_build_object('date', $8::date, 'offsetMs', c.offset_ms, 'uncertaintyMs',
         c.uncertainty_ms, 'at', c.measured_at)
     from anomaly_batch b
     join installation i on i.usage_point_id = b.usage_point_id and i.valid_from <= $4::timestamptz
       and (i.valid_to is null or i.valid_to >= $4::timestamptz)
     cross join lateral (
       select k.offset_ms, k.uncertainty_ms, k.measured_at, abs(k.offset_ms) / 60000.0 as off
       from clock_measurement k where k.kind = 'meter' and k.device_id = i.meter_id
         and k.measured_at >= $3::timestamptz and k.measured_at < $4::timestamptz
         and k.offset_ms is not null
       order by k.measured_at desc limit 1) c
     where ${whom(rule, 'b')} and (c.off > $5::numeric or c.off < $7::numeric)`,
    [
      ...[rule.code, rule.version, timestamptz(day.start), timestamptz(day.end), minutes],
      ...[below ?? null, end, day.date],
    ],
  )
}

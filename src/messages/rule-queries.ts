import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Role } from '#src/identity'
import {
  type EventWords,
  type MessageRule,
  type Notice,
  type Occasion,
  type Template,
  urgencies,
} from './rule-types.ts'
import type { Locale, MessagePolicy, QuietHours } from './types.ts'

interface RuleRow {
  readonly name: string
  readonly occasion: Occasion
  readonly min_severity: number
  readonly topics: readonly string[] | null
  readonly to_assignee: boolean
  readonly to_role: Role | null
  readonly template: string
  readonly urgent: boolean
  readonly quiet_from_hour: number | null
  readonly quiet_to_hour: number | null
  readonly person_hour_max: number | null
  readonly valid_minutes: number
  readonly enabled: boolean
}

const quietOf = (from: number | null, to: number | null): QuietHours | null =>
  from === null || to === null ? null : { fromHour: from, toHour: to }

export async function selectRules(db: Db): Promise<MessageRule[]> {
  const rows = await db.query<RuleRow>(
    `select name, occasion, min_severity, topics, to_assignee, to_role, template, urgent,
       quiet_from_hour, quiet_to_hour, person_hour_max, valid_minutes, enabled
     from message_rule order by name`,
  )
  return rows.map((row) => ({
    name: row.name,
    occasion: row.occasion,
    minSeverity: urgencies[row.min_severity - 1] ?? 'critical',
    topics: row.topics,
    toAssignee: row.to_assignee,
    toRole: row.to_role,
    template: row.template,
    urgent: row.urgent,
    quiet: quietOf(row.quiet_from_hour, row.quiet_to_hour),
    personHourMax: row.person_hour_max,
    validMinutes: row.valid_minutes,
    enabled: row.enabled,
  }))
}

/** What happened before it was changed is not told by it. */
export async function upsertRule(db: Db, rule: MessageRule, now: Instant): Promise<void> {
  await db.query(
    `insert into message_rule (name, occasion, min_severity, topics, to_assignee, to_role, template,
       urgent, quiet_from_hour, quiet_to_hour, person_hour_max, valid_minutes, enabled, since)
     values ($1::text, $2::text, $3::smallint, $4::text[], $5::bool, $6::text, $7::text, $8::bool,
       $9::smallint, $10::smallint, $11::smallint, $12::int, $13::bool, $14::timestamptz)
     on conflict (name) do update set occasion = excluded.occasion,
       min_severity = excluded.min_severity, topics = excluded.topics,
       to_assignee = excluded.to_assignee, to_role = excluded.to_role,
       template = excluded.template, urgent = excluded.urgent,
       quiet_from_hour = excluded.quiet_from_hour, quiet_to_hour = excluded.quiet_to_hour,
       person_hour_max = excluded.person_hour_max, valid_minutes = excluded.valid_minutes,
       enabled = excluded.enabled, since = excluded.since`,
    [
      ...[rule.name, rule.occasion, urgencies.indexOf(rule.minSeverity) + 1, rule.topics],
      ...[rule.toAssignee, rule.toRole, rule.template, rule.urgent],
      ...[rule.quiet?.fromHour ?? null, rule.quiet?.toHour ?? null, rule.personHourMax],
      ...[rule.validMinutes, rule.enabled, timestamptz(now)],
    ],
  )
}

export async function deleteRule(db: Db, name: string): Promise<boolean> {
  const rows = await db.query(`delete from message_rule where name = $1::text returning 1`, [name])
  return rows.length > 0
}

export async function selectPolicy(db: Db): Promise<MessagePolicy> {
  const [row] = await db.query<{ from: number; to: number; most: number }>(
    `select quiet_from_hour as from, quiet_to_hour as to, person_hour_max as most
     from message_policy`,
  )
  if (!row) throw new Error('invariant broken: there is no message policy')
  return { quiet: { fromHour: row.from, toHour: row.to }, personHourMax: row.most }
}

export async function updatePolicy(db: Db, policy: MessagePolicy): Promise<void> {
  const { quiet, personHourMax } = policy
  await db.query(
    `update message_policy set quiet_from_hour = $1::smallint, quiet_to_hour = $2::smallint,
       person_hour_max = $3::smallint`,
    [quiet.fromHour, quiet.toHour, personHourMax],
  )
}

export function selectTemplates(db: Db): Promise<Template[]> {
  return db.query<Template>(
    `select code, locale, body from message_template order by code, locale desc`,
  )
}

export async function upsertTemplate(db: Db, { code, locale, body }: Template): Promise<void> {
  await db.query(
    `insert into message_template (code, locale, body) values ($1::text, $2::text, $3::text)
     on conflict (code, locale) do update set body = excluded.body`,
    [code, locale, body],
  )
}

interface NoticeRow {
  readonly key: string
  readonly name: string
  readonly template: string
  readonly urgent: boolean
  readonly quiet_from_hour: number | null
  readonly quiet_to_hour: number | null
  readonly valid_minutes: number
  readonly telephone: string
  readonly locale: Locale
  readonly reference: string
  readonly occasion: Occasion
  readonly at: Instant
  readonly facts: Readonly<Record<string, unknown>>
}

/**
 * Whom a rule wants to tell something that is worth telling still and was not told yet, the oldest
 * first. A rule tells one person so many an hour; what is over that comes later, or never.
 */
export async function selectNotices(
  db: Db,
  events: readonly EventWords[],
  now: Instant,
  limit: number,
): Promise<Notice[]> {
  const rows = await db.query<NoticeRow>(
    `with worth as (
       select * from message_rule where enabled),
     horizon as (
       select $1::timestamptz - make_interval(mins => coalesce(max(valid_minutes), 0)) as since
       from worth),
     happened as (
       select o.* from message_occasion o, horizon h where o.at >= h.since
       union all
       select 'event/' || d.id, 'device.event', d.code, w.severity, d.received_at,
         null::int,
         'device-event/' || d.id,
         jsonb_build_object('code', d.code, 'at', d.at, 'device', coalesce(m.address, c.address))
       from horizon h
       join device_event d on d.at >= h.since
       join unnest($2::text[], $3::int[]) as w (code, severity) on w.code = d.code
       left join meter m on m.id = d.meter_id
       left join concentrator c on c.id = d.concentrator_id
       where (d.raised_at is not null or not d.is_span) and not d.superseded
         and exists (select from worth r where r.occasion = 'device.event'
           and r.min_severity <= w.severity)),
     wanted as (
       select 'rule/' || r.name || '/' || o.ref || '/' || u.id as key, r.name, r.template, r.urgent,
         r.quiet_from_hour, r.quiet_to_hour, r.valid_minutes, r.person_hour_max, u.telephone,
         u.locale, o.reference, o.occasion, o.at, o.facts
       from happened o
       join worth r on r.occasion = o.occasion and r.min_severity <= o.severity
         and (r.topics is null or o.topic = any(r.topics))
         and o.at >= r.since and o.at > $1::timestamptz - make_interval(mins => r.valid_minutes)
       join app_user u on not u.disabled and u.telephone is not null and o.at >= u.telephone_since
         and ((r.to_assignee and u.id = o.assignee_id) or r.to_role = any(u.roles))),
     fresh as (
       select w.*, row_number() over (partition by w.name, w.telephone order by w.at, w.key) as nth
       from wanted w
       where not exists (select from message k where k.idempotency_key = w.key))
     select f.key, f.name, f.template, f.urgent, f.quiet_from_hour, f.quiet_to_hour,
       f.valid_minutes, f.telephone, f.locale, f.reference, f.occasion, f.at, f.facts
     from fresh f
     where f.person_hour_max is null or f.nth + (
         select count(*) from message s where s.rule = f.name and s.recipient = f.telephone
           and s.created_at > $1::timestamptz - interval '1 hour') <= f.person_hour_max
     order by f.at, f.key limit $4::int`,
    [
      timestamptz(now),
      events.map(({ code }) => code),
      events.map(({ severity }) => urgencies.indexOf(severity) + 1),
      limit,
    ],
  )
  return rows.map((row) => ({
    key: row.key,
    rule: {
      name: row.name,
      template: row.template,
      urgent: row.urgent,
      quiet: quietOf(row.quiet_from_hour, row.quiet_to_hour),
      validMinutes: row.valid_minutes,
    },
    recipient: row.telephone,
    locale: row.locale,
    reference: row.reference,
    occasion: row.occasion,
    at: row.at,
    facts: row.facts,
  }))
}

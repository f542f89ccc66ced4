import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Turned } from './rules.ts'
import type {
  Locale,
  Message,
  MessageEvent,
  MessageFilter,
  MessageId,
  MessageState,
  NewMessage,
  QuietHours,
} from './types.ts'

interface MessageRow {
  readonly id: MessageId
  readonly idempotency_key: string
  readonly template: string
  readonly locale: Locale
  readonly parameters: Readonly<Record<string, string>>
  readonly channel: 'sms'
  readonly recipient: string
  readonly body: string
  readonly urgent: boolean
  readonly reference: string
  readonly requested_by: string
  readonly state: MessageState
  readonly turn: number
  readonly tries: number
  readonly created_at: Instant
  readonly expires_at: Instant
  readonly next_at: Instant | null
  readonly first_tried_at: Instant | null
  readonly tried_at: Instant | null
  readonly provider_ref: string | null
  readonly ended_at: Instant | null
  readonly reason: string | null
}

const columns = `id, idempotency_key, template, locale, parameters, channel, recipient, body,
  urgent, reference, requested_by, state, turn, tries, created_at, expires_at, next_at,
  first_tried_at, tried_at, provider_ref, ended_at, reason`

/** With the number of its claim. */
export type Claimed = Message & { readonly turn: number }

const messageOf = (row: MessageRow): Claimed => ({
  id: row.id,
  key: row.idempotency_key,
  template: row.template,
  locale: row.locale,
  parameters: row.parameters,
  channel: row.channel,
  recipient: row.recipient,
  body: row.body,
  urgent: row.urgent,
  reference: row.reference,
  requestedBy: row.requested_by,
  state: row.state,
  turn: row.turn,
  tries: row.tries,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  nextAt: row.next_at,
  firstTriedAt: row.first_tried_at,
  triedAt: row.tried_at,
  providerRef: row.provider_ref,
  endedAt: row.ended_at,
  reason: row.reason,
})

export async function selectTemplate(db: Db, code: string, locale: Locale) {
  const rows = await db.query<{ body: string }>(
    `select body from message_template where code = $1::text and locale = $2::text`,
    [code, locale],
  )
  return rows[0]?.body
}

export type NewRow = Pick<
  Message,
  | 'id'
  | 'key'
  | 'template'
  | 'locale'
  | 'parameters'
  | 'channel'
  | 'recipient'
  | 'body'
  | 'urgent'
  | 'reference'
  | 'requestedBy'
  | 'createdAt'
  | 'expiresAt'
> & { readonly byRule: NewMessage['byRule'] | null }

/** Nothing where the key is known. */
export async function insertMessage(db: Db, one: NewRow): Promise<boolean> {
  const rows = await db.query(
    `insert into message (id, idempotency_key, template, locale, parameters, channel, recipient,
       body, urgent, reference, requested_by, state, created_at, expires_at, next_at, rule,
       quiet_from_hour, quiet_to_hour)
     values ($1::uuid, $2::text, $3::text, $4::text, $5::jsonb, $6::text, $7::text, $8::text,
       $9::bool, $10::text, $11::text, 'queued', $12::timestamptz, $13::timestamptz,
       $12::timestamptz, $14::text, $15::smallint, $16::smallint)
     on conflict (idempotency_key) do nothing returning 1`,
    [
      one.id,
      one.key,
      one.template,
      one.locale,
      JSON.stringify(one.parameters),
      one.channel,
      one.recipient,
      one.body,
      one.urgent,
      one.reference,
      one.requestedBy,
      timestamptz(one.createdAt),
      timestamptz(one.expiresAt),
      one.byRule?.rule ?? null,
      one.byRule?.quiet?.fromHour ?? null,
      one.byRule?.quiet?.toHour ?? null,
    ],
  )
  return rows.length > 0
}

export async function selectByKey(db: Db, key: string): Promise<Message | undefined> {
  const rows = await db.query<MessageRow>(
    `select ${columns} from message where idempotency_key = $1::text`,
    [key],
  )
  return rows.map(messageOf)[0]
}

export async function selectMessage(db: Db, id: MessageId): Promise<Message | undefined> {
  const rows = await db.query<MessageRow>(`select ${columns} from message where id = $1::uuid`, [
    id,
  ])
  return rows.map(messageOf)[0]
}

export async function selectMessages(
  db: Db,
  { state, recipient, reference }: MessageFilter,
  before: MessageId | null,
  limit: number,
): Promise<Message[]> {
  const rows = await db.query<MessageRow>(
    `select ${columns} from message
     where ($1::uuid is null or (created_at, id) <
         (select b.created_at, b.id from message b where b.id = $1::uuid))
       and ($2::text is null or state = $2::text)
       and ($3::text is null or recipient = $3::text)
       and ($4::text is null or reference = $4::text)
     order by created_at desc, id desc limit $5::int`,
    [before, state ?? null, recipient ?? null, reference ?? null, limit],
  )
  return rows.map(messageOf)
}

/** Any constant will do: claims wait for each other, so that limits per recipient hold exactly. */
const CLAIM_LOCK = 4_210_461

export interface ClaimOrder {
  readonly now: Instant
  readonly leaseUntil: Instant
  /** Of the utility's day, for quiet hours; a message may have its own. */
  readonly hour: number
  readonly quiet: QuietHours
  /** So many to one person in the time since. */
  readonly personMax: number
  readonly countedSince: Instant
  readonly limit: number
}

const [quietFrom, quietTo] = ['from', 'to'].map(
  (end, index) => `coalesce(quiet_${end}_hour, $${7 + index}::int)`,
)
/** The hour $3 is in the quiet ones of a message, or of the policy, $7 to $8. */
const isQuiet = `(case when ${quietFrom} <= ${quietTo}
  then $3::int >= ${quietFrom} and $3::int < ${quietTo}
  else $3::int >= ${quietFrom} or $3::int < ${quietTo} end)`

/** Takes what is due, in one statement; messages over a person's limit stay where they are. */
export async function claimDue(tx: Db, order: ClaimOrder): Promise<Claimed[]> {
  await tx.query(`select pg_advisory_xact_lock($1::bigint)`, [CLAIM_LOCK])
  const rows = await tx.query<MessageRow>(
    `with due as (
       select id, recipient, state, urgent, next_at from message
       where next_at <= $1::timestamptz
         and (lease_until is null or lease_until <= $1::timestamptz)
         and (state <> 'queued' or urgent or not ${isQuiet})
       order by urgent desc, next_at, id limit $6::int for update skip locked),
     used as (
       select m.recipient, count(*) as sent from message m
       where m.tried_at > $5::timestamptz
         and m.recipient in (select d.recipient from due d)
       group by m.recipient),
     ranked as (
       select d.id, d.state, coalesce(u.sent, 0) + row_number()
         over (partition by d.recipient, d.state order by d.urgent desc, d.next_at, d.id) as nth
       from due d left join used u on u.recipient = d.recipient)
     update message m set turn = m.turn + 1, lease_until = $2::timestamptz
     from ranked r
     where m.id = r.id and (r.state <> 'queued' or r.nth <= $4::int)
     returning ${columns.replaceAll(/(\w+)/g, 'm.$1')}`,
    [
      timestamptz(order.now),
      timestamptz(order.leaseUntil),
      order.hour,
      order.personMax,
      timestamptz(order.countedSince),
      order.limit,
      order.quiet.fromHour,
      order.quiet.toHour,
    ],
  )
  return rows.map(messageOf)
}

/** Before the bytes leave: a crash from here on leaves the message in doubt, not unsent. */
export async function markSending(db: Db, claims: readonly Claimed[], now: Instant): Promise<void> {
  await db.query(
    `update message m set state = 'sending', tries = m.tries + 1, tried_at = $3::timestamptz,
       first_tried_at = coalesce(m.first_tried_at, $3::timestamptz), next_at = m.lease_until
     from unnest($1::uuid[], $2::int[]) as u (id, turn)
     where m.id = u.id and m.turn = u.turn`,
    [claims.map(({ id }) => id), claims.map(({ turn }) => turn), timestamptz(now)],
  )
}

/** False where the lease was lost, or a receipt has settled the message meanwhile. */
export async function finishTurn(
  db: Db,
  { id, turn }: Claimed,
  turned: Turned,
  now: Instant,
): Promise<boolean> {
  const isOver = ['delivered', 'failed', 'expired'].includes(turned.state)
  const rows = await db.query(
    `update message set state = $3::text, next_at = $4::timestamptz, lease_until = null,
       reason = $5::text, provider_ref = coalesce($6::text, provider_ref),
       ended_at = case when $7::bool then $8::timestamptz end
     where id = $1::uuid and turn = $2::int and state not in ('delivered', 'failed', 'expired')
     returning 1`,
    [
      id,
      turn,
      turned.state,
      turned.nextAt === null ? null : timestamptz(turned.nextAt),
      turned.reason,
      turned.ref,
      isOver,
      timestamptz(now),
    ],
  )
  return rows.length > 0
}

export async function insertEvents(
  db: Db,
  events: readonly { readonly id: MessageId; readonly event: string; readonly detail: string }[],
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into message_event (message_id, at, event, detail)
     select u.id, $4::timestamptz, u.event, u.detail
     from unnest($1::uuid[], $2::text[], $3::text[]) as u (id, event, detail)`,
    [
      events.map(({ id }) => id),
      events.map(({ event }) => event),
      events.map(({ detail }) => detail),
      timestamptz(now),
    ],
  )
}

export async function selectEvents(db: Db, id: MessageId): Promise<MessageEvent[]> {
  return await db.query<MessageEvent & { at: Instant }>(
    `select at, event, detail from message_event where message_id = $1::uuid order by seq`,
    [id],
  )
}

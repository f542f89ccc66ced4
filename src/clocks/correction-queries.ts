import { type ChannelId, type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type { DeviceKind, Measured } from './rules.ts'
import type {
  ClockDevice,
  ClockFailure,
  Correction,
  CorrectionHow,
  CorrectionState,
} from './types.ts'

const COLUMNS = `c.id, c.kind, c.device_id, n.address, c.channel_id, c.how, c.state, c.requested_by,
  c.requested_at, c.approvers, c.people_needed, c.offset_ms::float8 as offset_ms, c.uncertainty_ms,
  c.before_offset_ms::float8 as before_offset_ms, c.before_uncertainty_ms, c.sent_at,
  c.after_offset_ms::float8 as after_offset_ms, c.after_uncertainty_ms, c.reason,
  c.reason_code, c.ended_at`

interface Row {
  readonly id: number
  readonly kind: DeviceKind
  readonly device_id: number
  readonly address: string
  readonly channel_id: number
  readonly how: CorrectionHow
  readonly state: CorrectionState
  readonly requested_by: string
  readonly requested_at: Instant
  readonly approvers: readonly string[]
  readonly people_needed: number
  readonly offset_ms: number | null
  readonly uncertainty_ms: number
  readonly before_offset_ms: number | null
  readonly before_uncertainty_ms: number | null
  readonly sent_at: Instant | null
  readonly after_offset_ms: number | null
  readonly after_uncertainty_ms: number | null
  readonly reason: string | null
  readonly reason_code: string | null
  readonly ended_at: Instant | null
}

function correctionOf(row: Row): Correction {
  const seen = (offsetMs: number | null, uncertaintyMs: number | null) =>
    uncertaintyMs === null ? null : { offsetMs, uncertaintyMs }
  return {
    id: row.id,
    device: { kind: row.kind, id: row.device_id },
    address: row.address,
    channelId: idOf(row.channel_id),
    how: row.how,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    approvers: row.approvers,
    peopleNeeded: row.people_needed,
    offsetMs: row.offset_ms,
    uncertaintyMs: row.uncertainty_ms,
    before: seen(row.before_offset_ms, row.before_uncertainty_ms),
    sentAt: row.sent_at,
    after: seen(row.after_offset_ms, row.after_uncertainty_ms),
    reason: row.reason,
    reasonCode: row.reason_code,
    endedAt: row.ended_at,
  }
}

export interface NewCorrection {
  readonly device: ClockDevice
  readonly channelId: ChannelId
  readonly how: CorrectionHow
  readonly requestedBy: string
  readonly at: Instant
  readonly approvers: readonly string[]
  readonly peopleNeeded: number
  readonly offsetMs: number | null
  readonly uncertaintyMs: number
}

/** Null where one is open for the device already. */
export async function insertCorrection(db: Db, one: NewCorrection): Promise<number | null> {
  const [row] = await db.query<{ id: number }>(
    `insert into clock_correction (kind, device_id, channel_id, how, state, requested_by,
       requested_at, approvers, people_needed, offset_ms, uncertainty_ms)
     values ($1::text, $2::int, $3::int, $4::text,
       case when cardinality($7::text[]) >= $8::int then 'approved' else 'proposed' end,
       $5::text, to_timestamp($6::float8 / 1000), $7::text[], $8::int, $9::int8, $10::int)
     on conflict do nothing returning id`,
    [
      one.device.kind,
      one.device.id,
      one.channelId,
      one.how,
      one.requestedBy,
      one.at,
      one.approvers,
      one.peopleNeeded,
      one.offsetMs,
      one.uncertaintyMs,
    ],
  )
  return row?.id ?? null
}

/**
 * Puts somebody behind what this system proposed by itself and nobody has decided on, and finds
 * what is approved anyway. Null where it waits for another person or is under way.
 */
export async function joinCorrection(
  tx: Db,
  { kind, id }: ClockDevice,
  by: string,
): Promise<number | null> {
  const [row] = await tx.query<{ id: number }>(
    `update clock_correction set
       approvers = case when state = 'proposed' then array[$3::text] else approvers end,
       next_at = case when state = 'proposed' then '-infinity' else next_at end,
       state = case when people_needed <= 1 then 'approved' else state end
     where kind = $1::text and device_id = $2::int
       and ((state = 'proposed' and approvers = '{}') or state = 'approved')
     returning id`,
    [kind, id, by],
  )
  return row?.id ?? null
}

export async function selectCorrection(db: Db, id: number): Promise<Correction | undefined> {
  const [row] = await db.query<Row>(
    `select ${COLUMNS} from clock_correction c join clock_name n using (kind, device_id)
     where c.id = $1::int`,
    [id],
  )
  return row && correctionOf(row)
}

export async function lockCorrection(tx: Db, id: number): Promise<void> {
  await tx.query('select from clock_correction where id = $1::int for update', [id])
}

export async function selectCorrections(
  db: Db,
  filter: { readonly state?: CorrectionState; readonly device?: ClockDevice },
  before: number | null,
  limit: number,
): Promise<readonly Correction[]> {
  const rows = await db.query<Row>(
    `select ${COLUMNS} from clock_correction c join clock_name n using (kind, device_id)
     where ($1::text is null or c.state = $1::text) and ($2::int is null or c.id < $2::int)
       and ($3::text is null or (c.kind = $3::text and c.device_id = $4::int))
     order by c.id desc limit $5::int`,
    [filter.state ?? null, before, filter.device?.kind ?? null, filter.device?.id ?? null, limit],
  )
  return rows.map(correctionOf)
}

/** What can be carried out: approved, oldest first, one for each channel. */
export async function selectReady(
  db: Db,
  now: Instant,
  busy: readonly number[],
  limit: number,
): Promise<readonly Correction[]> {
  const rows = await db.query<Row>(
    `select distinct on (c.channel_id) ${COLUMNS}
     from clock_correction c join clock_name n using (kind, device_id)
     where c.state = 'approved' and c.next_at <= to_timestamp($3::float8 / 1000)
       and c.channel_id <> all($1::int[])
     order by c.channel_id, c.id limit $2::int`,
    [busy, limit, now],
  )
  return rows.map(correctionOf)
}

/** Why some wait, and until when the others of their channels go first. */
export async function writeWaiting(
  db: Db,
  ids: readonly number[],
  { code, message }: ClockFailure,
  until: Instant,
): Promise<void> {
  if (ids.length === 0) return
  await db.query(
    `update clock_correction set reason = $2::text, reason_code = $3::text,
       next_at = to_timestamp($4::float8 / 1000)
     where id = any($1::int[]) and state = 'approved'`,
    [ids, message, code, until],
  )
}

export async function updateApproval(tx: Db, id: number, by: string): Promise<void> {
  await tx.query(
    `update clock_correction set approvers = approvers || $2::text,
       next_at = '-infinity',
       state = case when cardinality(approvers) + 1 >= people_needed then 'approved' else state end
     where id = $1::int`,
    [id, by],
  )
}

/** True once: from here on the frame may have left. */
export async function markSending(
  db: Db,
  id: number,
  before: Measured,
  at: Instant,
): Promise<boolean> {
  const rows = await db.query(
    `update clock_correction set state = 'sending', sent_at = to_timestamp($2::float8 / 1000),
       before_offset_ms = $3::float8::int8, before_uncertainty_ms = $4::int
     where id = $1::int and state = 'approved' returning 1`,
    [id, at, before.offsetMs, before.uncertaintyMs],
  )
  return rows.length > 0
}

export async function endCorrection(
  db: Db,
  id: number,
  state: CorrectionState,
  reason: ClockFailure | null,
  after: Measured | null,
  at: Instant,
): Promise<void> {
  await db.query(
    `update clock_correction set state = $2::text, reason = $3::text, reason_code = $7::text,
       after_offset_ms = $4::float8::int8, after_uncertainty_ms = $5::int,
       ended_at = case when $2::text <> 'unknown' then to_timestamp($6::float8 / 1000) end
     where id = $1::int and ended_at is null`,
    [
      id,
      state,
      reason?.message ?? null,
      after?.offsetMs ?? null,
      after?.uncertaintyMs ?? null,
      at,
      reason?.code ?? null,
    ],
  )
}

/** True where the channel has not been told the time since. */
export async function isBroadcastDue(db: Db, channel: ChannelId, since: Instant): Promise<boolean> {
  const rows = await db.query(
    `select from clock_correction where channel_id = $1::int and how = 'broadcast'
       and sent_at >= to_timestamp($2::float8 / 1000)`,
    [channel, since],
  )
  return rows.length === 0
}

export async function countDone(
  db: Db,
  { kind, id }: ClockDevice,
  since: Instant,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from clock_correction
     where kind = $1::text and device_id = $2::int and state = 'done'
       and ended_at >= to_timestamp($3::float8 / 1000)`,
    [kind, id, since],
  )
  return row?.count ?? 0
}

/** True for what was approved and does not fit the clock any more, or waited too long. */
export async function isOutdated(
  db: Db,
  id: number,
  { kind, id: deviceId }: ClockDevice,
  limits: { readonly before: Instant; readonly goodMs: number; readonly approveFromMs: number },
): Promise<boolean> {
  const rows = await db.query(
    `select from clock_correction c join clock_device d using (kind, device_id)
     where c.id = $1::int and c.state = 'approved' and d.kind = $2::text and d.device_id = $3::int
       and (c.requested_at < to_timestamp($4::float8 / 1000) or abs(d.offset_ms) <= $5::int8
         or (c.people_needed < 2 and abs(d.offset_ms) + d.uncertainty_ms >= $6::int8))`,
    [id, kind, deviceId, limits.before, limits.goodMs, limits.approveFromMs],
  )
  return rows.length > 0
}

import { type ChannelId, type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import { selectItems } from './read-items.ts'
import type {
  NewReadRequest,
  ReadItemOutcome,
  ReadRequest,
  ReadRequestId,
  ReadRequestState,
  TakenMeter,
} from './read-request-types.ts'

/** More than that nobody wants in one answer. */
const ITEMS_WHOLE_MAX = 10_000

/** False if the id is known: the same request came again. */
export async function insertRequest(
  tx: Db,
  request: NewReadRequest,
  digest: string,
): Promise<boolean> {
  const meters = new Set(request.meterIds).size
  const rows = await tx.query(
    `insert into read_request (id, requested_by, requested_at, deadline, digest, meters, total)
     values ($1::uuid, $2::text, to_timestamp($3::float8 / 1000), to_timestamp($4::float8 / 1000),
       $5::text, $6::int, $7::int)
     on conflict (id) do nothing returning 1`,
    [
      request.id,
      request.requestedBy,
      request.requestedAt,
      request.deadline ?? null,
      digest,
      meters,
      meters * new Set(request.items).size,
    ],
  )
  return rows.length > 0
}

export async function insertItems(tx: Db, request: NewReadRequest): Promise<void> {
  await tx.query(
    `insert into read_request_item (request_id, meter_id, channel_id, item, position)
     select $1::uuid, t.id, m.channel_id, i.item, i.position
     from unnest($2::int[]) as t (id)
     join meter m on m.id = t.id
     cross join unnest($3::text[]) with ordinality as i (item, position)`,
    [request.id, [...new Set(request.meterIds)], [...new Set(request.items)]],
  )
}

export async function lockRequest(tx: Db, id: ReadRequestId): Promise<void> {
  await tx.query(`select from read_request where id = $1::uuid for update`, [id])
}

export async function isOpen(tx: Db, id: ReadRequestId): Promise<boolean> {
  const rows = await tx.query(
    `select from read_request where id = $1::uuid and finished_at is null`,
    [id],
  )
  return rows.length > 0
}

export async function resetRunning(db: Db, id: ReadRequestId): Promise<void> {
  await db.query(
    `update read_request_item set state = 'waiting'
     where request_id = $1::uuid and state = 'running'`,
    [id],
  )
}

export async function channelsWaiting(db: Db, id: ReadRequestId): Promise<readonly number[]> {
  const rows = await db.query<{ channel_id: number }>(
    `select distinct channel_id from read_request_item
     where request_id = $1::uuid and state = 'waiting' order by channel_id`,
    [id],
  )
  return rows.map(({ channel_id }) => channel_id)
}

export async function takeMeters(
  tx: Db,
  id: ReadRequestId,
  channel: ChannelId,
  metersMax: number,
): Promise<readonly TakenMeter[]> {
  const next = await tx.query<{ meter_id: number }>(
    `select distinct meter_id from read_request_item
     where request_id = $1::uuid and channel_id = $2::int and state = 'waiting'
     order by meter_id limit $3::int`,
    [id, channel, metersMax],
  )
  if (next.length === 0) return []
  const rows = await tx.query<{ meter_id: number; items: string[] }>(
    `with taken as (
       update read_request_item set state = 'running'
       where request_id = $1::uuid and meter_id = any($2::int[]) and state = 'waiting'
       returning meter_id, item, position)
     select meter_id, array_agg(item order by position) as items from taken
     group by meter_id order by meter_id`,
    [id, next.map(({ meter_id }) => meter_id)],
  )
  return rows.map(({ meter_id, items }) => ({ meterId: idOf(meter_id), items }))
}

export async function startIf(tx: Db, id: ReadRequestId, now: Instant): Promise<void> {
  await tx.query(
    `update read_request set state = 'running',
       started_at = coalesce(started_at, to_timestamp($2::float8 / 1000))
     where id = $1::uuid and state = 'requested'`,
    [id, now],
  )
}

export async function markCancelled(
  tx: Db,
  id: ReadRequestId,
  by: string,
  now: Instant,
): Promise<void> {
  await tx.query(
    `update read_request set cancelled_at = to_timestamp($3::float8 / 1000), cancelled_by = $2::text
     where id = $1::uuid and cancelled_at is null`,
    [id, by, now],
  )
}

/** How many items ended how, and when the last of them did. */
export interface Ended {
  readonly answered: number
  readonly failed: number
  readonly cancelled: number
  readonly last: Instant | null
}

export async function cancelWaiting(
  tx: Db,
  id: ReadRequestId,
  state: 'cancelled' | 'failed',
  { code, message }: { readonly code: string; readonly message: string },
  now: Instant,
): Promise<Ended> {
  const [row] = await tx.query<{ count: number }>(
    `with ended as (
       update read_request_item set state = $2::text, reason_code = $3::text,
         reason_message = $4::text, answered_at = to_timestamp($5::float8 / 1000)
       where request_id = $1::uuid and state = 'waiting' returning 1)
     select count(*)::int as count from ended`,
    [id, state, code, message, now],
  )
  const none = { answered: 0, failed: 0, cancelled: 0 }
  return { ...none, [state]: row?.count ?? 0, last: now }
}

/** The first outcome of an item counts. */
export async function writeOutcomes(
  tx: Db,
  id: ReadRequestId,
  outcomes: readonly ReadItemOutcome[],
): Promise<Ended> {
  const readings = (outcome: ReadItemOutcome) =>
    outcome.kind === 'answered' ? outcome.readings : []
  /** The reading of an item that has exactly one. */
  const only = (outcome: ReadItemOutcome) => {
    const [first, ...others] = readings(outcome)
    return others.length === 0 ? first : undefined
  }
  const failure = (outcome: ReadItemOutcome) => (outcome.kind === 'answered' ? undefined : outcome)
  const [ended] = await tx.query<Ended>(
    `with ended as (
     update read_request_item i set state = u.state, value = u.value, unit = u.unit,
       measured_at = to_timestamp(u.measured_ms / 1000),
       answered_at = to_timestamp(u.answered_ms / 1000),
       reason_code = u.code, reason_message = u.message, readings = u.readings::jsonb
     from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[],
         $8::float8[], $9::text[], $10::text[], $11::text[])
       as u (meter_id, item, state, value, unit, measured_ms, answered_ms, code, message,
         readings)
     where i.request_id = $1::uuid and i.meter_id = u.meter_id and i.item = u.item
       and i.answered_at is null
     returning i.state, i.answered_at)
     select count(*) filter (where state = 'answered')::int as answered,
       count(*) filter (where state = 'failed')::int as failed,
       count(*) filter (where state = 'cancelled')::int as cancelled, max(answered_at) as last
     from ended`,
    [
      id,
      outcomes.map(({ meterId }) => meterId),
      outcomes.map(({ item }) => item),
      outcomes.map(({ kind }) => kind),
      outcomes.map((outcome) => only(outcome)?.value ?? null),
      outcomes.map((outcome) => only(outcome)?.unit ?? null),
      outcomes.map((outcome) => only(outcome)?.at ?? null),
      outcomes.map(({ answeredAt }) => answeredAt),
      outcomes.map((outcome) => failure(outcome)?.code ?? null),
      outcomes.map((outcome) => failure(outcome)?.message ?? null),
      outcomes.map((outcome) => JSON.stringify(readings(outcome))),
    ],
  )
  return ended ?? { answered: 0, failed: 0, cancelled: 0, last: null }
}

/** The request's state follows from how its items ended. */
export async function settle(tx: Db, id: ReadRequestId, ended: Ended): Promise<void> {
  await tx.query(
    `update read_request r set answered = n.answered, failed = n.failed, cancelled = n.cancelled,
       last_at = n.last, started_at = coalesce(r.started_at, n.last),
       state = case
         when n.open > 0 then 'running'
         when n.cancelled > 0 then 'cancelled'
         when n.answered = r.total then 'done'
         when n.answered = 0 then 'failed'
         else 'partial' end,
       finished_at = case when n.open = 0 then n.last end
     from (
       select answered + $2::int as answered, failed + $3::int as failed,
         cancelled + $4::int as cancelled,
         greatest(last_at, to_timestamp($5::float8 / 1000)) as last,
         total - answered - failed - cancelled - $2::int - $3::int - $4::int as open
       from read_request where id = $1::uuid) as n
     where r.id = $1::uuid and r.finished_at is null`,
    [id, ended.answered, ended.failed, ended.cancelled, ended.last],
  )
}

interface RequestRow {
  readonly id: ReadRequestId
  readonly state: ReadRequestState
  readonly requested_by: string
  readonly requested_at: Instant
  readonly started_at: Instant | null
  readonly last_at: Instant | null
  readonly finished_at: Instant | null
  readonly deadline: Instant | null
  readonly cancelled_by: string | null
  readonly digest: string
  readonly meters: number
  readonly total: number
  readonly answered: number
  readonly failed: number
  readonly cancelled: number
  readonly running: number
}

export async function selectRequest(db: Db, id: ReadRequestId): Promise<ReadRequest | undefined> {
  const [row] = await db.query<RequestRow>(
    `select id, state, requested_by, requested_at, started_at, last_at, finished_at, deadline,
       cancelled_by, digest, meters, total, answered, failed, cancelled,
       (select count(*)::int from read_request_item i
        where i.request_id = r.id and i.state = 'running') as running
     from read_request r where id = $1::uuid`,
    [id],
  )
  if (!row) return undefined
  const { total, answered, failed, cancelled, running } = row
  const waiting = total - answered - failed - cancelled - running
  return {
    id: row.id,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    startedAt: row.started_at,
    lastAt: row.last_at,
    finishedAt: row.finished_at,
    deadline: row.deadline,
    cancelledBy: row.cancelled_by,
    digest: row.digest,
    meters: row.meters,
    counts: { total, waiting, running, answered, failed, cancelled },
    items: total > ITEMS_WHOLE_MAX ? [] : await selectItems(db, id),
  }
}

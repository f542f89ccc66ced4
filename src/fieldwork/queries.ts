import { Value } from '@sinclair/typebox/value'
import { type Instant, idOf, type UserId } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import {
  type FieldOrder,
  FieldReport,
  type NewOrder,
  type OrderFilter,
  type OrderId,
  type OrderKind,
  OrderSpec,
  type OrderState,
} from './types.ts'

interface OrderRow {
  readonly id: number
  readonly kind: OrderKind
  readonly state: OrderState
  readonly spec: unknown
  readonly report: unknown
  readonly reported_by: string | null
  readonly meter_id: number | null
  readonly usage_point_id: number | null
  readonly concentrator_id: number | null
  readonly requested_by: string
  readonly assignee_id: number | null
  readonly requested_at: Instant
  readonly position: number
  readonly turn: number
  readonly next_at: Instant | null
  readonly ended_at: Instant | null
  readonly verdict: string | null
}

const columns = `o.id, o.kind, o.state, o.spec, o.report, o.reported_by, o.meter_id,
  o.usage_point_id, o.concentrator_id, o.requested_by, o.requested_at, o.position, o.turn,
  o.next_at, o.ended_at, o.verdict, o.assignee_id`

/** With the number of its claim. */
export type Claimed = FieldOrder & { readonly turn: number }

function orderOf(row: OrderRow): Claimed {
  return {
    id: idOf(row.id),
    kind: row.kind,
    state: row.state,
    spec: Value.Parse(OrderSpec, row.spec),
    report: row.report === null ? null : Value.Parse(FieldReport, row.report),
    reportedBy: row.reported_by,
    meterId: row.meter_id === null ? null : idOf(row.meter_id),
    usagePointId: row.usage_point_id === null ? null : idOf(row.usage_point_id),
    concentratorId: row.concentrator_id === null ? null : idOf(row.concentrator_id),
    requestedBy: row.requested_by,
    assigneeId: row.assignee_id === null ? null : idOf(row.assignee_id),
    requestedAt: row.requested_at,
    position: row.position,
    turn: row.turn,
    nextAt: row.next_at,
    endedAt: row.ended_at,
    verdict: row.verdict,
  }
}

export type Subject = Pick<FieldOrder, 'meterId' | 'usagePointId' | 'concentratorId'>

/** Nothing where the key is known. */
export async function insertOrder(
  db: Db,
  { key, kind, spec, requestedBy }: NewOrder,
  { meterId, usagePointId, concentratorId }: Subject,
  now: Instant,
): Promise<OrderId | null> {
  const [row] = await db.query<{ id: number }>(
    `insert into field_order (idempotency_key, kind, state, spec, meter_id, usage_point_id,
       concentrator_id, requested_by, requested_at, next_at)
     values ($1::text, $2::text, 'running', $3::jsonb, $4::int, $5::int, $6::int, $7::text,
       $8::timestamptz, $8::timestamptz)
     on conflict (idempotency_key) do nothing returning id`,
    [
      key,
      kind,
      JSON.stringify(spec),
      meterId,
      usagePointId,
      concentratorId,
      requestedBy,
      timestamptz(now),
    ],
  )
  return row ? idOf(row.id) : null
}

/** An unfinished order about the same thing. */
export async function selectRival(db: Db, subject: Subject): Promise<OrderId | undefined> {
  const rows = await db.query<{ id: number }>(
    `select id from field_order where ended_at is null and (meter_id = $1::int
       or usage_point_id = $2::int or concentrator_id = $3::int) limit 1`,
    [subject.meterId, subject.usagePointId, subject.concentratorId],
  )
  return rows.map(({ id }) => idOf<'field_order'>(id))[0]
}

export async function selectByKey(db: Db, key: string): Promise<FieldOrder | undefined> {
  const rows = await db.query<OrderRow>(
    `select ${columns} from field_order o where o.idempotency_key = $1::text`,
    [key],
  )
  return rows.map(orderOf)[0]
}

export async function selectOrder(db: Db, id: OrderId): Promise<FieldOrder | undefined> {
  const rows = await db.query<OrderRow>(
    `select ${columns} from field_order o where o.id = $1::int`,
    [id],
  )
  return rows.map(orderOf)[0]
}

/** Locked until the transaction ends. */
export async function lockOrder(db: Db, id: OrderId): Promise<FieldOrder | undefined> {
  const rows = await db.query<OrderRow>(
    `select ${columns} from field_order o where o.id = $1::int for update`,
    [id],
  )
  return rows.map(orderOf)[0]
}

/** Locked, or undefined where another has taken it meanwhile. */
export async function holdOrder(db: Db, id: OrderId, turn: number): Promise<Claimed | undefined> {
  const rows = await db.query<OrderRow>(
    `select ${columns} from field_order o
     where o.id = $1::int and o.turn = $2::int and o.ended_at is null for update`,
    [id, turn],
  )
  return rows.map(orderOf)[0]
}

export async function selectOrders(
  db: Db,
  { state, kind, hangingAt }: OrderFilter,
  before: number | null,
  limit: number,
): Promise<FieldOrder[]> {
  const rows = await db.query<OrderRow>(
    `select ${columns} from field_order o
     where ($1::int is null or o.id < $1::int)
       and ($2::text is null or o.state = $2::text)
       and ($3::text is null or o.kind = $3::text)
       and ($4::timestamptz is null or exists (select from field_step s
         where s.order_id = o.id and s.ended_at is null and s.hangs_at <= $4::timestamptz))
     order by o.id desc limit $5::int`,
    [
      before,
      state ?? null,
      kind ?? null,
      hangingAt === undefined ? null : timestamptz(hangingAt),
      limit,
    ],
  )
  return rows.map(orderOf)
}

export async function claimOrders(
  db: Db,
  now: Instant,
  leaseUntil: Instant,
  limit: number,
): Promise<Claimed[]> {
  const rows = await db.query<OrderRow>(
    `with due as (
       select id from field_order where next_at <= $1::timestamptz and ended_at is null
         and (lease_until is null or lease_until <= $1::timestamptz)
       order by next_at, id limit $3::int for update skip locked)
     update field_order o set turn = o.turn + 1, lease_until = $2::timestamptz
     from due where o.id = due.id returning ${columns}`,
    [timestamptz(now), timestamptz(leaseUntil), limit],
  )
  return rows.map(orderOf)
}

export interface OrderChange {
  readonly state: OrderState
  readonly position: number
  readonly nextAt: Instant | null
  readonly endedAt: Instant | null
  readonly verdict: string | null
}

export async function updateOrder(db: Db, id: OrderId, change: OrderChange): Promise<void> {
  const at = (given: Instant | null) => (given === null ? null : timestamptz(given))
  await db.query(
    `update field_order set state = $2::text, position = $3::smallint, next_at = $4::timestamptz,
       ended_at = $5::timestamptz, verdict = $6::text
     where id = $1::int`,
    [id, change.state, change.position, at(change.nextAt), at(change.endedAt), change.verdict],
  )
}

export async function renewLease(db: Db, id: OrderId, until: Instant): Promise<void> {
  await db.query(`update field_order set lease_until = $2::timestamptz where id = $1::int`, [
    id,
    timestamptz(until),
  ])
}

export async function releaseOrder(db: Db, id: OrderId, turn: number): Promise<void> {
  await db.query(
    `update field_order set lease_until = null where id = $1::int and turn = $2::int`,
    [id, turn],
  )
}

export async function updateReport(
  db: Db,
  id: OrderId,
  report: FieldReport,
  by: string,
): Promise<void> {
  await db.query(
    `update field_order set report = $2::jsonb, reported_by = $3::text where id = $1::int`,
    [id, JSON.stringify(report), by],
  )
}

/** False where nobody of that number works here. */
export async function updateAssignee(db: Db, id: OrderId, to: UserId): Promise<boolean> {
  const rows = await db.query(
    `update field_order set assignee_id = u.id from app_user u
     where field_order.id = $1::int and u.id = $2::int and not u.disabled returning 1`,
    [id, to],
  )
  return rows.length > 0
}

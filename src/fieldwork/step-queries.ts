import { type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Subject } from './queries.ts'
import type { Facts, FieldStep, OrderEvent, OrderId, OrderKind } from './types.ts'

/** Written before anything is done: a step that was begun may have moved something. */
export async function beginStep(
  db: Db,
  step: { readonly id: OrderId; readonly position: number; readonly name: string },
  now: Instant,
  hangsAt: Instant,
): Promise<number> {
  const [row] = await db.query<{ attempts: number }>(
    `insert into field_step as s
       (order_id, position, name, state, attempts, started_at, last_at, hangs_at)
     values ($1::int, $2::smallint, $3::text, 'begun', 1, $4::timestamptz, $4::timestamptz,
       $5::timestamptz)
     on conflict (order_id, position) do update set
       state = 'begun', attempts = s.attempts + 1, last_at = excluded.last_at,
       ended_at = null, reason = null
     returning attempts`,
    [step.id, step.position, step.name, timestamptz(now), timestamptz(hangsAt)],
  )
  return row?.attempts ?? 1
}

export async function endStep(
  db: Db,
  step: { readonly id: OrderId; readonly position: number },
  told: {
    readonly state: FieldStep['state']
    readonly evidence: Facts
    readonly reason: string | null
    readonly endedAt: Instant | null
  },
): Promise<void> {
  await db.query(
    `update field_step set state = $3::text, evidence = evidence || $4::jsonb, reason = $5::text,
       ended_at = $6::timestamptz
     where order_id = $1::int and position = $2::smallint`,
    [
      step.id,
      step.position,
      told.state,
      JSON.stringify(told.evidence),
      told.reason,
      told.endedAt === null ? null : timestamptz(told.endedAt),
    ],
  )
}

export async function selectSteps(db: Db, id: OrderId): Promise<FieldStep[]> {
  const rows = await db.query<{
    position: number
    name: string
    state: FieldStep['state']
    attempts: number
    started_at: Instant
    last_at: Instant
    ended_at: Instant | null
    hangs_at: Instant
    evidence: Facts
    reason: string | null
  }>(
    `select position, name, state, attempts, started_at, last_at, ended_at, hangs_at, evidence,
       reason from field_step where order_id = $1::int order by position`,
    [id],
  )
  return rows.map(({ started_at, last_at, ended_at, hangs_at, ...row }) => ({
    ...row,
    startedAt: started_at,
    lastAt: last_at,
    endedAt: ended_at,
    hangsAt: hangs_at,
  }))
}

export interface HangingStep extends Subject {
  readonly orderId: OrderId
  readonly kind: OrderKind
  readonly name: string
  readonly startedAt: Instant
  readonly reason: string | null
}

export async function selectHanging(db: Db, now: Instant): Promise<HangingStep[]> {
  const rows = await db.query<{
    order_id: number
    kind: OrderKind
    name: string
    started_at: Instant
    reason: string | null
    meter_id: number | null
    usage_point_id: number | null
    concentrator_id: number | null
  }>(
    `select s.order_id, o.kind, s.name, s.started_at, s.reason, o.meter_id, o.usage_point_id,
       o.concentrator_id
     from field_step s join field_order o on o.id = s.order_id
     where s.ended_at is null and s.hangs_at <= $1::timestamptz and o.ended_at is null
     order by s.order_id`,
    [timestamptz(now)],
  )
  return rows.map((row) => ({
    orderId: idOf(row.order_id),
    kind: row.kind,
    name: row.name,
    startedAt: row.started_at,
    reason: row.reason,
    meterId: row.meter_id === null ? null : idOf(row.meter_id),
    usagePointId: row.usage_point_id === null ? null : idOf(row.usage_point_id),
    concentratorId: row.concentrator_id === null ? null : idOf(row.concentrator_id),
  }))
}

export async function insertEvent(
  db: Db,
  id: OrderId,
  { actor, event, detail }: Omit<OrderEvent, 'at'>,
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into field_order_event (order_id, at, actor, event, detail)
     values ($1::int, $2::timestamptz, $3::text, $4::text, $5::jsonb)`,
    [id, timestamptz(now), actor, event, JSON.stringify(detail)],
  )
}

export async function selectEvents(db: Db, id: OrderId): Promise<OrderEvent[]> {
  return await db.query<OrderEvent & { at: Instant }>(
    `select at, actor, event, detail from field_order_event where order_id = $1::int order by seq`,
    [id],
  )
}

import { type BusinessDate, type Instant, idOf } from '#src/core'
import { compressChunks, type Db } from '#src/db'
import { FRESH, notAsked } from './creating.ts'
import { type MoveRow, moveOf, movesOf, type SlotMove } from './slot-sums.ts'
import type { OpenSlot, OpenSlotQuery, PlanId, Slot, SlotOutcome } from './types.ts'

/**
 * Writes down slots that something became of before they were, unless their meter is known not to
 * owe them.
 */
export async function insertOwed(db: Db, outcomes: readonly SlotOutcome[]): Promise<SlotMove[]> {
  const rows = await db.query<MoveRow>(
    `with made as (
       insert into collection_slot (meter_id, plan_id, slot_start, due)
       select o.meter_id, o.plan_id, o.slot_start,
         -- Of a task that is gone nobody knows the window: it was in time.
         coalesce(o.slot_start + make_interval(secs => p.timely_seconds), o.answered_at,
           o.slot_start)
       from (
         select u.meter_id, u.plan_id, to_timestamp(u.start_ms / 1000) as slot_start,
           to_timestamp(u.answered_ms / 1000) as answered_at
         from unnest($1::int[], $2::int[], $3::float8[], $4::float8[])
           as u (meter_id, plan_id, start_ms, answered_ms)) o
       left join poll_plan p on p.id = o.plan_id
       left join collection_member k on k.plan_id = o.plan_id and k.meter_id = o.meter_id
       where o.answered_at is not null or k.until is null or o.slot_start < k.until
       on conflict (meter_id, plan_id, slot_start) do nothing
       returning meter_id, plan_id, slot_start, state, attempts, reason, null::smallint as was)
     ${movesOf('made')}`,
    [
      outcomes.map(({ meterId }) => meterId),
      outcomes.map(({ planId }) => planId),
      outcomes.map(({ slotStart }) => slotStart),
      outcomes.map(answeredOf),
    ],
  )
  return rows.map(moveOf)
}

/** What may become of a slot: how an outcome or an estimate changes each state, or leaves it. */
export type SlotChange =
  | SlotOutcome
  | (Slot & { readonly kind: 'estimated'; readonly attempts: 0; readonly reason: string })

/**
 * What was received stays received, by its first answer; a value after the window of its task is
 * late, and takes the place of an estimate. What is estimated or not expected stays so until a value
 * comes. Given up without having been asked says nothing of the meter. Each slot once.
 */
export async function changeSlots(db: Db, changes: readonly SlotChange[]): Promise<SlotMove[]> {
  const starts = changes.map(({ slotStart }) => slotStart)
  const rows = await db.query<MoveRow>(
    `with o as (
       select s.meter_id, s.plan_id, s.slot_start, s.state as was, u.kind, u.because, u.asked,
         to_timestamp(u.answered_ms / 1000) as answered_at
       from unnest($1::int[], $2::int[], $3::float8[], $4::text[], $5::int[], $6::float8[],
           $7::text[]) as u (meter_id, plan_id, start_ms, kind, asked, answered_ms, because)
       join collection_slot s on s.meter_id = u.meter_id and s.plan_id = u.plan_id
         and s.slot_start = to_timestamp(u.start_ms / 1000)
       where s.answered_at is null
         and (u.kind <> 'missing' or s.state in (1, 4))
         and (u.kind not in ('found', 'estimated') or s.state in (1, 4, 6))
         -- For the planner: which chunks can hold them.
         and s.slot_start >= to_timestamp($8::float8 / 1000)
         and s.slot_start <= to_timestamp($9::float8 / 1000)
       for update of s),
     changed as (
       update collection_slot s set
         state = case o.kind when 'missing' then 4 when 'estimated' then 6
           else case when o.answered_at > s.due then 3 else 2 end end,
         attempts = case when o.kind in ('answered', 'missing')
           then least(s.attempts + o.asked, 32767) else s.attempts end,
         answered_at = o.answered_at,
         reason = case
           when o.because is not null then o.because
           when s.state = 1 and s.reason = '${notAsked}' then null
           when o.kind = 'answered' and s.state = 6 then 'estimated'
           when o.kind = 'answered' and s.state = 4 and s.attempts = 0 then null
           else s.reason end
       from o
       where s.meter_id = o.meter_id and s.plan_id = o.plan_id and s.slot_start = o.slot_start
         and s.slot_start >= to_timestamp($8::float8 / 1000)
         and s.slot_start <= to_timestamp($9::float8 / 1000)
       returning s.meter_id, s.plan_id, s.slot_start, s.state, s.attempts, s.reason, o.was)
     ${movesOf('changed')}`,
    [
      changes.map(({ meterId }) => meterId),
      changes.map(({ planId }) => planId),
      starts,
      changes.map(({ kind }) => kind),
      changes.map(({ attempts }) => attempts),
      changes.map(answeredOf),
      changes.map((change) => ('reason' in change ? change.reason : null)),
      starts.reduce((least, start) => Math.min(least, start), Number.POSITIVE_INFINITY),
      starts.reduce((most, start) => Math.max(most, start), Number.NEGATIVE_INFINITY),
    ],
  )
  return rows.map(moveOf)
}

const answeredOf = (change: SlotChange) => ('answeredAt' in change ? change.answeredAt : null)

export async function selectOpenSlots(db: Db, query: OpenSlotQuery): Promise<OpenSlot[]> {
  const { planId, meterIds, from, to, reasons, attemptsMax, limit } = query
  const rows = await db.query<{
    meter_id: number
    slot_start: Instant
    due: Instant
    attempts: number
    reason: string | null
  }>(
    `select meter_id, slot_start, due, attempts, reason from collection_slot
     where plan_id = $1::int and meter_id = any($2::int[])
       and slot_start >= to_timestamp($3::float8 / 1000) and reason is not null
       and ((state = 1 and slot_start < to_timestamp($4::float8 / 1000))
         or (state = 4 and reason = any($5::text[]) and attempts < $6::int))
     union all
     -- What has been due for long says so: see FRESH.
     select meter_id, slot_start, due, attempts, reason from collection_slot
     where plan_id = $1::int and meter_id = any($2::int[]) and state = 1 and reason is null
       and slot_start >= to_timestamp($8::float8 / 1000)
       and slot_start < to_timestamp($4::float8 / 1000)
     order by slot_start desc, meter_id limit $7::int`,
    [planId, meterIds, from, to, reasons, attemptsMax, limit, Math.max(from, to - 2 * FRESH)],
  )
  return rows.map(
    (row): OpenSlot => ({
      planId,
      meterId: idOf(row.meter_id),
      slotStart: row.slot_start,
      due: row.due,
      attempts: row.attempts,
      reason: row.reason,
    }),
  )
}

/** Days that have slots that are still due, as far as their sums know. */
export async function selectDueDays(
  db: Db,
): Promise<readonly { readonly date: BusinessDate; readonly planId: PlanId }[]> {
  const rows = await db.query<{ date: BusinessDate; plan_id: number }>(
    `select date::text as date, plan_id from collection_day
     group by date, plan_id having sum(due) <> 0
     union
     select date::text, plan_id from collection_mark where not is_whole
     order by 1, 2`,
  )
  return rows.map((row) => ({ date: row.date, planId: idOf(row.plan_id) }))
}

/** Ends what is past help of one task, between two moments. */
export async function closeSlots(
  db: Db,
  { planId, reason }: { readonly planId: PlanId; readonly reason: string },
  from: Instant,
  before: Instant,
): Promise<SlotMove[]> {
  const rows = await db.query<MoveRow>(
    `with closed as (
       update collection_slot s set state = 4, reason = $4::text
       where s.state = 1 and s.plan_id = $1::int
         and s.slot_start >= to_timestamp($2::float8 / 1000)
         and s.slot_start < to_timestamp($3::float8 / 1000)
       returning meter_id, plan_id, slot_start, state, attempts, reason, 1 as was)
     ${movesOf('closed')}`,
    [planId, from, before, reason],
  )
  return rows.map(moveOf)
}

/** What is due since then was asked for by nobody: it is looked for as what is missing. */
export async function markNotAsked(
  db: Db,
  planId: PlanId,
  from: Instant,
  before: Instant,
): Promise<void> {
  await db.query(
    `update collection_slot set reason = '${notAsked}'
     where state = 1 and reason is null and plan_id = $1::int
       and slot_start >= to_timestamp($2::float8 / 1000)
       and slot_start < to_timestamp($3::float8 / 1000)`,
    [planId, from, before],
  )
}

export async function dropSlots(db: Db, before: Instant): Promise<number> {
  const dropped = await db.query(
    `select drop_chunks('collection_slot', older_than => to_timestamp($1::float8 / 1000))`,
    [before],
  )
  return dropped.length
}

/** Old days are read and hardly ever changed; a change of one that is packed still works. */
export const compressSlots = (db: Db, before: Instant): Promise<number> =>
  compressChunks(db, ['collection_slot'], before)

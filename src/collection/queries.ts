import { type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type { TouchedSlots } from './marks.ts'
import type { OpenSlot, OpenSlotQuery, Slot, SlotEnd, SlotOutcome } from './types.ts'

/**
 * Writes how slots ended. One that is not written down yet is, unless its meter is known not to owe
 * it: an outcome may come before its slot. What was received stays received, by its first answer; a
 * value after the window of its task is late, and takes the place of an estimate.
 */
export async function upsertOutcomes(db: Db, outcomes: readonly SlotOutcome[]): Promise<void> {
  await db.query(
    `insert into collection_slot as s
       (meter_id, plan_id, slot_start, due, state, attempts, answered_at, reason)
     select o.meter_id, o.plan_id, o.slot_start, o.due,
       case when o.answered_at is null then 4 when o.answered_at > o.due then 3 else 2 end,
       o.attempts, o.answered_at, o.reason
     from (
       select u.meter_id, u.plan_id, u.attempts, u.reason,
         to_timestamp(u.start_ms / 1000) as slot_start,
         to_timestamp(u.answered_ms / 1000) as answered_at,
         -- Of a task that is gone nobody knows the window: it was in time.
         coalesce(to_timestamp(u.start_ms / 1000) + make_interval(secs => p.timely_seconds),
           to_timestamp(coalesce(u.answered_ms, u.start_ms) / 1000)) as due
       from unnest($1::int[], $2::int[], $3::float8[], $4::int[], $5::float8[], $6::text[])
         as u (meter_id, plan_id, start_ms, attempts, answered_ms, reason)
       left join poll_plan p on p.id = u.plan_id) o
     left join collection_member k on k.plan_id = o.plan_id and k.meter_id = o.meter_id
     where o.answered_at is not null or k.until is null or o.slot_start < k.until
     on conflict (meter_id, plan_id, slot_start) do update set
       state = case
         when excluded.answered_at is null then 4
         when excluded.answered_at > s.due then 3
         else 2 end,
       attempts = least(s.attempts + excluded.attempts, 32767),
       answered_at = excluded.answered_at,
       reason = coalesce(excluded.reason, case
         when s.state = 6 then 'estimated'
         -- Given up without having been asked: that says nothing of the meter.
         when s.state = 4 and s.attempts = 0 then null
         else s.reason end)
     where s.answered_at is null and (excluded.answered_at is not null or s.state in (1, 4))`,
    [
      outcomes.map(({ meterId }) => meterId),
      outcomes.map(({ planId }) => planId),
      outcomes.map(({ slotStart }) => slotStart),
      outcomes.map(({ attempts }) => attempts),
      outcomes.map((outcome) => (outcome.kind === 'missing' ? null : outcome.answeredAt)),
      outcomes.map((outcome) => (outcome.kind === 'missing' ? outcome.reason : null)),
    ],
  )
}

/** Fills slots that are still without a value; those that nobody expected stay unwritten. */
export async function updateFound(db: Db, outcomes: readonly SlotOutcome[]): Promise<void> {
  const starts = outcomes.map(({ slotStart }) => slotStart)
  await db.query(
    `update collection_slot s set answered_at = to_timestamp(u.answered_ms / 1000),
       state = case when to_timestamp(u.answered_ms / 1000) > s.due then 3 else 2 end
     from unnest($1::int[], $2::int[], $3::float8[], $4::float8[])
       as u (meter_id, plan_id, start_ms, answered_ms)
     where s.meter_id = u.meter_id and s.plan_id = u.plan_id
       and s.slot_start = to_timestamp(u.start_ms / 1000) and s.state in (1, 4, 6)
       -- For the planner: which chunks can hold them.
       and s.slot_start >= to_timestamp($5::float8 / 1000)
       and s.slot_start <= to_timestamp($6::float8 / 1000)`,
    [
      outcomes.map(({ meterId }) => meterId),
      outcomes.map(({ planId }) => planId),
      starts,
      outcomes.map((outcome) => (outcome.kind === 'missing' ? null : outcome.answeredAt)),
      starts.reduce((least, start) => Math.min(least, start), Number.POSITIVE_INFINITY),
      starts.reduce((most, start) => Math.max(most, start), Number.NEGATIVE_INFINITY),
    ],
  )
}

/** Marks slots without a value as estimated; `reason` becomes the method. Returns which were. */
export async function markEstimated(
  db: Db,
  slots: readonly Slot[],
  method: string,
): Promise<Slot[]> {
  const starts = slots.map(({ slotStart }) => slotStart)
  const rows = await db.query<{ meter_id: number; plan_id: number; slot_start: Instant }>(
    `update collection_slot s set state = 6, reason = $4::text
     from unnest($1::int[], $2::int[], $3::float8[]) as u (meter_id, plan_id, start_ms)
     where s.meter_id = u.meter_id and s.plan_id = u.plan_id
       and s.slot_start = to_timestamp(u.start_ms / 1000) and s.state in (1, 4, 6)
       and s.slot_start >= to_timestamp($5::float8 / 1000)
       and s.slot_start <= to_timestamp($6::float8 / 1000)
     returning s.meter_id, s.plan_id, s.slot_start`,
    [
      slots.map(({ meterId }) => meterId),
      slots.map(({ planId }) => planId),
      starts,
      method,
      starts.reduce((least, start) => Math.min(least, start), Number.POSITIVE_INFINITY),
      starts.reduce((most, start) => Math.max(most, start), Number.NEGATIVE_INFINITY),
    ],
  )
  return rows.map((row) => ({
    meterId: idOf(row.meter_id),
    planId: idOf(row.plan_id),
    slotStart: row.slot_start,
  }))
}

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
       and slot_start >= to_timestamp($3::float8 / 1000) and state in (1, 4)
       and ((state = 1 and slot_start < to_timestamp($4::float8 / 1000))
         or (state = 4 and reason = any($5::text[]) and attempts < $6::int))
     order by slot_start desc, meter_id limit $7::int`,
    [planId, meterIds, from, to, reasons, attemptsMax, limit],
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

/** Ends what is past help; returns which slots of which tasks, once each. */
export async function closeSlots(
  db: Db,
  ends: readonly SlotEnd[],
  now: Instant,
): Promise<TouchedSlots[]> {
  const rows = await db.query<{ plan_id: number; slot_start: Instant; count: bigint }>(
    `with ends as (
       select plan_id, to_timestamp(before_ms / 1000) as before, reason
       from unnest($1::int[], $2::float8[], $3::text[]) as u (plan_id, before_ms, reason)),
     closed as (
       update collection_slot s set state = 4,
         reason = coalesce((select e.reason from ends e where e.plan_id = s.plan_id), 'no-plan')
       where s.state = 1 and s.slot_start < coalesce(
         (select e.before from ends e where e.plan_id = s.plan_id),
         to_timestamp($4::float8 / 1000))
       returning plan_id, slot_start)
     select plan_id, slot_start, count(*) as count from closed group by plan_id, slot_start`,
    [
      ends.map(({ planId }) => planId),
      ends.map(({ before }) => before),
      ends.map(({ reason }) => reason),
      now,
    ],
  )
  return rows.map((row) => ({
    planId: idOf(row.plan_id),
    slotStart: row.slot_start,
    count: Number(row.count),
  }))
}

export async function dropSlots(db: Db, before: Instant): Promise<number> {
  const dropped = await db.query(
    `select drop_chunks('collection_slot', older_than => to_timestamp($1::float8 / 1000))`,
    [before],
  )
  return dropped.length
}

/** Old days are read and hardly ever changed; a change of one that is packed still works. */
export async function compressSlots(db: Db, before: Instant): Promise<number> {
  const chunks = await db.query<{ chunk: string }>(
    `select format('%I.%I', c.chunk_schema, c.chunk_name) as chunk
     from timescaledb_information.chunks c
     join _timescaledb_catalog.chunk k
       on k.schema_name = c.chunk_schema and k.table_name = c.chunk_name
     where c.hypertable_schema = current_schema() and c.hypertable_name = 'collection_slot'
       and c.range_end < to_timestamp($1::float8 / 1000)
       and (not c.is_compressed or k.status & 8 <> 0)
     order by c.range_end`,
    [before],
  )
  for (const { chunk } of chunks) {
    await db.query(`select compress_chunk($1::regclass)`, [chunk])
  }
  return chunks.length
}

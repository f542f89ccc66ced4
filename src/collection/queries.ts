import { type ChannelId, type ConcentratorId, type Instant, idOf, type MeterId } from '#src/core'
import type { Db } from '#src/db'
import { dataClasses, type Wire } from './codes.ts'
import type { ExpectedSlot, OpenSlot, SlotOutcome } from './types.ts'

/** Adds what is not there; a slot that exists stays as it is. */
export async function insertSlots(db: Db, slots: readonly ExpectedSlot[]): Promise<number> {
  const [row] = await db.query<{ count: bigint }>(
    `with added as (
       insert into collection_slot (meter_id, data_class, slot_start, due)
       select u.meter_id, u.data_class, to_timestamp(u.start_ms / 1000),
         to_timestamp(u.due_ms / 1000)
       from unnest($1::int[], $2::smallint[], $3::float8[], $4::float8[])
         as u (meter_id, data_class, start_ms, due_ms)
       on conflict (meter_id, data_class, slot_start) do nothing returning 1)
     select count(*)::bigint as count from added`,
    [
      slots.map(({ meterId }) => meterId),
      slots.map(({ dataClass }) => dataClasses.of(dataClass)),
      slots.map(({ slotStart }) => slotStart),
      slots.map(({ due }) => due),
    ],
  )
  return Number(row?.count ?? 0n)
}

/**
 * Writes how slots ended, also of those nobody expected (a push). What was received stays
 * received, by its first answer; a value after `due` is late.
 */
export async function upsertOutcomes(db: Db, outcomes: readonly SlotOutcome[]): Promise<void> {
  await db.query(
    `insert into collection_slot as s
       (meter_id, data_class, slot_start, due, state, attempts, answered_at, reason)
     select u.meter_id, u.data_class, to_timestamp(u.start_ms / 1000),
       -- Unexpected: due when it came, so it was in time.
       to_timestamp(coalesce(u.answered_ms, u.start_ms) / 1000),
       case when u.answered_ms is null then 4 else 2 end, u.attempts,
       to_timestamp(u.answered_ms / 1000), u.reason
     from unnest($1::int[], $2::smallint[], $3::float8[], $4::int[], $5::float8[], $6::text[])
       as u (meter_id, data_class, start_ms, attempts, answered_ms, reason)
     on conflict (meter_id, data_class, slot_start) do update set
       state = case
         when excluded.answered_at is null then 4
         when excluded.answered_at > s.due then 3
         else 2 end,
       attempts = least(s.attempts + excluded.attempts, 32767),
       answered_at = excluded.answered_at,
       reason = coalesce(excluded.reason, s.reason)
     where s.answered_at is null`,
    [
      outcomes.map(({ meterId }) => meterId),
      outcomes.map(({ dataClass }) => dataClasses.of(dataClass)),
      outcomes.map(({ slotStart }) => slotStart),
      outcomes.map(({ attempts }) => attempts),
      outcomes.map((outcome) => (outcome.kind === 'answered' ? outcome.answeredAt : null)),
      outcomes.map((outcome) => (outcome.kind === 'missing' ? outcome.reason : null)),
    ],
  )
}

export async function selectOpenSlots(
  db: Db,
  from: Instant,
  to: Instant,
  limit: number,
): Promise<OpenSlot[]> {
  const rows = await db.query<{
    meter_id: number
    data_class: Wire
    slot_start: Instant
    due: Instant
    attempts: number
    reason: string | null
  }>(
    `select meter_id, data_class, slot_start, due, attempts, reason from collection_slot
     where slot_start >= to_timestamp($1::float8 / 1000)
       and slot_start < to_timestamp($2::float8 / 1000) and state in (1, 4)
     order by slot_start desc, meter_id, data_class limit $3::int`,
    [from, to, limit],
  )
  return rows.map((row): OpenSlot => {
    const meterId: MeterId = idOf(row.meter_id)
    return {
      meterId,
      dataClass: dataClasses.word(row.data_class),
      slotStart: row.slot_start,
      due: row.due,
      attempts: row.attempts,
      reason: row.reason,
    }
  })
}

export interface GroupCount {
  readonly concentratorId: ConcentratorId | null
  readonly concentrator: string | null
  readonly channelId: ChannelId
  readonly channel: string
  readonly expected: number
  readonly received: number
  readonly late: number
  readonly missing: number
}

export async function countByChannel(db: Db, from: Instant, to: Instant): Promise<GroupCount[]> {
  const rows = await db.query<{
    concentrator_id: number | null
    concentrator: string | null
    channel_id: number
    channel: string
    expected: number
    received: number
    late: number
    missing: number
  }>(
    `select co.id as concentrator_id, co.address as concentrator, ch.id as channel_id,
       ch.name as channel, count(*)::int as expected,
       (count(*) filter (where s.state in (2, 3)))::int as received,
       (count(*) filter (where s.state = 3))::int as late,
       (count(*) filter (where s.state = 4))::int as missing
     from collection_slot s
     join meter m on m.id = s.meter_id
     join channel ch on ch.id = m.channel_id
     left join concentrator co on co.channel_id = ch.id
     where s.slot_start >= to_timestamp($1::float8 / 1000)
       and s.slot_start < to_timestamp($2::float8 / 1000)
     group by ch.id, co.id order by co.address nulls last, ch.name`,
    [from, to],
  )
  return rows.map(({ concentrator_id, channel_id, ...row }) => ({
    ...row,
    concentratorId: concentrator_id === null ? null : idOf(concentrator_id),
    channelId: idOf(channel_id),
  }))
}

export async function dropSlots(db: Db, before: Instant): Promise<number> {
  const dropped = await db.query(
    `select drop_chunks('collection_slot', older_than => to_timestamp($1::float8 / 1000))`,
    [before],
  )
  return dropped.length
}

import { type ChannelId, type ConcentratorId, type Instant, idOf, type MeterId } from '#src/core'
import type { Db } from '#src/db'
import type {
  ExpectedSlot,
  OpenSlot,
  OpenSlotQuery,
  SlotEnd,
  SlotGap,
  SlotGapQuery,
  SlotOutcome,
} from './types.ts'

/** Adds what is not there; a slot that exists stays as it is. */
export async function insertSlots(db: Db, slots: readonly ExpectedSlot[]): Promise<number> {
  const [row] = await db.query<{ count: bigint }>(
    `with added as (
       insert into collection_slot (meter_id, plan_id, slot_start, due)
       select u.meter_id, u.plan_id, to_timestamp(u.start_ms / 1000),
         to_timestamp(u.due_ms / 1000)
       from unnest($1::int[], $2::int[], $3::float8[], $4::float8[])
         as u (meter_id, plan_id, start_ms, due_ms)
       on conflict (meter_id, plan_id, slot_start) do nothing returning 1)
     select count(*)::bigint as count from added`,
    [
      slots.map(({ meterId }) => meterId),
      slots.map(({ planId }) => planId),
      slots.map(({ slotStart }) => slotStart),
      slots.map(({ due }) => due),
    ],
  )
  return Number(row?.count ?? 0n)
}

/**
 * Writes how slots ended, also of those nobody expected. What was received stays received, by its
 * first answer; a value after `due` is late.
 */
export async function upsertOutcomes(db: Db, outcomes: readonly SlotOutcome[]): Promise<void> {
  await db.query(
    `insert into collection_slot as s
       (meter_id, plan_id, slot_start, due, state, attempts, answered_at, reason)
     select u.meter_id, u.plan_id, to_timestamp(u.start_ms / 1000),
       -- Unexpected: due when it came, so it was in time.
       to_timestamp(coalesce(u.answered_ms, u.start_ms) / 1000),
       case when u.answered_ms is null then 4 else 2 end, u.attempts,
       to_timestamp(u.answered_ms / 1000), u.reason
     from unnest($1::int[], $2::int[], $3::float8[], $4::int[], $5::float8[], $6::text[])
       as u (meter_id, plan_id, start_ms, attempts, answered_ms, reason)
     on conflict (meter_id, plan_id, slot_start) do update set
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
       and s.slot_start = to_timestamp(u.start_ms / 1000) and s.state in (1, 4)
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
       and slot_start >= to_timestamp($3::float8 / 1000)
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

export async function selectGaps(db: Db, query: SlotGapQuery): Promise<SlotGap[]> {
  const { planId, meterIds, from, to, cycle } = query
  const rows = await db.query<{ meter_id: number; after: Instant; before: Instant }>(
    `with wanted as (
       select to_timestamp($3::float8 / 1000) as opens, to_timestamp($4::float8 / 1000) as ends),
     known as (
       select s.meter_id, s.slot_start,
         lead(s.slot_start) over (partition by s.meter_id order by s.slot_start) as following
       from collection_slot s
       where s.plan_id = $1::int and s.meter_id = any($2::int[])
         and s.slot_start >= to_timestamp($3::float8 / 1000)
         and s.slot_start < to_timestamp($4::float8 / 1000)),
     -- Known from before the time that is looked at, which therefore begins with a gap.
     older as (
       select m.id as meter_id, w.opens as slot_start,
         (select min(k.slot_start) from known k where k.meter_id = m.id) as following
       from unnest($2::int[]) as m (id), wanted w
       where exists (select from collection_slot s
         where s.meter_id = m.id and s.plan_id = $1::int
           and s.slot_start < to_timestamp($3::float8 / 1000))),
     pairs as (
       select g.meter_id, g.slot_start as after, coalesce(g.following, w.ends) as before
       from (select * from known union all select * from older) g, wanted w)
     select meter_id, after, before from pairs
     -- Half a cycle of grace: days are not all of one length.
     where before - after > make_interval(secs => $5::float8 * 1.5)
     order by meter_id, after`,
    [planId, meterIds, from, to, cycle / 1_000],
  )
  return rows.map(({ meter_id, after, before }) => {
    const meterId: MeterId = idOf(meter_id)
    return { meterId, after, before }
  })
}

export async function closeSlots(db: Db, ends: readonly SlotEnd[], now: Instant): Promise<number> {
  const [row] = await db.query<{ count: bigint }>(
    `with ends as (
       select plan_id, to_timestamp(before_ms / 1000) as before, reason
       from unnest($1::int[], $2::float8[], $3::text[]) as u (plan_id, before_ms, reason)),
     closed as (
       update collection_slot s set state = 4,
         reason = coalesce((select e.reason from ends e where e.plan_id = s.plan_id), 'no-plan')
       where s.state = 1 and s.slot_start < coalesce(
         (select e.before from ends e where e.plan_id = s.plan_id),
         to_timestamp($4::float8 / 1000))
       returning 1)
     select count(*)::bigint as count from closed`,
    [
      ends.map(({ planId }) => planId),
      ends.map(({ before }) => before),
      ends.map(({ reason }) => reason),
      now,
    ],
  )
  return Number(row?.count ?? 0n)
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

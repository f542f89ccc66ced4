import { type CivilTime, type Instant, idOf, instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { FRESH, insertSlots, notAsked, removed } from './creating.ts'
import { checkZone } from './marks.ts'
import { ANALYZE_FROM } from './places.ts'
import { addMoves, type MoveRow, moveOf, movesOf, type SlotMove } from './slot-sums.ts'
import type { LedgerTask, PlanId } from './types.ts'

/** How far back slots follow what became known of a meter's end; longer than any catch-up. */
const FOLLOWED_DAYS = 62
/** Slots of the past that are written for new meters in one statement. */
const SLOTS_AT_ONCE = 500

/**
 * Brings up to date whom slots are written down for: who joined a task or left it, who was installed
 * or removed, and what that means for the slots that exist. Tasks that are not given have ended.
 */
export async function followMembers(
  db: Database,
  civil: CivilTime,
  tasks: readonly LedgerTask[],
  now: Instant,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtext('slot ledger'))`)
    await checkZone(tx, civil)
    const moves: SlotMove[] = []
    for (const planId of await changeCadences(tx, tasks)) {
      moves.push(...(await dropFuture(tx, planId, now)))
    }
    await startHorizons(tx, tasks)
    // Tables joined whole, maybe right after an import, before anybody knows how large they are: a
    // nested loop over a million members would not end.
    await tx.query('set local enable_nestloop = off')
    await join(tx, tasks)
    await leave(tx, tasks, now)
    await tx.query('set local enable_nestloop = on')
    for (const was of [1, 4]) moves.push(...(await endSlots(tx, was, now)))
    for (const was of [4, 5] as const) moves.push(...(await renewSlots(tx, was, now)))
    moves.push(...(await giveUpSlots(tx, now)))
    for (const task of tasks) moves.push(...(await makeUp(tx, civil, task)))
    const [settled] = await tx.query<{ count: bigint }>(
      `with settled as (
         update collection_member set settled = true where not settled returning 1)
       select count(*) as count from settled`,
    )
    if (settled !== undefined && settled.count > ANALYZE_FROM) {
      await tx.query(`analyze collection_member`)
    }
    await addMoves(tx, civil, moves)
  })
}

const columnsOf = (tasks: readonly LedgerTask[]) => [
  tasks.map(({ planId }) => planId),
  tasks.map(({ cycleSeconds }) => cycleSeconds),
  tasks.map(({ offsetSeconds }) => offsetSeconds),
  tasks.map(({ first }) => first),
  tasks.map(({ next }) => next),
  tasks.map(({ reach }) => reach),
]

const taskTable = `(select plan_id, cycle_seconds, offset_seconds,
    to_timestamp(first_ms / 1000) as first, to_timestamp(next_ms / 1000) as next,
    to_timestamp(reach_ms / 1000) as reach
  from unnest($1::int[], $2::int[], $3::int[], $4::float8[], $5::float8[], $6::float8[])
    as u (plan_id, cycle_seconds, offset_seconds, first_ms, next_ms, reach_ms))`

/** Tasks whose slots come at other times from now on: those of the old cadence are void. */
async function changeCadences(tx: Db, tasks: readonly LedgerTask[]): Promise<readonly PlanId[]> {
  const rows = await tx.query<{ plan_id: number }>(
    `update collection_horizon h set horizon = least(h.horizon, t.next),
       cycle_seconds = t.cycle_seconds, offset_seconds = t.offset_seconds
     from ${taskTable} t
     where h.plan_id = t.plan_id
       and (h.cycle_seconds, h.offset_seconds) <> (t.cycle_seconds, t.offset_seconds)
     returning h.plan_id`,
    columnsOf(tasks),
  )
  return rows.map(({ plan_id }) => idOf(plan_id))
}

/** Nobody asks a task for the time in which it was switched off. */
async function startHorizons(tx: Db, tasks: readonly LedgerTask[]): Promise<void> {
  await tx.query(
    `insert into collection_horizon as h (plan_id, horizon, cycle_seconds, offset_seconds, active)
     select t.plan_id, t.first, t.cycle_seconds, t.offset_seconds, true from ${taskTable} t
     on conflict (plan_id) do update set active = true,
       horizon = case when h.active then h.horizon else greatest(h.horizon, excluded.horizon) end
     where not h.active`,
    columnsOf(tasks),
  )
  await tx.query(
    `update collection_horizon set active = false
     where active and plan_id <> all($1::int[])`,
    [tasks.map(({ planId }) => planId)],
  )
}

async function dropFuture(tx: Db, planId: PlanId, now: Instant): Promise<SlotMove[]> {
  const rows = await tx.query<MoveRow>(
    `with dropped as (
       delete from collection_slot where plan_id = $1::int and state = 1
         and slot_start > to_timestamp($2::float8 / 1000)
       returning meter_id, plan_id, slot_start, state as was, null::smallint as state, attempts,
         reason)
     ${movesOf('dropped')}`,
    [planId, now],
  )
  return rows.map(moveOf)
}

/**
 * A record is of a moment before its slot begins: whoever hung there at that moment owes it, so that
 * each slot of a place is owed by one of two meters that follow each other.
 */
const recordDelay = (plan: string, offsetSeconds: string) =>
  `make_interval(secs => case when ${plan}.data_class in ('interval', 'daily', 'monthly')
    then ${offsetSeconds} else 0 end)`

/** Each meter of each task, with the installation that it had last. */
const wantedTable = `(
  select t.plan_id, pm.meter_id, t.first, t.reach,
    i.last_from + ${recordDelay('p', 't.offset_seconds')} as last_from,
    i.until + ${recordDelay('p', 't.offset_seconds')} as until,
    case when i.until is not null then '${removed}' end as reason
  from ${taskTable} t
  join poll_plan p on p.id = t.plan_id
  join plan_meter pm on pm.plan_id = t.plan_id
  left join (
    select meter_id, max(valid_from) as last_from,
      case when bool_or(valid_to is null) then null else max(valid_to) end as until
    from installation group by meter_id) i on i.meter_id = pm.meter_id)`

/**
 * A meter that was installed within reach owes from its installation on; one that was there before
 * we knew of it, from the slot that is running. One that comes back goes on as if it had never
 * ended, unless it hangs anew somewhere, or joined again.
 */
async function join(tx: Db, tasks: readonly LedgerTask[]): Promise<void> {
  await tx.query(
    `update collection_member k set settled = false, until = w.until, reason = w.reason,
       since = case
         when k.until is null or w.until is not null then k.since
         when k.reason = '${removed}' and w.last_from > k.until then w.last_from
         when k.reason = '${removed}' then k.since
         else w.first end
     from ${wantedTable} w
     where k.plan_id = w.plan_id and k.meter_id = w.meter_id
       and (k.until, k.reason) is distinct from (w.until, w.reason)`,
    columnsOf(tasks),
  )
  // Apart from the update: a join with the table that grows meanwhile would grow with its square.
  await tx.query(
    `insert into collection_member (plan_id, meter_id, since, until, reason)
     select w.plan_id, w.meter_id,
       case when w.last_from >= w.reach then w.last_from else w.first end, w.until, w.reason
     from ${wantedTable} w
     on conflict (plan_id, meter_id) do nothing`,
    columnsOf(tasks),
  )
}

async function leave(tx: Db, tasks: readonly LedgerTask[], now: Instant): Promise<void> {
  await tx.query(
    `update collection_member k set settled = false,
       until = coalesce(
         coalesce(i.until, m.retired_at) + ${recordDelay('p', 'p.offset_seconds')},
         to_timestamp($2::float8 / 1000)),
       reason = case when i.until is not null or m.retired_at is not null then '${removed}'
         when k.plan_id = any($1::int[]) then 'left-group' else 'task-ended' end
     from collection_member l
     left join plan_meter pm on pm.plan_id = l.plan_id and pm.meter_id = l.meter_id
     left join meter m on m.id = l.meter_id
     left join poll_plan p on p.id = l.plan_id
     left join (
       select meter_id, max(valid_to) as until from installation group by meter_id
       having not bool_or(valid_to is null)) i on i.meter_id = l.meter_id
     where l.plan_id = k.plan_id and l.meter_id = k.meter_id and l.until is null
       and (pm.meter_id is null or l.plan_id <> all($1::int[]))`,
    [tasks.map(({ planId }) => planId), now],
  )
}

/** What a meter owes no more, it does not owe: also what was given up meanwhile. */
async function endSlots(tx: Db, was: number, now: Instant): Promise<SlotMove[]> {
  const rows = await tx.query<MoveRow>(
    `with ended as (
       update collection_slot s set state = 5, reason = k.reason
       from collection_member k
       where not k.settled and k.until is not null
         and s.meter_id = k.meter_id and s.plan_id = k.plan_id and s.slot_start >= k.until
         and s.state = $3::int
         and s.slot_start >= to_timestamp($1::float8 / 1000) - make_interval(days => $2::int)
       returning s.meter_id, s.plan_id, s.slot_start, s.state, s.attempts, s.reason,
         $3::int as was)
     ${movesOf('ended')}`,
    [now, FOLLOWED_DAYS, was],
  )
  return rows.map(moveOf)
}

/** The end was a mistake, or was moved. */
async function renewSlots(tx: Db, was: 4 | 5, now: Instant): Promise<SlotMove[]> {
  const rows = await tx.query<MoveRow>(
    `with renewed as (
       update collection_slot s set state = 1,
         reason = case when s.slot_start < to_timestamp($3::float8 / 1000) then '${notAsked}' end
       from collection_member k
       where not k.settled and s.meter_id = k.meter_id and s.plan_id = k.plan_id
         and s.state = $4::int and s.slot_start >= k.since
         and (k.until is null or s.slot_start < k.until)
         and (s.state = 5 or s.reason = '${removed}')
         and s.slot_start >= to_timestamp($1::float8 / 1000) - make_interval(days => $2::int)
       returning s.meter_id, s.plan_id, s.slot_start, s.state, s.attempts, s.reason,
         $4::int as was)
     ${movesOf('renewed')}`,
    [now, FOLLOWED_DAYS, now - FRESH, was],
  )
  return rows.map(moveOf)
}

/** What was due before a meter was taken away, and was not read, nobody can read any more. */
async function giveUpSlots(tx: Db, now: Instant): Promise<SlotMove[]> {
  const rows = await tx.query<MoveRow>(
    `with given_up as (
       update collection_slot s set state = 4, reason = k.reason
       from collection_member k
       where not k.settled and k.reason = '${removed}'
         and s.meter_id = k.meter_id and s.plan_id = k.plan_id and s.slot_start < k.until
         and s.state = 1
         and s.slot_start >= to_timestamp($1::float8 / 1000) - make_interval(days => $2::int)
       returning s.meter_id, s.plan_id, s.slot_start, s.state, s.attempts, s.reason, 1 as was)
     ${movesOf('given_up')}`,
    [now, FOLLOWED_DAYS],
  )
  return rows.map(moveOf)
}

/** Slots behind the horizon of meters that joined with a claim to them. */
async function makeUp(tx: Db, civil: CivilTime, task: LedgerTask): Promise<SlotMove[]> {
  const { planId } = task
  const [row] = await tx.query<{ since: Instant | null; horizon: Instant }>(
    `select h.horizon, (select min(k.since) from collection_member k
       where k.plan_id = h.plan_id and not k.settled and k.since < h.horizon) as since
     from collection_horizon h where h.plan_id = $1::int for update`,
    [planId],
  )
  if (!row || row.since === null) return []
  const { horizon } = row
  const moves: SlotMove[] = []
  let from = instant(Math.max(row.since, task.reach))
  for (;;) {
    const starts = task.slots(from, horizon, SLOTS_AT_ONCE)
    moves.push(...(await insertSlots(tx, civil, { planId, starts, horizon, whom: 'unsettled' })))
    const last = starts.at(-1)
    if (last === undefined || starts.length < SLOTS_AT_ONCE) return moves
    from = instant(last + 1)
  }
}

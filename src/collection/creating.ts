import { type CivilTime, hours, type Instant, instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { civilDay } from './marks.ts'
import { addMoves, type MoveRow, moveOf, movesOf, type SlotMove } from './slot-sums.ts'
import type { LedgerTask, PlanId } from './types.ts'

/** Rows that one transaction writes, about: it should neither hold locks for long nor be one of many. */
const ROWS_MAX = 200_000
/** Slots of a day by the second are more than any task has; bounded all the same. */
const SLOTS_AT_ONCE_MAX = 2_000

/** Nobody asked while there was time. */
export const notAsked = 'not-asked'
/** Its meter was taken away. */
export const removed = 'removed'
/** A slot that is due for longer is being asked for by nobody, unless its round is long. */
export const FRESH = hours(3)

/**
 * Writes down the slots of a task that begin before `to`, each once: the horizon moves in the same
 * transaction. Returns the moment from which on none are written yet.
 */
export async function advance(
  db: Database,
  civil: CivilTime,
  task: LedgerTask,
  to: Instant,
  signal?: AbortSignal,
): Promise<Instant | null> {
  for (;;) {
    const step = await db.transaction((tx) => oneStep(tx, civil, task, to))
    if (step === null || step.isDone || signal?.aborted) return step?.horizon ?? null
  }
}

interface Step {
  readonly horizon: Instant
  readonly isDone: boolean
}

async function oneStep(
  tx: Db,
  civil: CivilTime,
  task: LedgerTask,
  to: Instant,
): Promise<Step | null> {
  const { planId } = task
  const known = await lockHorizon(tx, planId)
  if (known === undefined) return null
  const from = instant(Math.max(known, task.reach))
  if (from >= to) return { horizon: known, isDone: true }
  const members = await countMembers(tx, planId)
  const most = Math.max(1, Math.floor(ROWS_MAX / Math.max(1, members)))
  const limit = Math.min(most, SLOTS_AT_ONCE_MAX)
  const starts = task.slots(from, to, limit)
  const last = starts.at(-1)
  const isDone = starts.length < limit || last === undefined
  const horizon = isDone || last === undefined ? to : instant(last + 1)
  await moveHorizon(tx, planId, horizon)
  const moves = await insertSlots(tx, civil, { planId, starts, horizon: to, whom: 'everybody' })
  await addMoves(tx, civil, moves)
  return { horizon, isDone }
}

async function lockHorizon(tx: Db, planId: PlanId): Promise<Instant | undefined> {
  const [row] = await tx.query<{ horizon: Instant }>(
    `select horizon from collection_horizon where plan_id = $1::int and active for update`,
    [planId],
  )
  return row?.horizon
}

async function moveHorizon(tx: Db, planId: PlanId, horizon: Instant): Promise<void> {
  await tx.query(
    `update collection_horizon set horizon = to_timestamp($2::float8 / 1000)
     where plan_id = $1::int`,
    [planId, horizon],
  )
}

async function countMembers(tx: Db, planId: PlanId): Promise<number> {
  const [row] = await tx.query<{ count: bigint }>(
    `select count(*) as count from collection_member where plan_id = $1::int`,
    [planId],
  )
  return Number(row?.count ?? 0n)
}

interface NewSlots {
  readonly planId: PlanId
  readonly starts: readonly Instant[]
  /** Until when slots are written down then. */
  readonly horizon: Instant
  readonly whom: 'everybody' | 'unsettled'
}

/**
 * For the rest of the day on which a meter was removed its slots are there and not expected, so that
 * the day adds up; from the next day on there are none. Slots that are made up long after they began
 * say so: nobody asks for them but who looks for what is missing.
 */
export async function insertSlots(
  tx: Db,
  civil: CivilTime,
  { planId, starts, horizon, whom }: NewSlots,
): Promise<SlotMove[]> {
  if (starts.length === 0) return []
  const dayOf = (start: Instant) => civilDay(civil, civil.dateOf(start)).opens
  const rows = await tx.query<MoveRow>(
    `with made as (
       insert into collection_slot (meter_id, plan_id, slot_start, due, state, reason)
       select k.meter_id, $1::int, u.slot_start,
         u.slot_start + make_interval(secs => p.timely_seconds),
         case when k.until <= u.slot_start then 5 when k.reason = '${removed}' then 4 else 1 end,
         case when k.until <= u.slot_start or k.reason = '${removed}' then k.reason
           else u.reason end
       from (select to_timestamp(start_ms / 1000) as slot_start,
           to_timestamp(day_ms / 1000) as opens,
           case when start_ms < $5::float8 then '${notAsked}' end as reason
         from unnest($2::float8[], $3::float8[]) as v (start_ms, day_ms)) u
       join poll_plan p on p.id = $1::int
       join collection_member k on k.plan_id = $1::int and k.since <= u.slot_start
         and (k.until is null or k.until > u.slot_start
           or (k.reason = '${removed}' and k.until > u.opens))
         and (not k.settled or $4::boolean)
       order by u.slot_start, k.meter_id
       on conflict (meter_id, plan_id, slot_start) do nothing
       returning meter_id, plan_id, slot_start, state, attempts, reason, null::smallint as was)
     ${movesOf('made')}`,
    [planId, starts, starts.map(dayOf), whom === 'everybody', horizon - FRESH],
  )
  return rows.map(moveOf)
}

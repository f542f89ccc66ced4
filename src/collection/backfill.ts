import type { CivilTime, Instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { moveRevision } from '#src/registry'
import type { BackfillOrder, BackfillOutcome } from './report-types.ts'
import { addMoves, changedBy, type MoveRow, moveOf, movesOf, type SlotMove } from './slot-sums.ts'

/**
 * Makes slots due again that were given up (补采): of those that the device may still hold. The
 * reason stays that they failed before, so that no figure takes them for a first success.
 */
export async function backfill(
  db: Database,
  civil: CivilTime,
  now: Instant,
  order: BackfillOrder,
  also: (tx: Db, outcome: BackfillOutcome) => Promise<void>,
): Promise<BackfillOutcome> {
  return await db.transaction(async (tx) => {
    const values = [
      civil.startOf(order.from),
      Math.min(now, civil.startOf(civil.addDays(order.to, 1))),
      ...[order.meterIds, order.groupIds, order.concentratorIds, order.planIds],
      now,
    ]
    const lost = await countLost(tx, values)
    const moves = await reopen(tx, values)
    const outcome = { slots: changedBy(moves), lost }
    // Engines look at the ledger again when the archive moves, in whatever process.
    if (outcome.slots > 0) await moveRevision(tx)
    await also(tx, outcome)
    await addMoves(tx, civil, moves)
    return outcome
  })
}

const chosen = `
  s.state = 4 and s.reason is not null and s.plan_id = p.id
  and s.slot_start >= to_timestamp($1::float8 / 1000)
  and s.slot_start < to_timestamp($2::float8 / 1000)
  and (cardinality($6::int[]) = 0 or s.plan_id = any($6::int[]))
  and (cardinality($3::int[]) + cardinality($4::int[]) + cardinality($5::int[]) = 0
    or s.meter_id = any($3::int[])
    or s.meter_id in (select meter_id from meter_group_member where group_id = any($4::int[]))
    or s.meter_id in (select m.id from meter m
      join concentrator co on co.channel_id = m.channel_id where co.id = any($5::int[])))`

/** Nobody asks a meter that was taken away, or that left the task. */
const isHeld = `p.enabled and p.catch_up_seconds > 0
  and not exists (select from collection_member k
    where k.plan_id = s.plan_id and k.meter_id = s.meter_id and k.until is not null)
  and s.slot_start >= to_timestamp($7::float8 / 1000) - make_interval(secs => p.catch_up_seconds)`

async function countLost(tx: Db, values: readonly unknown[]): Promise<number> {
  const [row] = await tx.query<{ count: bigint }>(
    `select count(*) as count from collection_slot s, poll_plan p
     where ${chosen} and not (${isHeld})`,
    values,
  )
  return Number(row?.count ?? 0n)
}

async function reopen(tx: Db, values: readonly unknown[]): Promise<SlotMove[]> {
  const rows = await tx.query<MoveRow>(
    `with again as (
       update collection_slot s set state = 1, attempts = 0 from poll_plan p
       where ${chosen} and ${isHeld}
       returning s.meter_id, s.plan_id, s.slot_start, s.state, s.attempts, s.reason, 4 as was)
     ${movesOf('again')}`,
    values,
  )
  return rows.map(moveOf)
}

import {
  assert,
  type BusinessDate,
  type CivilTime,
  fail,
  type Instant,
  ok,
  type Result,
} from '#src/core'
import type { Db } from '#src/db'
import { selectBatch } from './batch-queries.ts'
import { momentOf, nextReadingDay } from './calendar.ts'
import { decide } from './decide.ts'
import { selectMembers, selectPieces } from './due-queries.ts'
import { batchFile, hashOf } from './file.ts'
import {
  addHeld,
  addRows,
  clearHeld,
  type HeldRow,
  makeBatch,
  openWork,
  setHash,
  type WorkRow,
} from './publish-queries.ts'
import type { RouteRow } from './route-queries.ts'
import type { Batch, RunOutcome, RunRefusal } from './types.ts'

/** Usage points that are looked at together. */
const CHUNK = 2_000

/**
 * Publishes what is due of a route up to the first moment of a date and has not left. All in the
 * caller's transaction, which holds the route: a batch is there whole or not at all.
 */
export async function runRoute(
  tx: Db,
  civil: CivilTime,
  route: RouteRow,
  date: BusinessDate,
  by: string,
  now: Instant,
): Promise<Result<RunOutcome, RunRefusal>> {
  if (route.retiredAt !== null) return fail({ kind: 'retired' })
  if (date > civil.dateOf(now)) {
    const detail = `${date} has not begun; the next reading day is ${nextReadingDay(civil, route, civil.dateOf(now))}`
    return fail({ kind: 'no-such-day', detail })
  }
  if (date <= route.startsOn) {
    return fail({ kind: 'no-such-day', detail: `the route begins on ${route.startsOn}` })
  }
  const [start, boundary] = [civil.startOf(route.startsOn), civil.startOf(date)]
  const mayWait = now < momentOf(civil, civil.addDays(date, route.waitDays), route.publishMinute)
  await openWork(tx)
  await clearHeld(tx, route.id)
  const members = await selectMembers(tx, route.groupId, boundary)
  const held: Record<string, number> = {}
  for (let first = 0; first < members.length; first += CHUNK) {
    const some = members.slice(first, first + CHUNK)
    const pieces = await selectPieces(tx, some, start, boundary)
    const rows: WorkRow[] = []
    const behind: HeldRow[] = []
    for (const [piece, settled] of await decide(tx, pieces, route.registers, mayWait)) {
      if (settled.kind === 'rows') rows.push(...settled.rows.map((row) => ({ ...row, piece })))
      else behind.push({ piece, reason: settled.reason, detail: settled.detail })
    }
    await addRows(tx, rows)
    await addHeld(tx, route.id, date, behind)
    for (const { reason } of behind) held[reason] = (held[reason] ?? 0) + 1
  }
  const batch = await publish(tx, civil, route, date, by, held, now)
  return ok({ route: route.code, date, batch, held })
}

async function publish(
  tx: Db,
  civil: CivilTime,
  route: RouteRow,
  date: BusinessDate,
  by: string,
  held: RunOutcome['held'],
  now: Instant,
): Promise<Batch | null> {
  const id = await makeBatch(tx, route, date, by, held, now)
  if (id === undefined) return null
  await setHash(tx, id, await hashOf(batchFile(tx, civil, { id, date }, route.language)))
  const batch = await selectBatch(tx, id)
  assert(batch !== undefined, 'a batch that was just made')
  return batch
}

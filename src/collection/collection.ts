import { type BusinessDate, type CivilTime, hours, type Instant, instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { recount } from './counting.ts'
import { advance, FRESH } from './creating.ts'
import { civilDay } from './marks.ts'
import { followMembers } from './members.ts'
import { locateMeters } from './places.ts'
import {
  changeSlots,
  closeSlots,
  compressSlots,
  dropSlots,
  insertOwed,
  markNotAsked,
  type SlotChange,
  selectDueDays,
  selectOpenSlots,
} from './queries.ts'
import { addMoves, changedBy, type SlotMove } from './slot-sums.ts'
import { summaryOf } from './summary.ts'
import type { Collection, PlanId, Slot, SlotEnd, SlotOutcome } from './types.ts'

/** Longer than any catch-up, so that what is packed hardly changes any more. */
const COMPRESS_AFTER = hours(70 * 24)

/** Days counted in one go; a run of the job that does it comes again soon. */
const DAYS_RECOUNTED_MAX = 40

/** A chunk of the table: what is changed in one statement lies in one. */
const CHUNK: number = hours(24)

export function createCollection(db: Database, civil: CivilTime): Collection {
  const within = async <T>(tx: Db | undefined, work: (tx: Db) => Promise<T>): Promise<T> =>
    tx === undefined ? await db.transaction(work) : await work(tx)
  return {
    async follow(tasks, now) {
      await locateMeters(db, civil)
      await followMembers(db, civil, tasks, now)
    },
    advance: (task, to, signal) => advance(db, civil, task, to, signal),
    record: (outcomes, tx) =>
      within(tx, async (inside) => {
        const found = outcomes.filter(({ kind }) => kind === 'found')
        const ended = outcomes.filter(({ kind }) => kind !== 'found')
        const moves: SlotMove[] = []
        for (const chunk of chunksOf(onePerSlot(ended))) {
          moves.push(...(await insertOwed(inside, chunk)), ...(await changeSlots(inside, chunk)))
        }
        for (const chunk of chunksOf(onePerSlot(found))) {
          moves.push(...(await changeSlots(inside, chunk)))
        }
        await addMoves(inside, civil, moves)
      }),
    estimate: (slots, method, tx) =>
      within(tx, async (inside) => {
        const moves: SlotMove[] = []
        const kind = { kind: 'estimated', attempts: 0, reason: method } as const
        const changes = onePerSlot(slots.map((slot): SlotChange => ({ ...slot, ...kind })))
        for (const chunk of chunksOf(changes)) moves.push(...(await changeSlots(inside, chunk)))
        await addMoves(inside, civil, moves)
        return changedBy(moves)
      }),
    open: (query) => selectOpenSlots(db, query),
    async close(ends, now) {
      let closed = 0
      for (const { date, planId } of await selectDueDays(db)) {
        closed += await closeDay(db, civil, { date, planId, ends, now })
      }
      return closed
    },
    summary: (date) => summaryOf(db, civil, date),
    compress: (now) => compressSlots(db, instant(now - COMPRESS_AFTER)),
    recount: () => recount(db, civil, DAYS_RECOUNTED_MAX),
    retain: (now: Instant, keptDays) => dropSlots(db, instant(now - hours(keptDays * 24))),
  }
}

interface DueDay {
  readonly date: BusinessDate
  readonly planId: PlanId
  readonly ends: readonly SlotEnd[]
  readonly now: Instant
}

/** Ends what cannot come any more of a task's day; says of the rest whether somebody asked for it. */
async function closeDay(
  db: Database,
  civil: CivilTime,
  { date, planId, ends, now }: DueDay,
): Promise<number> {
  const day = civilDay(civil, date)
  const end = ends.find((one) => one.planId === planId)
  const { before, reason } = end ?? { before: now, reason: 'no-plan' }
  return await db.transaction(async (tx) => {
    const moves: SlotMove[] = []
    const last = instant(Math.min(day.ends, before))
    if (last > day.opens) moves.push(...(await closeSlots(tx, { planId, reason }, day.opens, last)))
    const fresh = instant(Math.min(day.ends, now - FRESH))
    if (fresh > last) await markNotAsked(tx, planId, last, fresh)
    await addMoves(tx, civil, moves)
    return changedBy(moves)
  })
}

function chunksOf<Change extends Slot>(changes: readonly Change[]): Iterable<Change[]> {
  return Map.groupBy(changes, ({ slotStart }) => Math.floor(slotStart / CHUNK)).values()
}

/** One statement may write a slot once: an answer counts before a failure, attempts add up. */
function onePerSlot<Change extends SlotOutcome | SlotChange>(
  outcomes: readonly Change[],
): Change[] {
  const merged = new Map<string, Change>()
  for (const outcome of outcomes) {
    const key = `${outcome.meterId} ${outcome.planId} ${outcome.slotStart}`
    const known = merged.get(key)
    if (known === undefined) merged.set(key, outcome)
    else {
      const attempts = known.attempts + outcome.attempts
      const decisive = known.kind === 'missing' ? outcome : known
      merged.set(key, { ...decisive, attempts })
    }
  }
  return [...merged.values()].sort((a, b) => a.meterId - b.meterId || a.slotStart - b.slotStart)
}

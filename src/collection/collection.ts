import { type CivilTime, hours, type Instant, instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { recount } from './counting.ts'
import { advance } from './creating.ts'
import { markTouched } from './marks.ts'
import { followMembers } from './members.ts'
import {
  closeSlots,
  compressSlots,
  dropSlots,
  markEstimated,
  selectOpenSlots,
  updateFound,
  upsertOutcomes,
} from './queries.ts'
import { summaryOf } from './summary.ts'
import type { Collection, SlotOutcome } from './types.ts'

/** Longer than any catch-up, so that what is packed hardly changes any more. */
const COMPRESS_AFTER = hours(70 * 24)

/** Days counted in one go; a run of the job that does it comes again soon. */
const DAYS_RECOUNTED_MAX = 40

export function createCollection(db: Database, civil: CivilTime): Collection {
  const within = async <T>(tx: Db | undefined, work: (tx: Db) => Promise<T>): Promise<T> =>
    tx === undefined ? await db.transaction(work) : await work(tx)
  return {
    follow: (tasks, now) => followMembers(db, civil, tasks, now),
    advance: (task, to, signal) => advance(db, civil, task, to, signal),
    record: (outcomes, tx) =>
      within(tx, async (inside) => {
        const found = outcomes.filter(({ kind }) => kind === 'found')
        const ended = outcomes.filter(({ kind }) => kind !== 'found')
        if (ended.length > 0) await upsertOutcomes(inside, onePerSlot(ended))
        if (found.length > 0) await updateFound(inside, onePerSlot(found))
        await markTouched(inside, civil, outcomes)
      }),
    estimate: (slots, method, tx) =>
      within(tx, async (inside) => {
        if (slots.length === 0) return 0
        const estimated = await markEstimated(inside, slots, method)
        await markTouched(inside, civil, estimated)
        return estimated.length
      }),
    open: (query) => selectOpenSlots(db, query),
    close: (ends, now) =>
      db.transaction(async (tx) => {
        const closed = await closeSlots(tx, ends, now)
        await markTouched(tx, civil, closed)
        return closed.reduce((sum, { count = 0 }) => sum + count, 0)
      }),
    summary: (date) => summaryOf(db, civil, date),
    compress: (now) => compressSlots(db, instant(now - COMPRESS_AFTER)),
    recount: (now) => recount(db, civil, now, DAYS_RECOUNTED_MAX),
    retain: (now: Instant, keptDays) => dropSlots(db, instant(now - hours(keptDays * 24))),
  }
}

/** One statement may write a slot once: an answer counts before a failure, attempts add up. */
function onePerSlot(outcomes: readonly SlotOutcome[]): SlotOutcome[] {
  const merged = new Map<string, SlotOutcome>()
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

import { type CivilTime, hours, instant } from '#src/core'
import type { Database, Db } from '#src/db'
import {
  closeSlots,
  countByChannel,
  dropSlots,
  insertSlots,
  selectGaps,
  selectOpenSlots,
  updateFound,
  upsertOutcomes,
} from './queries.ts'
import type { Collection, CollectionCount, SlotOutcome } from './types.ts'

export function createCollection(db: Database, civil: CivilTime): Collection {
  return {
    async expect(slots, tx: Db = db) {
      return slots.length === 0 ? 0 : await insertSlots(tx, slots)
    },
    async record(outcomes, tx: Db = db) {
      const found = outcomes.filter(({ kind }) => kind === 'found')
      const ended = outcomes.filter(({ kind }) => kind !== 'found')
      if (ended.length > 0) await upsertOutcomes(tx, onePerSlot(ended))
      if (found.length > 0) await updateFound(tx, onePerSlot(found))
    },
    open: (query) => selectOpenSlots(db, query),
    gaps: (query) => selectGaps(db, query),
    close: (ends, now) => closeSlots(db, ends, now),
    async summary(date) {
      const from = civil.startOf(date)
      const groups = await countByChannel(db, from, civil.startOf(civil.addDays(date, 1)))
      return {
        date,
        ...counted(groups),
        groups: groups.map((group) => ({ ...group, ...counted([group]) })),
      }
    },
    retain: (now, keptDays) => dropSlots(db, instant(now - hours(keptDays * 24))),
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

type Counts = Omit<CollectionCount, 'pending' | 'successRate'>

function counted(groups: readonly Counts[]): CollectionCount {
  const sum = (pick: (counts: Counts) => number) =>
    groups.reduce((total, group) => total + pick(group), 0)
  const expected = sum((group) => group.expected)
  const received = sum((group) => group.received)
  const missing = sum((group) => group.missing)
  return {
    expected,
    received,
    late: sum((group) => group.late),
    missing,
    pending: expected - received - missing,
    successRate: rateOf(received, received + missing),
  }
}

/** Rounded down, so that only a whole success says 1.0000. */
function rateOf(received: number, ended: number): string | null {
  if (ended === 0) return null
  const parts = String(Math.floor((received * 10_000) / ended)).padStart(5, '0')
  return `${parts.slice(0, -4)}.${parts.slice(-4)}`
}

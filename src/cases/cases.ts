import { assert, type Clock, fail, ok } from '#src/core'
import type { Database, Db } from '#src/db'
import {
  closeByKeys,
  insertHistory,
  isWorker,
  lockCase,
  rankOf,
  selectCase,
  selectCases,
  selectHistory,
  updateCase,
  upsertFindings,
} from './queries.ts'
import { dueOf, moved } from './rules.ts'
import type { Cases, Finding, FoundOutcome } from './types.ts'

/** Who finds and settles by itself. */
const SYSTEM = 'system'
/** Findings of one statement. */
const BATCH = 1_000

export function createCases(db: Database, clock: Clock): Cases {
  /** In the caller's transaction, or in one of our own. */
  const within = <T>(tx: Db | undefined, work: (tx: Db) => Promise<T>): Promise<T> =>
    tx === undefined ? db.transaction(work) : work(tx)

  return {
    async found(findings, tx) {
      const outcome = { opened: 0, reopened: 0, extended: 0 }
      const merged = onePerKey(findings)
      for (let at = 0; at < merged.length; at += BATCH) {
        const part = merged.slice(at, at + BATCH)
        const counted = await within(tx, (inner) => find(inner, part))
        outcome.opened += counted.opened
        outcome.reopened += counted.reopened
        outcome.extended += counted.extended
      }
      return outcome
    },
    async settled(ends, tx) {
      if (ends.length === 0) return 0
      return await within(tx, async (inner) => {
        const closed = await closeByKeys(inner, ends, clock.now())
        const rows = closed.map(({ id, evidence }) => {
          return { caseId: id, actor: SYSTEM, act: 'closed', note: '', detail: evidence } as const
        })
        await insertHistory(inner, rows, clock.now())
        return closed.length
      })
    },
    get: (id) => selectCase(db, id),
    history: (id) => selectHistory(db, id),
    list: (filter, before, limit) => selectCases(db, filter, before, limit),
    move(id, move, actor, also = async () => {}) {
      return db.transaction(async (tx) => {
        await lockCase(tx, id)
        const known = await selectCase(tx, id)
        if (!known) return fail({ kind: 'not-found', message: `there is no case ${id}` } as const)
        const outcome = moved(known, move, actor, clock.now())
        if (!outcome.ok) return outcome
        const { act, change, note, detail } = outcome.value
        if (change.assigneeId !== undefined && !(await isWorker(tx, change.assigneeId))) {
          return fail({ kind: 'no-such-user', message: 'nobody of that name works here' } as const)
        }
        await updateCase(tx, id, outcome.value)
        const entry = { caseId: id, actor: actor.name, act, note, detail }
        await insertHistory(tx, [entry], clock.now())
        const after = await selectCase(tx, id)
        assert(after !== undefined, 'a case that was changed is there')
        await also(tx)
        return ok(after)
      })
    },
  }

  async function find(tx: Db, findings: readonly Counted[]): Promise<FoundOutcome> {
    const now = clock.now()
    const due = findings.map((one) => ({ ...one, dueAt: dueOf(one.severity, now) }))
    const told = await upsertFindings(tx, due, now)
    const rows = told.flatMap(({ id, act, evidence }) => {
      if (act === 'extended') return []
      return [{ caseId: id, actor: SYSTEM, act, note: '', detail: evidence }]
    })
    if (rows.length > 0) await insertHistory(tx, rows, now)
    const count = (act: string) => told.filter((one) => one.act === act).length
    const [opened, reopened] = [count('opened'), count('reopened')]
    return { opened, reopened, extended: told.length - opened - reopened }
  }
}

type Counted = Finding & { readonly times: number }

/** One statement may write a case once: the worst severity and the last evidence count. */
function onePerKey(findings: readonly Finding[]): Counted[] {
  const merged = new Map<string, Counted>()
  for (const finding of findings) {
    const known = merged.get(finding.key)
    if (known === undefined) merged.set(finding.key, { ...finding, times: 1 })
    else {
      const worse = rankOf(known.severity) > rankOf(finding.severity) ? known : finding
      merged.set(finding.key, { ...finding, severity: worse.severity, times: known.times + 1 })
    }
  }
  // In one order, so that two batches with the same keys never wait for each other.
  return [...merged.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

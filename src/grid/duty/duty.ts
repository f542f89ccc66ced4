import { type CivilTime, fail, ok, type Result } from '#src/core'
import type { Database } from '#src/db'
import { nodeIdOf } from '#src/grid'
import { endDuty, enterDuty } from './enter.ts'
import { dutiesIn } from './file.ts'
import { lockManagers, selectDuties, selectHistory } from './queries.ts'
import type { Duties, DutyChange, DutyFault, DutyRefusal } from './types.ts'

export interface DutyOptions {
  readonly db: Database
  readonly civil: CivilTime
}

/** A file with a bad row leaves nothing behind. */
class Undone extends Error {
  readonly faults: readonly DutyFault[]
  constructor(faults: readonly DutyFault[]) {
    super('a row of the file cannot be entered')
    this.faults = faults
  }
}
const FAULTS_MAX = 100
/** The cell of a row that a refusal is about. */
const columns = {
  ...{ 'no-node': 'code', person: 'staff_no', range: 'valid_to', clash: 'valid_from' },
} as const satisfies Record<DutyRefusal['kind'], string>

/** Who is responsible for areas and feeders (台区经理), and was at any time. */
export function createDuties({ db, civil }: DutyOptions): Duties {
  return {
    at: (moment, filter, page) => selectDuties(db, moment, filter, page),
    async history(name) {
      const node = await nodeIdOf(db, name)
      return node === null ? null : await selectHistory(db, node)
    },
    set: (entry, rename, by, also) =>
      db.transaction(async (tx) => {
        await lockManagers(tx)
        const done = await enterDuty(tx, entry, rename, by)
        return await noted(done, (change) => also(tx, change))
      }),
    end: (node, at, also) =>
      db.transaction(async (tx) =>
        noted(await endDuty(tx, node, at), (change) => also(tx, change)),
      ),
    async enter(text, by, now, also) {
      const read = dutiesIn(text, civil, now)
      if (!read.ok) return read
      try {
        await db.transaction(async (tx) => {
          await lockManagers(tx)
          const faults: DutyFault[] = []
          for (const { line, entry } of read.value) {
            const done = await enterDuty(tx, entry, false, by)
            if (!done.ok) {
              const { kind, message } = done.error
              faults.push({ line, column: columns[kind], message })
            }
            if (faults.length >= FAULTS_MAX) break
          }
          if (faults.length > 0) throw new Undone(faults)
          await also(tx, read.value.length)
        })
      } catch (error) {
        if (error instanceof Undone) return fail(error.faults)
        throw error
      }
      return ok(read.value.length)
    },
  }
}

async function noted(
  done: Result<DutyChange, DutyRefusal>,
  also: (change: DutyChange) => Promise<void>,
): Promise<Result<void, DutyRefusal>> {
  if (!done.ok) return done
  await also(done.value)
  return ok(undefined)
}

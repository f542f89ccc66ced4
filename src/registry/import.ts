import { fail, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import { conflictsIn } from './archive-conflicts.ts'
import { lockArchive, moveRevision } from './archive-queries.ts'
import { writeChannels, writeConcentrators } from './import-channels.ts'
import { writeContracts } from './import-contracts.ts'
import { writeAccounts, writeHolders } from './import-customers.ts'
import { writeGrid } from './import-grid.ts'
import { writeMeters } from './import-meters.ts'
import { placeMeters } from './import-places.ts'
import { writePlaces, writeUsagePoints } from './import-points.ts'
import { writeTransformers } from './import-transformers.ts'
import type { ImportWork } from './import-work.ts'
import type { ArchiveOutcome, ArchiveProblem, ArchiveRow } from './types.ts'

/** Rolls the transaction back; caught right outside of it. */
class Refused extends Error {}

/**
 * Brings the archive to what the rows say, all or nothing. A blank cell says nothing, but for the
 * profile and the model of a meter. What is in the archive and not in the rows stays.
 */
export async function importArchive(
  db: Database,
  rows: readonly ArchiveRow[],
  also: (tx: Db, outcome: ArchiveOutcome) => Promise<void>,
): Promise<Result<ArchiveOutcome, readonly ArchiveProblem[]>> {
  const conflicts = conflictsIn(rows)
  if (conflicts.length > 0) return fail(conflicts)
  const problems: ArchiveProblem[] = []
  try {
    const outcome = await db.transaction(async (tx) => {
      const work: ImportWork = {
        tx,
        rows,
        problems,
        created: new Set(),
        changed: new Set(),
        changes: [],
        newPoints: new Set(),
      }
      await lockArchive(tx)
      await writeAll(work)
      if (problems.length > 0) throw new Refused()
      const created = work.created.size
      const changed = [...work.changed].filter((row) => !work.created.has(row)).length
      if (created + changed > 0) await moveRevision(tx)
      const unchanged = rows.length - created - changed
      const done = { rows: rows.length, created, changed, unchanged }
      await also(tx, done)
      return done
    })
    return ok(outcome)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return fail(problems.sort((a, b) => a.line - b.line))
  }
}

async function writeAll(work: ImportWork): Promise<void> {
  const nodes = await writeGrid(work)
  const channels = await writeChannels(work)
  // A channel or a node that cannot be as the rows say makes every later step guess.
  if (work.problems.length > 0) return
  await writeConcentrators(work, channels, nodes)
  const meters = await writeMeters(work, channels)
  const accounts = await writeAccounts(work)
  const points = await writeUsagePoints(work, accounts, nodes)
  await writeHolders(work, accounts, points)
  await writePlaces(work, points, nodes)
  await writeContracts(work, work.rows, accounts, (row) => work.changed.add(row))
  await writeTransformers(work, points, nodes)
  if (work.problems.length === 0) await placeMeters(work, meters, points)
}

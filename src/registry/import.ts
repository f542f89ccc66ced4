import { fail, type Instant, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import { conflictsIn } from './archive-conflicts.ts'
import { lockArchive, moveRevision } from './archive-queries.ts'
import { awaitMoments, turnTo } from './archive-turn.ts'
import { writeChanges } from './change-log.ts'
import { writeChannels, writeConcentrators } from './import-channels.ts'
import { writeContracts } from './import-contracts.ts'
import { writeAccounts, writeHolders } from './import-customers.ts'
import { writeGrid } from './import-grid.ts'
import { writeMeters } from './import-meters.ts'
import { placeMeters } from './import-places.ts'
import { writePlaces, writeUsagePoints } from './import-points.ts'
import { writeTransformers } from './import-transformers.ts'
import type { ArchiveChange, ImportWork } from './import-work.ts'
import { mergeAdded } from './merge-added.ts'
import type { ArchiveOutcome, ArchiveProblem, ArchiveRow } from './types.ts'

/** Rolls the transaction back; caught right outside of it. */
class Refused extends Error {}

/** What becomes of the archive by a file, and what stands against it. */
export interface Trial {
  readonly outcome: ArchiveOutcome
  readonly changes: readonly ArchiveChange[]
  /** With one of them nothing may stay written. */
  readonly problems: readonly ArchiveProblem[]
}

/** Brings the archive to what the rows say. With problems the caller rolls the transaction back. */
export async function writeArchive(
  tx: Db,
  rows: readonly ArchiveRow[],
  now: Instant,
): Promise<Trial> {
  const work: ImportWork = {
    ...{ tx, rows, problems: [], created: new Set(), changed: new Set() },
    ...{ changes: [], newPoints: new Set(), now },
    moved: { points: new Set(), nodes: new Set() },
  }
  work.problems.push(...conflictsIn(rows))
  if (work.problems.length === 0) {
    await lockArchive(tx)
    await writeAll(work)
  }
  const created = work.created.size
  const changed = [...work.changed].filter((row) => !work.created.has(row)).length
  const isMoved = work.problems.length === 0 && created + changed > 0
  if (isMoved) await settle(work)
  const unchanged = rows.length - created - changed
  return {
    outcome: { rows: rows.length, created, changed, unchanged },
    changes: mergeAdded(work.changes),
    problems: work.problems.sort((a, b) => a.line - b.line),
  }
}

/**
 * Brings the archive to what the rows say, all or nothing. A blank cell says nothing, but for the
 * profile and the model of a meter. What is in the archive and not in the rows stays.
 */
export async function importArchive(
  db: Database,
  rows: readonly ArchiveRow[],
  now: Instant,
  also: (tx: Db, outcome: ArchiveOutcome) => Promise<void>,
): Promise<Result<ArchiveOutcome, readonly ArchiveProblem[]>> {
  let problems: readonly ArchiveProblem[] = []
  try {
    const outcome = await db.transaction(async (tx) => {
      const trial = await writeArchive(tx, rows, now)
      problems = trial.problems
      if (problems.length > 0) throw new Refused()
      await writeChanges(tx, trial.changes, { importId: null, by: 'system', at: null })
      await also(tx, trial.outcome)
      return trial.outcome
    })
    return ok(outcome)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return fail(problems)
  }
}

/** What repeats what holds now follows; what holds from later on is awaited. */
async function settle({ tx, rows, now, moved }: ImportWork): Promise<void> {
  await awaitMoments(tx, new Set(rows.map(({ validFrom }) => validFrom)), now)
  await turnTo(tx, now, { points: [...moved.points], areas: [...moved.nodes] })
  await moveRevision(tx)
}

async function writeAll(work: ImportWork): Promise<void> {
  const nodes = await writeGrid(work)
  const channels = await writeChannels(work)
  // A channel or a node that cannot be as the rows say makes every later step guess.
  if (work.problems.length > 0) return
  await writeConcentrators(work, channels, nodes)
  const meters = await writeMeters(work, channels)
  const touched = (row: ArchiveRow) => work.changed.add(row)
  const accounts = await writeAccounts(work, work.rows, (row, how) => {
    if (how === 'known') touched(row)
  })
  const points = await writeUsagePoints(work, accounts, nodes)
  await writeHolders(work, work.rows, accounts, points, touched)
  await writePlaces(work, points, nodes)
  await writeContracts(work, work.rows, accounts, touched)
  await writeTransformers(work, points, nodes)
  if (work.problems.length === 0) await placeMeters(work, meters, points)
}

import type { Cases } from '#src/cases'
import type { CivilTime, Instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { finishedDays, lockPosition, monthOf, movePosition, settledChange } from '#src/metering'
import { computeNodes } from './compute-queries.ts'
import {
  changedDates,
  dueByArchive,
  dueByChanges,
  dueByDay,
  dueByGrid,
  dueByMonthEnergy,
  dueMonths,
  type Followed,
  listedThrough,
  positions,
  takeDue,
} from './due-queries.ts'
import { reviewLosses } from './exceptions.ts'
import { refreshNetworks } from './networks.ts'
import type { LossPeriod } from './parts.ts'
import { computeSets } from './set-queries.ts'
import { spansOf } from './spans.ts'
import { computeTechnical } from './technical-queries.ts'

/** Nodes of one transaction. */
const BATCH = 20_000
/** After a long pause the days before are computed only as far as changes name them. */
const DAYS_BACK_MAX = 62

/** Follows energy and the archive; only what changed is computed anew. Returns how many rows. */
export async function follow(
  db: Database,
  cases: Cases,
  civil: CivilTime,
  now: Instant,
): Promise<number> {
  const today = civil.dateOf(now)
  await note(db, 'grid_change', (tx, after, to) => dueByGrid(tx, civil.zone, after, to))
  await note(db, 'usage_change', async (tx, after, to) => {
    const dates = await changedDates(tx, after, to)
    await dueByChanges(tx, spansOf(civil, 'day', dates), after, to)
  })
  // What it says of new lines is of the archive.
  await refreshNetworks(db, civil, now)
  const days = await db.transaction(async (tx) => {
    await dueByArchive(tx, civil.zone)
    await dueByMonthEnergy(tx, civil.zone)
    const finished = finishedDays(civil, today, await listedThrough(tx), DAYS_BACK_MAX)
    await dueByDay(tx, finished)
    const thisMonth = monthOf(today)
    await dueMonths(tx, thisMonth)
    return finished
  })
  const ofDays = await computeDue(db, civil, 'day', now)
  const ofMonths = await computeDue(db, civil, 'month', now)
  const yesterday = civil.addDays(today, -1)
  const looked = ofDays > 0 ? [...new Set([...days, yesterday])] : days
  for (const day of looked) await reviewLosses(db, cases, civil, 'day', day)
  if (ofMonths > 0) {
    const lastMonth = monthOf(civil.addDays(monthOf(today), -1))
    await reviewLosses(db, cases, civil, 'month', lastMonth)
  }
  return ofDays + ofMonths
}

/** Puts what changed since the last time on the list. */
async function note(
  db: Database,
  followed: Followed,
  list: (tx: Db, after: bigint, to: bigint) => Promise<void>,
): Promise<void> {
  const to = await db.transaction((tx) => settledChange(tx, followed))
  await db.transaction(async (tx) => {
    const after = await lockPosition(tx, positions[followed])
    if (to <= after) return
    await list(tx, after, to)
    await movePosition(tx, positions[followed], to)
  })
}

async function computeDue(
  db: Database,
  civil: CivilTime,
  period: LossPeriod,
  now: Instant,
): Promise<number> {
  const before = period === 'day' ? civil.dateOf(now) : monthOf(civil.dateOf(now))
  let rows = 0
  for (let taken = BATCH; taken > 0; ) {
    taken = await db.transaction(async (tx) => {
      const keys = await takeDue(tx, period, before, BATCH)
      if (keys.length === 0) return 0
      const dates = [...new Set(keys.map(({ startsOn }) => startsOn))]
      const spans = spansOf(civil, period, dates)
      rows += await computeNodes(tx, period, spans, keys, civil.zone, now)
      await computeTechnical(tx, period, spans, keys, civil.zone)
      rows += await computeSets(tx, period, spans, civil.zone, now)
      return keys.length
    })
  }
  return rows
}

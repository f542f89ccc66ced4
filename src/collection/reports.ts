import type { BusinessDate, CivilTime, Clock, Instant } from '#src/core'
import type { Database } from '#src/db'
import { backfill } from './backfill.ts'
import { countSlots, type Grouping } from './counting.ts'
import { coverageOf } from './coverage.ts'
import { slotKpis } from './kpis.ts'
import { onlineRates } from './online.ts'
import type { CollectionReports, Kpi } from './report-types.ts'
import { listSlots } from './slot-list.ts'
import { noSlots } from './slot-sums.ts'
import { unreadPoints } from './unread.ts'

/** What people ask the ledger: every figure is a query over it. */
export function createCollectionReports(
  db: Database,
  civil: CivilTime,
  clock: Clock,
): CollectionReports {
  return {
    async kpis({ from, to, by }) {
      const counts = await countSlots(db, civil, { from, to, by })
      const online = await onlineOf(db, civil, clock.now(), { from, to, by })
      const keys = [...new Set([...counts.keys(), ...online.keys()])].sort()
      const items = (keys.length === 0 && by === 'all' ? [''] : keys).map((group) => ({
        group,
        counts: counts.get(group) ?? noSlots,
        kpis: [...slotKpis(counts.get(group) ?? noSlots), ...(online.get(group) ?? [])],
      }))
      return { from, to, by, items }
    },
    slots: (filter, page) => listSlots(db, civil, filter, page),
    unread: (days, page) => unreadPoints(db, civil, clock.now(), days, page),
    coverage: (page) => coverageOf(db, clock.now(), page),
    backfill: (order, also) => backfill(db, civil, clock.now(), order, also),
  }
}

/** Concentrators are online or not; other groups have no such rate. */
async function onlineOf(
  db: Database,
  civil: CivilTime,
  now: Instant,
  { from, to, by }: { from: BusinessDate; to: BusinessDate; by: Grouping },
): Promise<ReadonlyMap<string, readonly Kpi[]>> {
  if (by !== 'all' && by !== 'concentrator') return new Map()
  const opens = civil.startOf(from)
  const ends = civil.startOf(civil.addDays(to, 1))
  return await onlineRates(db, { opens, ends, now, by })
}

import { type CivilTime, fail, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { mistakeInDays } from './energy.ts'
import { type QualityRow, selectQuality } from './quality-queries.ts'
import type { QualityQuery, QualitySum, StatisticsRefusal } from './types.ts'

/** Power quality by usage point or by what it hangs on, and period. */
export async function qualityOf(
  db: Db,
  civil: CivilTime,
  query: QualityQuery,
  page: { readonly offset: number; readonly limit: number },
): Promise<Result<{ items: readonly QualitySum[]; next: number | null }, StatisticsRefusal>> {
  const wrong = mistakeInDays(civil, query.from, query.to)
  if (wrong !== null) return fail({ kind: 'wrong-range', message: wrong })
  const moments = {
    start: civil.startOf(query.from),
    end: civil.startOf(civil.addDays(query.to, 1)),
  }
  const asked = { offset: page.offset, limit: page.limit + 1 }
  const rows = await selectQuality(db, civil.zone, query, moments, asked)
  return ok({
    items: rows.slice(0, page.limit).map(sumOf),
    next: rows.length > page.limit ? page.offset + page.limit : null,
  })
}

const sumOf = (row: QualityRow): QualitySum => ({
  key: row.key || null,
  name: row.name,
  from: row.starts,
  to: row.ends,
  usagePoints: row.customers,
  voltage: {
    qualificationRate: row.rate,
    examinedSeconds: Number(row.examined),
    belowSeconds: Number(row.below),
    aboveSeconds: Number(row.above),
    least: row.least,
    most: row.most,
    imbalance: row.voltage_imbalance,
    imbalanceShare: row.voltage_imbalance_share,
  },
  current: { imbalance: row.current_imbalance, imbalanceShare: row.current_imbalance_share },
  powerFactor: row.power_factor,
  outages: {
    byEvent: Number(row.by_event),
    byCurve: Number(row.by_curve),
    open: Number(row.still_open),
    minutes: row.minutes,
    saifi: row.saifi,
    saidiMinutes: row.saidi,
  },
})

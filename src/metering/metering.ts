import { type CivilTime, hours, type Instant, instant } from '#src/core'
import { compressChunks, type Database, persistently } from '#src/db'
import { explainDay } from './explain.ts'
import { rollUp } from './rollup.ts'
import type { Metering } from './types.ts'
import { usageOf } from './usage.ts'
import { keptUsage } from './usage-queries.ts'

/** Days are re-run and late readings come for a while; compressed chunks are slow to change. */
const compressAfter = hours(100 * 24)
/** Whoever follows changes looks every few minutes. */
const changesKept = hours(30 * 24)
const FORGOTTEN_MAX = 20_000

export function createMetering(db: Database, civil: CivilTime): Metering {
  return {
    usage: (query) => usageOf(db, civil, query),
    explain: (usagePoint, date, register) => explainDay(db, civil, usagePoint, date, register),
    kept: (query) => keptUsage(db, civil, query),
    rollUp: (now) => rollUp(persistently(db), civil, now),
    compress: (now) => compressChunks(db, ['usage_day'], instant(now - compressAfter)),
    forgetChanges: (now) => forgetChanges(db, instant(now - changesKept)),
    async analyze() {
      for (const table of ['usage_day', 'usage_month', 'usage_dirty', 'energy_dirty']) {
        await db.query(`analyze ${table}`)
      }
    },
  }
}

/** Bounded, so that no statement of it lasts. */
async function forgetChanges(db: Database, before: Instant): Promise<number> {
  for (let gone = 0; ; ) {
    const rows = await db.query(
      `delete from usage_change where seq in (
         select seq from usage_change where changed_at < to_timestamp($1::float8 / 1000)
         order by seq limit $2::int) returning 1`,
      [before, FORGOTTEN_MAX],
    )
    gone += rows.length
    if (rows.length < FORGOTTEN_MAX) return gone
  }
}

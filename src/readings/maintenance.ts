import { type CivilTime, hours, type Instant, instant } from '#src/core'
import { compressChunks, type Database } from '#src/db'
import type { ReadingsMaintenance, Retention } from './types.ts'

/** Bills are re-run and gaps filled for about a month; compressed chunks are slow to change. */
const compressAfter = hours(35 * 24)
/** How far back late data still reaches the hourly aggregate; less than any retention. */
const refreshBack = hours(60 * 24)
/** One statement's share of it: on the embedded database nothing else runs meanwhile. */
const refreshStep = hours(3 * 24)
const hypertables = ['reading_curve', 'reading_daily', 'reading_item'] as const

export function createMaintenance(db: Database, civil: CivilTime): ReadingsMaintenance {
  return {
    refreshHours: (now) => refreshHours(db, civil, now),
    compress: (now) => compressChunks(db, hypertables, instant(now - compressAfter)),
    retain: (now, retention) => retain(db, now, retention),
    async analyze() {
      await forgetSupersededShapes(db)
      for (const table of [...hypertables, 'meter_latest']) {
        await db.query(`analyze ${table}`)
      }
    },
  }
}

/** Newest first; a stretch that nothing has changed costs next to nothing. */
async function refreshHours(db: Database, civil: CivilTime, now: Instant): Promise<void> {
  const last = instant(Math.floor(now / hours(1)) * hours(1))
  for (let end = last; end > last - refreshBack; end = instant(end - refreshStep)) {
    // A procedure's call takes no parameters here; both texts are moments that we wrote.
    await db.query(
      `call refresh_continuous_aggregate('reading_hour',
         '${civil.iso(instant(end - refreshStep))}'::timestamptz,
         '${civil.iso(end)}'::timestamptz)`,
    )
  }
}

async function retain(db: Database, now: Instant, retention: Retention): Promise<number> {
  const days = [
    ['reading_curve', retention.curveDays],
    ['reading_daily', retention.dailyDays],
    ['reading_item', retention.itemDays],
    ['reading_hour', retention.dailyDays],
  ] as const
  let dropped = 0
  for (const [table, keptDays] of days) {
    const chunks = await db.query(
      `select drop_chunks($1::regclass, older_than => to_timestamp($2::float8 / 1000))`,
      [table, now - hours(keptDays * 24)],
    )
    dropped += chunks.length
  }
  return dropped
}

/** A meter whose set of quantities grew leaves a row that a newer one covers. */
async function forgetSupersededShapes(db: Database): Promise<void> {
  await db.query(
    `delete from meter_latest old using meter_latest newer
     where newer.meter_id = old.meter_id and newer.shape <> old.shape
       and newer.shape & old.shape = old.shape and newer.measured_at >= old.measured_at`,
  )
}

import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'

/** Forgets what clocks showed, and corrections that ended, before a moment; how many went. */
export async function retainClocks(db: Db, before: Instant): Promise<number> {
  const dropped = await db.query(
    `select drop_chunks('clock_measurement', older_than => $1::timestamptz)`,
    [timestamptz(before)],
  )
  const ended = await db.query(
    `delete from clock_correction where ended_at < $1::timestamptz returning 1`,
    [timestamptz(before)],
  )
  return dropped.length + ended.length
}

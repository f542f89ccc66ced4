import type { Instant } from '#src/core'
import { type Database, timestamptz } from '#src/db'

/** Forgets writes that ended before a moment, and runs that have none left; how many went. */
export function retainParameters(db: Database, before: Instant): Promise<number> {
  return db.transaction(async (tx) => {
    const writes = await tx.query(
      `delete from parameter_write where ended_at < $1::timestamptz returning 1`,
      [timestamptz(before)],
    )
    const runs = await tx.query(
      `delete from parameter_run r where r.ended_at < $1::timestamptz
         and not exists (select from parameter_write w where w.run_id = r.id) returning 1`,
      [timestamptz(before)],
    )
    return writes.length + runs.length
  })
}

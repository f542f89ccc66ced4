import type { Database } from './database.ts'
import { internalsOf, patiently } from './internals.ts'

/**
 * Bounds the write-ahead log. A server does this by itself; the embedded database has no process
 * for it, so whoever owns the schedule calls this every few minutes.
 */
export async function checkpoint(db: Database): Promise<void> {
  if (internalsOf(db).unattended) await patiently(db).query('checkpoint')
}

/** Frees dead rows and renews the statistics of every table; call it daily. */
export async function vacuumAnalyze(db: Database): Promise<void> {
  if (internalsOf(db).unattended) await patiently(db).query('vacuum (analyze)')
  else await patiently(db).query('analyze')
}

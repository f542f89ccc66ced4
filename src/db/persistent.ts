import type { Database } from './database.ts'
import { DatabaseFailure } from './errors.ts'

/** How often a transaction is run before whoever asked is told. */
const RUNS_MAX = 5

/**
 * The same database for transactions that may meet others: one that was ended because two waited for
 * each other runs again. Its work changes nothing but the database.
 */
export const persistently = (db: Database): Database => ({
  kind: db.kind,
  query: (text, values) => db.query(text, values),
  stream: (text, values, batchRows) => db.stream(text, values, batchRows),
  close: () => db.close(),
  async transaction(work) {
    for (let run = 1; ; run += 1) {
      try {
        return await db.transaction(work)
      } catch (error) {
        const isHindered = error instanceof DatabaseFailure && error.retry === 'now'
        if (!isHindered || run === RUNS_MAX) throw error
      }
    }
  },
})

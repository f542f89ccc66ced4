import type { CivilTime, Clock } from '#src/core'
import type { Database } from '#src/db'
import { runValidation } from './run.ts'

export function createValidation(db: Database, civil: CivilTime, clock: Clock) {
  return {
    run: () => runValidation(db, civil, clock),
  }
}

import type pg from 'pg'
import { assert } from '#src/core'
import type { Database } from './database.ts'

/** What this package knows of a Database beyond its interface. */
export interface Internals {
  /** The same over connections whose statements may take an hour. */
  readonly patient: Database
  /** The connections of `patient`, for COPY. */
  readonly pool: pg.Pool
  /** Whether nobody but us writes checkpoints and keeps statistics. */
  readonly unattended: boolean
}

const known = new WeakMap<Database, Internals>()

export function remember(db: Database, internals: Internals): Database {
  known.set(db, internals)
  return db
}

export function internalsOf(db: Database): Internals {
  const internals = known.get(db)
  assert(internals !== undefined, 'a Database comes from openDatabase')
  return internals
}

/** The same database for statements that may take up to an hour instead of two minutes. */
export const patiently = (db: Database): Database => internalsOf(db).patient

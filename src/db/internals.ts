import type pg from 'pg'
import { assert } from '#src/core'
import type { Database, Db } from './database.ts'
import { rowsOf } from './pool.ts'

/** What this package knows of a Database beyond its interface. */
export interface Internals {
  /** Connections whose statements may take an hour: maintenance, migrations, transfers. */
  readonly patient: pg.Pool
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
export function patiently(db: Database): Db {
  const { patient } = internalsOf(db)
  return {
    query: <Row extends object>(text: string, values?: readonly unknown[]) =>
      rowsOf<Row>(patient, text, values),
  }
}

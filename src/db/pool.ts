import type { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'
import { assert } from '#src/core'
import type { Database, Db } from './database.ts'
import { commitFailureOf, DatabaseFailure, failureOf } from './errors.ts'

/** One transaction; `open` tells late users of it that it has ended. */
export interface Scope {
  open: boolean
}

/**
 * The Database over a pool; `current` is shared by all pools of one database. Inside a transaction the pool is refused: on the embedded database,
 * which has one backend, it would wait for that very transaction for ever.
 */
export function databaseOver(
  kind: Database['kind'],
  pool: pg.Pool,
  current: AsyncLocalStorage<Scope>,
  close: () => Promise<void>,
): Database {
  const assertOutside = () =>
    assert(!current.getStore()?.open, 'inside a transaction only its own `tx` runs statements')
  let closing: Promise<void> | undefined

  return {
    kind,
    async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      assertOutside()
      return rowsOf<Row>(pool, text, values)
    },
    async transaction(work) {
      assertOutside()
      const scope: Scope = { open: true }
      return withClient(pool, (client) =>
        current.run(scope, () => inTransaction(client, scope, work)),
      )
    },
    stream<Row extends object>(text: string, values: readonly unknown[], batchRows: number) {
      assertOutside()
      return batches<Row>(pool, text, values, batchRows)
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

async function inTransaction<T>(
  client: pg.PoolClient,
  scope: Scope,
  work: (tx: Db) => Promise<T>,
): Promise<T> {
  const tx: Db = {
    async query<Row extends object>(text: string, values?: readonly unknown[]) {
      assert(scope.open, 'a transaction runs statements only until it ends')
      return rowsOf<Row>(client, text, values)
    },
  }
  await rowsOf(client, 'begin')
  try {
    const value = await work(tx)
    scope.open = false
    await commit(client)
    return value
  } catch (error) {
    scope.open = false
    if (!(error instanceof DatabaseFailure && error.kind === 'commit-unknown')) {
      await rowsOf(client, 'rollback')
    }
    throw error
  }
}

async function commit(client: pg.PoolClient): Promise<void> {
  try {
    const { command } = await client.query('commit')
    // A transaction with a failed statement answers COMMIT politely with ROLLBACK.
    if (command === 'COMMIT') return
  } catch (error) {
    throw commitFailureOf(error)
  }
  throw new DatabaseFailure('statement', 'a statement failed, so nothing was committed', undefined)
}

/** Statements on one connection, for a caller that leads its transaction itself. */
export const clientDb = (client: pg.PoolClient): Db => ({
  query: <Row extends object>(text: string, values?: readonly unknown[]) =>
    rowsOf<Row>(client, text, values),
})

/** A client that met anything but a plain SQL error may be unusable and is thrown away. */
export async function withClient<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await connect(pool)
  let broken = false
  const onError = () => {
    broken = true
  }
  client.on('error', onError)
  try {
    return await work(client)
  } catch (error) {
    broken ||= error instanceof DatabaseFailure && error.kind !== 'statement'
    throw error
  } finally {
    client.removeListener('error', onError)
    client.release(broken)
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw failureOf(error, 'connect')
  }
}

async function rowsOf<Row extends object>(
  runner: pg.Pool | pg.PoolClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    const result = await runner.query<Row & pg.QueryResultRow>(text, [...values])
    // Several statements in one text give a list of results; `pg`'s types do not say so.
    const last: unknown = Array.isArray(result) ? result.at(-1) : result
    return (last as pg.QueryResult<Row & pg.QueryResultRow> | undefined)?.rows ?? []
  } catch (error) {
    throw failureOf(error, text)
  }
}

let cursorCount = 0

/**
 * A cursor held beyond its transaction, so that a slow reader neither pins a snapshot nor keeps
 * the embedded database's only backend.
 */
async function* batches<Row extends object>(
  pool: pg.Pool,
  text: string,
  values: readonly unknown[],
  batchRows: number,
): AsyncGenerator<Row[], void, undefined> {
  assert(Number.isSafeInteger(batchRows) && batchRows > 0, 'a batch has at least one row')
  cursorCount += 1
  const cursor = `batch_cursor_${cursorCount}`
  const client = await connect(pool)
  let usable = true
  try {
    await rowsOf(client, `declare ${cursor} no scroll cursor with hold for ${text}`, values)
    for (;;) {
      const rows = await rowsOf<Row>(client, `fetch forward ${batchRows} from ${cursor}`)
      if (rows.length > 0) yield rows
      if (rows.length < batchRows) break
    }
  } catch (error) {
    usable = false
    throw error
  } finally {
    // A consumer that stops early also comes here, with a cursor that is still open.
    await endCursor(client, cursor, usable)
  }
}

async function endCursor(client: pg.PoolClient, cursor: string, usable: boolean): Promise<void> {
  let closed = false
  try {
    if (usable) await rowsOf(client, `close ${cursor}`)
    closed = usable
  } finally {
    client.release(!closed)
  }
}

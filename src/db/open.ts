import pg from 'pg'
import { type Clock, fail, ok, type Result } from '#src/core'
import type { Database } from './database.ts'
import { openEmbedded } from './embedded/embedded.ts'
import { type DatabaseError, databaseError } from './errors.ts'
import { databaseOver } from './pool.ts'
import { typeParsers } from './types.ts'

export interface DatabaseSettings {
  /** A server; without it the embedded database under `dataDir`. */
  readonly url?: string
  readonly dataDir: string
  readonly clock: Clock
  readonly log?: DatabaseLog
}

/** An event name plus fields. */
export interface DatabaseLog {
  warn(fields: Readonly<Record<string, unknown>>, event: string): void
}

const STATEMENT_TIMEOUT_MS = 120_000
const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 30_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
const LOCK_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 15_000
const IDLE_CLIENT_TIMEOUT_MS = 60_000
const EMBEDDED_CLIENTS_MAX = 8
const SERVER_CLIENTS_MAX = 12

const commonPool = {
  application_name: 'openhes',
  types: typeParsers,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  lock_timeout: LOCK_TIMEOUT_MS,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  idleTimeoutMillis: IDLE_CLIENT_TIMEOUT_MS,
} satisfies pg.PoolConfig

/** Opens the database and makes sure that it is one the product can live on. */
export function openDatabase(settings: DatabaseSettings): Promise<Result<Database, DatabaseError>> {
  return settings.url === undefined ? openFolder(settings) : openServer(settings, settings.url)
}

async function openFolder(settings: DatabaseSettings): Promise<Result<Database, DatabaseError>> {
  const { log, clock, dataDir } = settings
  const embedded = await openEmbedded({
    dataDir,
    clock,
    onLost: (reason) => log?.warn({ reason }, 'embedded-database-reopens'),
  })
  if (!embedded.ok) return embedded
  const pool = new pg.Pool({
    ...commonPool,
    max: EMBEDDED_CLIENTS_MAX,
    user: 'postgres',
    database: 'template1',
    stream: () => embedded.value.connect(),
  })
  watchIdleClients(pool, log)
  return ok(
    databaseOver('embedded', pool, async () => {
      await pool.end()
      await embedded.value.close()
    }),
  )
}

async function openServer(
  { log }: DatabaseSettings,
  url: string,
): Promise<Result<Database, DatabaseError>> {
  const pool = new pg.Pool({
    ...commonPool,
    connectionString: url,
    max: SERVER_CLIENTS_MAX,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    options: '-c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=iso_8601',
  })
  watchIdleClients(pool, log)
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    const reason = error instanceof Error ? error.message : String(error)
    return fail(databaseError('unreachable', `no answer (${reason})`, 'later', error))
  }
  return ok(databaseOver('server', pool, () => pool.end()))
}

/** An idle connection that dies is replaced at its next use; unheard, it would end the process. */
function watchIdleClients(pool: pg.Pool, log: DatabaseLog | undefined): void {
  pool.on('error', (error) => log?.warn({ reason: error.message }, 'database-connection-lost'))
}

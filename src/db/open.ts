import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import { type Clock, ok, type Result } from '#src/core'
import type { Database } from './database.ts'
import { openEmbedded } from './embedded/index.ts'
import type { DatabaseError } from './errors.ts'
import { remember } from './internals.ts'
import { databaseOver, type Scope } from './pool.ts'
import { checkServer, placeOf } from './server.ts'
import { typeParsers } from './types.ts'

export interface DatabaseSettings {
  /** A server; without it the embedded database under `dataDir`. */
  readonly url?: string
  readonly dataDir: string
  readonly clock: Clock
  readonly log?: DatabaseLog
  /** Whether a server can carry the product; tests stand in for it. */
  readonly check?: typeof checkServer
}

/** An event name plus fields. */
export interface DatabaseLog {
  warn(fields: Readonly<Record<string, unknown>>, event: string): void
}

const STATEMENT_TIMEOUT_MS = 120_000
const PATIENT_TIMEOUT_MS = 3_600_000
/** Later than the server's own limit: it is for a server that no longer answers. */
const ANSWER_MARGIN_MS = 30_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
const LOCK_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 30_000
const IDLE_CLIENT_TIMEOUT_MS = 60_000
const EMBEDDED_CLIENTS_MAX = 8
const SERVER_CLIENTS_MAX = 12
const PATIENT_CLIENTS_MAX = 2

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
  const config = {
    ...commonPool,
    max: EMBEDDED_CLIENTS_MAX,
    user: 'postgres',
    database: 'template1',
    stream: () => embedded.value.connect(),
  }
  const pools = openPools(config, { ...config, ...patientLimits }, log)
  return ok(databaseOf('embedded', pools, () => embedded.value.close()))
}

async function openServer(
  { log, check = checkServer }: DatabaseSettings,
  url: string,
): Promise<Result<Database, DatabaseError>> {
  const place = placeOf(url)
  if (!place.ok) return place
  const config = {
    ...commonPool,
    connectionString: url,
    max: SERVER_CLIENTS_MAX,
    keepAlive: true,
    // Compiling a statement of many joins takes seconds, and saves less than that of any of ours.
    options: '-c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=iso_8601 -c jit=off',
  }
  const limit = { query_timeout: STATEMENT_TIMEOUT_MS + ANSWER_MARGIN_MS }
  const pools = openPools({ ...config, ...limit }, { ...config, ...patientLimits }, log)
  const checked = await check(pools.common, place.value)
  if (!checked.ok) {
    await endPools(pools)
    return checked
  }
  return ok(databaseOf('server', pools, async () => {}))
}

interface Pools {
  readonly common: pg.Pool
  /** For statements that may take an hour. */
  readonly patient: pg.Pool
}

/** Without `pg`'s own limit: it never ends for COPY, and would keep the process waiting for it. */
const patientLimits = {
  max: PATIENT_CLIENTS_MAX,
  statement_timeout: PATIENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: PATIENT_TIMEOUT_MS,
} satisfies pg.PoolConfig

function openPools(common: pg.PoolConfig, patient: pg.PoolConfig, log?: DatabaseLog): Pools {
  const pools = { common: new pg.Pool(common), patient: new pg.Pool(patient) }
  watchIdleClients(pools.common, log)
  watchIdleClients(pools.patient, log)
  return pools
}

async function endPools({ common, patient }: Pools): Promise<void> {
  await Promise.all([common.end(), patient.end()])
}

function databaseOf(kind: Database['kind'], pools: Pools, close: () => Promise<void>): Database {
  const current = new AsyncLocalStorage<Scope>()
  const patient = databaseOver(kind, pools.patient, current, async () => {})
  const db = databaseOver(kind, pools.common, current, async () => {
    await endPools(pools)
    await close()
  })
  return remember(db, { patient, pool: pools.patient, unattended: kind === 'embedded' })
}

/** An idle connection that dies is replaced at its next use; unheard, it would end the process. */
function watchIdleClients(pool: pg.Pool, log: DatabaseLog | undefined): void {
  pool.on('error', (error) => log?.warn({ reason: error.message }, 'database-connection-lost'))
}

import { type DatabaseError, databaseError } from './errors.ts'

/** What a server says of itself; null is what it does not know. */
export interface ServerAnswers {
  /** PostgreSQL's own number, such as 150018. */
  readonly serverVersionNumber: number
  /** The version that `create extension` would install. */
  readonly timescaleAvailable: string | null
  readonly timescaleInstalled: string | null
  /** `timescale` with the Community features, `apache` without. */
  readonly license: string | null
  readonly preloaded: boolean
}

export type Verdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'extension-needed' }
  | { readonly kind: 'refused'; readonly error: DatabaseError }

const POSTGRES_MIN = 15
/** The first line with the columnstore and hypertable forms that the migrations use. */
const TIMESCALE_MIN = [2, 20] as const

/** Whether the product can live on this server; `place` names it in the sentence. */
export function judgeServer(answers: ServerAnswers, place: string): Verdict {
  const postgres = Math.floor(answers.serverVersionNumber / 10_000)
  const wanted = `TimescaleDB ${TIMESCALE_MIN.join('.')} or later with the Community features`
  if (postgres < POSTGRES_MIN) {
    return refuse(
      'postgres-too-old',
      `${place} runs PostgreSQL ${postgres}; install PostgreSQL ${POSTGRES_MIN} or later, and ${wanted}.`,
    )
  }
  const source = `package timescaledb-2-postgresql-${postgres} of https://packagecloud.io/timescale/timescaledb`
  const version = answers.timescaleInstalled ?? answers.timescaleAvailable
  if (version === null) {
    return refuse(
      'timescaledb-missing',
      `${place} is PostgreSQL ${postgres} without TimescaleDB; install ${wanted} (${source}), add timescaledb to shared_preload_libraries and restart the server.`,
    )
  }
  if (isOlder(version)) {
    return refuse(
      'timescaledb-too-old',
      `${place} has TimescaleDB ${version}; install ${wanted} (${source}) and run "alter extension timescaledb update" in the database.`,
    )
  }
  if (!answers.preloaded) {
    return refuse(
      'timescaledb-not-creatable',
      `${place} does not load TimescaleDB at its start; add timescaledb to shared_preload_libraries in postgresql.conf and restart the server.`,
    )
  }
  if (answers.timescaleInstalled === null) return { kind: 'extension-needed' }
  if (answers.license !== 'timescale') {
    return refuse(
      'timescaledb-apache',
      `${place} has the Apache edition of TimescaleDB, without compression and continuous aggregates; install the Community edition (${source}) and set timescaledb.license = 'timescale'.`,
    )
  }
  return { kind: 'fine' }
}

const refuse = (code: DatabaseError['code'], message: string): Verdict => ({
  kind: 'refused',
  error: databaseError(code, message, 'never'),
})

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return major < TIMESCALE_MIN[0] || (major === TIMESCALE_MIN[0] && minor < TIMESCALE_MIN[1])
}

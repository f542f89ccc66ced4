/** Why a database could not be opened; `code` is stable, `message` says what to do about it. */
export interface DatabaseError {
  readonly kind: 'database'
  readonly code: DatabaseErrorCode
  readonly message: string
  readonly retry: 'now' | 'later' | 'never'
  readonly cause?: unknown
}

export type DatabaseErrorCode =
  | 'url-invalid'
  | 'unreachable'
  | 'sign-in-refused'
  | 'database-missing'
  | 'postgres-too-old'
  | 'timescaledb-missing'
  | 'timescaledb-not-creatable'
  | 'timescaledb-too-old'
  | 'timescaledb-apache'
  | 'data-dir-in-use'
  | 'data-dir-unusable'
  | 'embedded-failed'

export const databaseError = (
  code: DatabaseErrorCode,
  message: string,
  retry: DatabaseError['retry'],
  cause?: unknown,
): DatabaseError => ({
  kind: 'database',
  code,
  message,
  retry,
  ...(cause === undefined ? {} : { cause }),
})

/** `commit-unknown`: the work may be there or not, so look for it by its id before repeating it. */
export type FailureKind = 'statement' | 'timeout' | 'unavailable' | 'commit-unknown'

/** What a query or a transaction rejects with. */
export class DatabaseFailure extends Error {
  readonly kind: FailureKind
  readonly retry: 'now' | 'later' | 'never'
  /** PostgreSQL's five-character code, where the database answered. */
  readonly sqlState: string | undefined
  readonly constraint: string | undefined

  constructor(kind: FailureKind, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'DatabaseFailure'
    this.kind = kind
    this.sqlState = textField(cause, 'code')
    this.constraint = textField(cause, 'constraint')
    this.retry = retryOf(kind, this.sqlState)
  }
}

/** Translates what `pg` rejects with; a failure that is already ours stays as it is. */
export function failureOf(error: unknown, text: string): DatabaseFailure {
  if (error instanceof DatabaseFailure) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new DatabaseFailure(kindOf(error, reason), `${reason} (${excerpt(text)})`, error)
}

/** A COMMIT whose answer was lost, as opposed to one that the database refused. */
export function commitFailureOf(error: unknown): DatabaseFailure {
  // An ERROR ends the transaction for certain; a FATAL or a dead connection leaves it open.
  if (textField(error, 'severity') === 'ERROR') return failureOf(error, 'commit')
  return new DatabaseFailure('commit-unknown', 'the answer to COMMIT was lost', error)
}

const STATEMENT_EXCERPT_CHARS = 160

const excerpt = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > STATEMENT_EXCERPT_CHARS ? `${line.slice(0, STATEMENT_EXCERPT_CHARS)}…` : line
}

function kindOf(error: unknown, reason: string): FailureKind {
  const code = textField(error, 'code')
  if (code === '57014' || /query read timeout|timeout exceeded/i.test(reason)) return 'timeout'
  const answered = code !== undefined && /^[0-9A-Z]{5}$/.test(code)
  if (!answered || /^(08|57P|53300)/.test(code)) return 'unavailable'
  return 'statement'
}

function retryOf(kind: FailureKind, sqlState: string | undefined): 'now' | 'later' | 'never' {
  if (kind === 'unavailable' || kind === 'timeout') return 'later'
  // Serialization failures, deadlocks and lock time-outs succeed when simply run again.
  return sqlState !== undefined && /^(40001|40P01|55P03)$/.test(sqlState) ? 'now' : 'never'
}

function textField(value: unknown, field: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const text: unknown = Reflect.get(value, field)
  return typeof text === 'string' ? text : undefined
}

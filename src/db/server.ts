import type pg from 'pg'
import { fail, ok, type Result } from '#src/core'
import { judgeServer, type ServerAnswers } from './edition.ts'
import { type DatabaseError, databaseError } from './errors.ts'

/** Makes sure that the server can carry the product, creating the extension where it may. */
export async function checkServer(
  pool: pg.Pool,
  place: string,
): Promise<Result<void, DatabaseError>> {
  const first = await ask(pool, place)
  if (!first.ok) return first
  const verdict = judgeServer(first.value, place)
  if (verdict.kind === 'fine') return ok(undefined)
  if (verdict.kind === 'refused') return fail(verdict.error)

  const created = await createExtension(pool, place)
  if (!created.ok) return created
  const second = await ask(pool, place)
  if (!second.ok) return second
  const final = judgeServer(second.value, place)
  return final.kind === 'refused' ? fail(final.error) : ok(undefined)
}

/** `user@host:port/database`, for sentences: everything of the address but the password. */
export function placeOf(url: string): Result<string, DatabaseError> {
  const parsed = URL.parse(url)
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    const message = `The database address is not a URL such as postgres://user:password@host:5432/openhes.`
    return fail(databaseError('url-invalid', message, 'never'))
  }
  const { hostname, port, pathname, searchParams } = parsed
  const host = hostname === '' ? (searchParams.get('host') ?? 'localhost') : hostname
  return ok(`${host}:${port === '' ? '5432' : port}${pathname === '/' ? '' : pathname}`)
}

async function ask(pool: pg.Pool, place: string): Promise<Result<ServerAnswers, DatabaseError>> {
  try {
    const { rows } = await pool.query<ServerAnswers>(
      `select current_setting('server_version_num')::int as "serverVersionNumber",
              (select default_version from pg_available_extensions
                where name = 'timescaledb') as "timescaleAvailable",
              (select extversion from pg_extension
                where extname = 'timescaledb') as "timescaleInstalled",
              current_setting('timescaledb.license', true) as "license",
              current_setting('shared_preload_libraries')
                ~ '(^|[ ,"/])timescaledb' as "preloaded"`,
    )
    const [answers] = rows
    if (answers !== undefined) return ok(answers)
    return fail(databaseError('unreachable', `${place} gave no answer.`, 'later'))
  } catch (error) {
    return fail(connectError(error, place))
  }
}

async function createExtension(pool: pg.Pool, place: string): Promise<Result<void, DatabaseError>> {
  const client = await pool.connect()
  try {
    await client.query('create extension if not exists timescaledb')
    return ok(undefined)
  } catch (error) {
    // Another node has just created it, which the next question will show.
    if (isDuplicate(error)) return ok(undefined)
    const message = `TimescaleDB cannot be created in ${place} (${reasonOf(error)}); run "create extension timescaledb" there as a superuser.`
    return fail(databaseError('timescaledb-not-creatable', message, 'never', error))
  } finally {
    // A session that saw the database without the extension does not serve it.
    client.release(true)
  }
}

const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && /^(23505|42710)$/.test(String(Reflect.get(error, 'code')))

function connectError(error: unknown, place: string): DatabaseError {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined
  const reason = reasonOf(error)
  if (code === '28P01' || code === '28000') {
    const message = `${place} refuses the user (${reason}); correct the user or the password in the database address.`
    return databaseError('sign-in-refused', message, 'never', error)
  }
  if (code === '3D000') {
    const message = `${place} does not exist; create the database, or name another one in the address.`
    return databaseError('database-missing', message, 'never', error)
  }
  const message = `${place} cannot be reached (${reason}); start the server there, or correct the database address.`
  return databaseError('unreachable', message, 'later', error)
}

/** Node reports several addresses that all failed as one error without a text of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail, type Instant, ok, type Result } from '#src/core'
import type { Db } from './database.ts'

/** One numbered file of plain SQL. */
export interface Migration {
  readonly name: string
  readonly sql: string
  readonly hash: string
  /** False for what PostgreSQL refuses inside a transaction, such as a continuous aggregate. */
  readonly transactional: boolean
}

export interface MigrationError {
  readonly kind: 'migration'
  readonly code: 'folder' | 'name' | 'changed' | 'unknown' | 'busy' | 'failed'
  readonly migration: string
  readonly message: string
  readonly cause?: unknown
}

export interface MigrationStatus {
  readonly name: string
  readonly state: 'applied' | 'unfinished' | 'pending'
  readonly appliedAt: Instant | undefined
}

/** What the database remembers of a migration. */
export interface Applied {
  readonly name: string
  readonly hash: string
  readonly appliedAt: Instant | null
  readonly stepsDone: number
}

export const defaultFolder = fileURLToPath(new URL('../../migrations/', import.meta.url))

export const migrationError = (
  code: MigrationError['code'],
  migration: string,
  message: string,
  cause?: unknown,
): MigrationError => ({
  kind: 'migration',
  code,
  migration,
  message,
  ...(cause === undefined ? {} : { cause }),
})

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/
const WITHOUT_TRANSACTION = /^--\s*no transaction\s*$/

export async function readMigrations(
  folder: string,
): Promise<Result<readonly Migration[], MigrationError>> {
  let names: string[]
  try {
    names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  } catch (error) {
    return fail(migrationError('folder', folder, `cannot read the migrations in ${folder}`, error))
  }
  const numbers = new Set<string>()
  for (const name of names) {
    const number = FILE_NAME.exec(name)?.[1]
    if (number === undefined) {
      return fail(migrationError('name', name, `${name} is not named like 0001_registry.sql`))
    }
    if (numbers.has(number)) {
      return fail(migrationError('name', name, `two migrations carry the number ${number}`))
    }
    numbers.add(number)
  }
  return ok(await Promise.all(names.map((name) => readMigration(folder, name))))
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n')
  return {
    name,
    sql,
    hash: createHash('sha256').update(sql).digest('hex'),
    transactional: !WITHOUT_TRANSACTION.test(sql.slice(0, sql.indexOf('\n')).trim()),
  }
}

/** What is still to be done, or why this folder does not belong to this database. */
export function pendingOf(
  migrations: readonly Migration[],
  applied: readonly Applied[],
): Result<readonly Migration[], MigrationError> {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const { name, hash } of applied) {
    const migration = known.get(name)
    if (migration === undefined) {
      const message = `the database was brought up to date by a newer version: it has ${name}, which this one does not know`
      return fail(migrationError('unknown', name, message))
    }
    if (migration.hash !== hash) {
      const message = `${name} was edited after it had been applied; restore it and write a new migration`
      return fail(migrationError('changed', name, message))
    }
  }
  const done = new Set(applied.filter((one) => one.appliedAt !== null).map((one) => one.name))
  return ok(migrations.filter(({ name }) => !done.has(name)))
}

export async function selectApplied(db: Db): Promise<readonly Applied[]> {
  const [table] = await db.query<{ made: boolean }>(
    `select to_regclass('schema_migration') is not null as made`,
  )
  if (table?.made !== true) return []
  return db.query<Applied>(
    `select name, hash, applied_at as "appliedAt", steps_done as "stepsDone"
       from schema_migration order by name`,
  )
}

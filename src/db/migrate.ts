import { randomUUID } from 'node:crypto'
import { type Clock, fail, ok, type Result, seconds, sleep, systemClock } from '#src/core'
import type { Database, Db } from './database.ts'
import { patiently } from './internals.ts'
import {
  defaultFolder,
  type Migration,
  type MigrationError,
  type MigrationStatus,
  migrationError,
  pendingOf,
  readMigrations,
  selectApplied,
} from './migrations.ts'
import { splitStatements } from './statements.ts'

export interface MigrateOptions {
  readonly clock?: Clock
  /** Called before each file runs. */
  readonly onStep?: (name: string) => void
}

/**
 * Brings the database up to date and answers the names of what it applied. Nodes that start at
 * once take turns by a lease, which works alike on a server and on the embedded database.
 */
export async function migrate(
  db: Database,
  folder: string = defaultFolder,
  options: MigrateOptions = {},
): Promise<Result<readonly string[], MigrationError>> {
  const migrations = await readMigrations(folder)
  if (!migrations.ok) return migrations
  await createTables(db)
  const holder = randomUUID()
  const leased = await takeLease(db, holder, options.clock ?? systemClock)
  if (!leased.ok) return leased
  try {
    const pending = pendingOf(migrations.value, await selectApplied(db))
    if (!pending.ok) return pending
    for (const migration of pending.value) {
      options.onStep?.(migration.name)
      const applied = await apply(db, holder, migration)
      if (!applied.ok) return applied
    }
    return ok(pending.value.map(({ name }) => name))
  } finally {
    await db.query(`update schema_migration_lease set expires_at = now() where holder = $1::uuid`, [
      holder,
    ])
  }
}

/** What `hes migrate --status` shows. */
export async function migrationStatus(
  db: Database,
  folder: string = defaultFolder,
): Promise<Result<readonly MigrationStatus[], MigrationError>> {
  const migrations = await readMigrations(folder)
  if (!migrations.ok) return migrations
  const applied = await selectApplied(db)
  const pending = pendingOf(migrations.value, applied)
  if (!pending.ok) return pending
  const known = new Map(applied.map((one) => [one.name, one]))
  return ok(
    migrations.value.map(({ name }) => {
      const one = known.get(name)
      const appliedAt = one?.appliedAt ?? undefined
      const unapplied = one === undefined ? 'pending' : 'unfinished'
      return { name, state: appliedAt === undefined ? unapplied : 'applied', appliedAt }
    }),
  )
}

/** Concurrent `create table if not exists` can collide in the catalogue, hence the lock. */
async function createTables(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    await tx.query(`
      create table if not exists schema_migration (
        name text primary key,
        hash text not null,
        steps_done int not null default 0,
        applied_at timestamptz
      )`)
    await tx.query(`
      create table if not exists schema_migration_lease (
        only_row boolean primary key default true check (only_row),
        holder uuid not null,
        expires_at timestamptz not null
      )`)
  })
}

const MIGRATION_LOCK = 4_857_001
const LEASE_POLL = seconds(1)
/** Longer than any single statement may take. */
const LEASE_MINUTES = 70
const LEASE_POLLS_MAX = LEASE_MINUTES * 60

async function takeLease(
  db: Db,
  holder: string,
  clock: Clock,
): Promise<Result<void, MigrationError>> {
  const never = new AbortController().signal
  for (let poll = 0; poll < LEASE_POLLS_MAX; poll += 1) {
    if (await renewLease(db, holder)) return ok(undefined)
    await sleep(clock, LEASE_POLL, never)
  }
  return fail(migrationError('busy', '', 'another node has been migrating for too long'))
}

async function renewLease(db: Db, holder: string): Promise<boolean> {
  const rows = await db.query(
    `insert into schema_migration_lease as lease (holder, expires_at)
     values ($1::uuid, now() + make_interval(mins => $2::int))
     on conflict (only_row) do update
        set holder = excluded.holder, expires_at = excluded.expires_at
      where lease.expires_at <= now() or lease.holder = excluded.holder
     returning holder`,
    [holder, LEASE_MINUTES],
  )
  return rows.length === 1
}

async function apply(
  db: Database,
  holder: string,
  migration: Migration,
): Promise<Result<void, MigrationError>> {
  try {
    if (!(await renewLease(db, holder))) return fail(lostLease(migration))
    if (migration.transactional) await applyInTransaction(db, migration)
    else return await applyStepwise(db, holder, migration)
    return ok(undefined)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${migration.name} failed: ${reason}`
    return fail(migrationError('failed', migration.name, message, error))
  }
}

async function applyInTransaction(db: Database, migration: Migration): Promise<void> {
  await patiently(db).transaction(async (tx) => {
    await tx.query(migration.sql)
    await tx.query(
      `insert into schema_migration (name, hash, applied_at) values ($1::text, $2::text, now())`,
      [migration.name, migration.hash],
    )
  })
}

/**
 * Each statement on its own, remembered when done, so that a broken run goes on where it ended.
 * A crash in between runs one statement twice: such files say `if not exists`.
 */
async function applyStepwise(
  db: Database,
  holder: string,
  { name, hash, sql }: Migration,
): Promise<Result<void, MigrationError>> {
  const [progress] = await db.query<{ steps_done: number }>(
    `insert into schema_migration (name, hash) values ($1::text, $2::text)
     on conflict (name) do update set hash = excluded.hash
     returning steps_done`,
    [name, hash],
  )
  const statements = splitStatements(sql)
  for (const [step, statement] of statements.entries()) {
    if (step < (progress?.steps_done ?? 0)) continue
    if (!(await renewLease(db, holder))) {
      return fail(migrationError('busy', name, `another node took over during ${name}`))
    }
    await patiently(db).query(statement)
    await db.query(`update schema_migration set steps_done = $2::int where name = $1::text`, [
      name,
      step + 1,
    ])
  }
  await db.query(`update schema_migration set applied_at = now() where name = $1::text`, [name])
  return ok(undefined)
}

const lostLease = ({ name }: Migration): MigrationError =>
  migrationError('busy', name, `another node took over before ${name}`)

import fs from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { fail, ok, type Result } from '#src/core'
import type { Database, Db } from '../database.ts'
import { internalsOf, patiently } from '../internals.ts'
import { vacuumAnalyze } from '../maintenance.ts'
import { clientDb, withClient } from '../pool.ts'
import {
  type CarriedTable,
  carriedTables,
  continuousAggregates,
  fingerprintOf,
  schemaVersion,
} from './catalogue.ts'
import {
  hashFile,
  type Manifest,
  type Part,
  readManifest,
  type TransferError,
  type TransferProgress,
  type TransferReport,
  transferError,
} from './manifest.ts'

/**
 * Reads an export into a migrated database that holds nothing yet. A run that was cut short goes
 * on where it ended; at the end every table is compared with what was exported.
 */
export async function importAll(
  db: Database,
  folder: string,
  progress: (step: TransferProgress) => void = () => {},
): Promise<Result<TransferReport, TransferError>> {
  try {
    const manifest = await readManifest(folder)
    if (!manifest.ok) return manifest
    if (manifest.value?.complete !== true) {
      return fail(transferError('manifest', `${folder} holds no finished export`))
    }
    return await importFrom(db, folder, manifest.value, progress)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return fail(transferError('failed', `The import stopped: ${reason}`, error))
  }
}

async function importFrom(
  db: Database,
  folder: string,
  manifest: Manifest,
  progress: (step: TransferProgress) => void,
): Promise<Result<TransferReport, TransferError>> {
  const patient = patiently(db)
  const tables = await carriedTables(patient)
  const fits = await checkSchema(patient, manifest, tables)
  if (!fits.ok) return fits
  const begun = await begin(patient, manifest, tables)
  if (!begun.ok) return begun

  for (const table of tables) {
    const parts = manifest.tables.find((one) => one.table === table.table)?.parts ?? []
    for (const [index, part] of parts.entries()) {
      const skipped = begun.value.has(part.file)
      progress({ table: table.table, part: index + 1, parts: parts.length, skipped })
      if (skipped) continue
      const imported = await importPart(db, { folder, state: manifest.state }, table, part)
      if (!imported.ok) return imported
    }
  }
  const compared = await compare(patient, manifest, tables)
  if (!compared.ok) return compared
  await finish(patient, manifest)
  await vacuumAnalyze(db)
  return ok({ tables: manifest.tables.map(({ table, rows }) => ({ table, rows })) })
}

async function checkSchema(
  db: Db,
  manifest: Manifest,
  tables: readonly CarriedTable[],
): Promise<Result<void, TransferError>> {
  const exported = manifest.migrations.map(({ name, hash }) => `${name} ${hash}`)
  const here = (await schemaVersion(db)).map(({ name, hash }) => `${name} ${hash}`)
  if (exported.join() !== here.join()) {
    const [theirs, ours] = [
      manifest.migrations.at(-1)?.name,
      (await schemaVersion(db)).at(-1)?.name,
    ]
    const message = `The export was made at schema ${theirs ?? 'none'}, this database is at ${ours ?? 'none'}; export and import with the same version of OpenHES.`
    return fail(transferError('schema', message))
  }
  const known = new Map(tables.map((one) => [one.table, one.columns.join()]))
  const strange = manifest.tables.find((one) => known.get(one.table) !== one.columns.join())
  if (strange === undefined) return ok(undefined)
  return fail(transferError('schema', `The table ${strange.table} differs from the exported one.`))
}

/** Answers the files that an earlier run of this very import has stored. */
async function begin(
  db: Database,
  manifest: Manifest,
  tables: readonly CarriedTable[],
): Promise<Result<ReadonlySet<string>, TransferError>> {
  return db.transaction(async (tx) => {
    const [running] = await tx.query<{ made: boolean }>(
      `select to_regclass('transfer_part') is not null as made`,
    )
    if (running?.made === true) {
      const parts = await tx.query<{ state: string; file: string }>(
        `select state, file from transfer_part`,
      )
      if (parts.every(({ state }) => state === manifest.state)) {
        return ok(new Set(parts.map(({ file }) => file)))
      }
      const message = 'Another export was partly imported here; import into an empty database.'
      return fail(transferError('not-empty', message))
    }
    const filled = await filledTables(tx, tables)
    if (filled.own.length > 0) {
      const message = `The database is not empty (${filled.own.join(', ')}); import into a new one.`
      return fail(transferError('not-empty', message))
    }
    // What migrations put there comes with the export, perhaps changed since.
    for (const name of filled.seeded) await tx.query(`delete from ${name}`)
    await tx.query(`create table transfer_part (file text primary key, state text not null)`)
    return ok(new Set())
  })
}

/**
 * Tables with rows: those that migrations put there, and others. A migration's rows carry the
 * transaction id of the record that it was applied.
 */
async function filledTables(
  db: Db,
  tables: readonly CarriedTable[],
): Promise<{ own: readonly string[]; seeded: readonly string[] }> {
  const own: string[] = []
  const seeded: string[] = []
  for (const { name, divided } of tables) {
    const later = 'where xmin::text not in (select xmin::text from schema_migration)'
    const [row] = await db.query<{ filled: boolean; used: boolean }>(
      `select exists (select from ${name}) as filled,
              exists (select from ${name} ${divided === undefined ? later : ''}) as used`,
    )
    if (row?.used === true) own.push(name)
    else if (row?.filled === true) seeded.push(name)
  }
  return { own, seeded }
}

async function importPart(
  db: Database,
  { folder, state }: { folder: string; state: string },
  table: CarriedTable,
  part: Part,
): Promise<Result<void, TransferError>> {
  const path = join(folder, part.file)
  const hash = await hashFile(path)
  if (hash !== part.sha256) {
    const what = hash === undefined ? 'is missing' : 'was changed or damaged'
    return fail(transferError('damaged', `${part.file} ${what}; copy the export again.`))
  }
  const rows = await withClient(internalsOf(db).pool, (client) =>
    copyIn(client, path, table, { file: part.file, state }),
  )
  if (rows === part.rows) return ok(undefined)
  const message = `${part.file} has ${part.rows} rows, ${rows} were stored`
  return fail(transferError('mismatch', message))
}

async function copyIn(
  client: pg.PoolClient,
  path: string,
  { name, columns, divided }: CarriedTable,
  record: { file: string; state: string },
): Promise<number> {
  const db = clientDb(client)
  await db.query('begin')
  try {
    // What triggers would do has been done where the rows come from.
    if (divided === undefined) await db.query(`alter table ${name} disable trigger user`)
    const copy = client.query(copyFrom(`copy ${name} (${columns.join(', ')}) from stdin`))
    await pipeline(fs.createReadStream(path), copy)
    if (divided === undefined) await db.query(`alter table ${name} enable trigger user`)
    await db.query(`insert into transfer_part (file, state) values ($1::text, $2::text)`, [
      record.file,
      record.state,
    ])
    await db.query('commit')
    return copy.rowCount
  } catch (error) {
    await db.query('rollback')
    throw error
  }
}

async function compare(
  db: Db,
  manifest: Manifest,
  tables: readonly CarriedTable[],
): Promise<Result<void, TransferError>> {
  for (const exported of manifest.tables) {
    const table = tables.find((one) => one.table === exported.table)
    if (table === undefined) continue
    const { rows, fingerprint } = await fingerprintOf(db, table)
    if (rows !== exported.rows || fingerprint !== exported.fingerprint) {
      const message = `${exported.table} holds ${rows} rows that are not the ${exported.rows} exported ones; import into a new database.`
      return fail(transferError('mismatch', message))
    }
  }
  return ok(undefined)
}

async function finish(db: Db, manifest: Manifest): Promise<void> {
  for (const { sequence, value, called } of manifest.sequences) {
    await db.query(`select setval($1::regclass, $2::bigint, $3::boolean)`, [
      sequence,
      value,
      called,
    ])
  }
  for (const { view } of await continuousAggregates(db)) {
    await db.query(`call refresh_continuous_aggregate('${view}', null, null)`)
  }
  await db.query('drop table transfer_part')
}

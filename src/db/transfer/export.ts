import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { fail, ok, type Result } from '#src/core'
import type { Database, Db } from '../database.ts'
import { internalsOf } from '../internals.ts'
import { clientDb, withClient } from '../pool.ts'
import {
  type CarriedTable,
  carriedTables,
  fingerprintOf,
  schemaVersion,
  sequences,
} from './catalogue.ts'
import {
  hashFile,
  type Manifest,
  type Part,
  readManifest,
  replaceFile,
  type TableEntry,
  type TransferError,
  type TransferProgress,
  type TransferReport,
  transferError,
  writeManifest,
} from './manifest.ts'

/**
 * Writes everything into a folder, all of one moment. A run that was cut short goes on with the
 * files it has, unless the database has changed since: then it starts anew.
 */
export async function exportAll(
  db: Database,
  folder: string,
  progress: (step: TransferProgress) => void = () => {},
): Promise<Result<TransferReport, TransferError>> {
  const before = await prepareFolder(folder)
  if (!before.ok) return before
  try {
    const tables = await withClient(internalsOf(db).pool, (client) =>
      inSnapshot(client, (snapshot) => exportFrom(snapshot, folder, before.value, progress)),
    )
    return ok({ tables: tables.map(({ table, rows }) => ({ table, rows })) })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return fail(transferError('failed', `The export stopped: ${reason}`, error))
  }
}

async function prepareFolder(folder: string): Promise<Result<Manifest | undefined, TransferError>> {
  try {
    await mkdir(folder, { recursive: true })
    const manifest = await readManifest(folder)
    if (!manifest.ok || manifest.value !== undefined) return manifest
    if ((await readdir(folder)).length === 0) return ok(undefined)
    return fail(transferError('folder', `${folder} holds other files; name an empty folder`))
  } catch (error) {
    return fail(transferError('folder', `${folder} cannot be written`, error))
  }
}

/** Everything of one moment, whatever others write meanwhile. */
async function inSnapshot<T>(
  client: pg.PoolClient,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const db = clientDb(client)
  await db.query('begin isolation level repeatable read read only')
  try {
    return await work(client)
  } finally {
    await db.query('rollback')
  }
}

async function exportFrom(
  client: pg.PoolClient,
  folder: string,
  before: Manifest | undefined,
  progress: (step: TransferProgress) => void,
): Promise<readonly TableEntry[]> {
  const db = clientDb(client)
  const state = await stateOf(db)
  const earlier = before?.state === state ? before : undefined
  if (before !== undefined && earlier === undefined) await removeParts(folder, before)
  const manifest: Manifest = {
    format: 'openhes-export-1',
    state,
    complete: false,
    migrations: [...(await schemaVersion(db))],
    sequences: [...(await sequences(db))],
    tables: [],
  }
  await writeManifest(folder, earlier ?? manifest)
  for (const table of await carriedTables(db)) {
    const known = earlier?.tables.find((one) => one.table === table.table)
    const entry = await exportTable(client, folder, table, known, progress)
    manifest.tables.push(entry)
    await writeManifest(folder, merged(manifest, earlier))
  }
  await writeManifest(folder, { ...manifest, complete: true })
  return manifest.tables
}

/** While a resumed run catches up, the manifest keeps what the earlier one had finished. */
function merged(manifest: Manifest, earlier: Manifest | undefined): Manifest {
  const done = new Set(manifest.tables.map(({ table }) => table))
  const rest = (earlier?.tables ?? []).filter(({ table }) => !done.has(table))
  return { ...manifest, tables: [...manifest.tables, ...rest] }
}

/** Changes with every writing transaction, and with nothing else. */
async function stateOf(db: Db): Promise<string> {
  const [row] = await db.query<{ state: string }>(
    `select (select system_identifier from pg_control_system())::text || '/' ||
            pg_snapshot_xmax(pg_current_snapshot())::text as state`,
  )
  return row?.state ?? ''
}

async function exportTable(
  client: pg.PoolClient,
  folder: string,
  table: CarriedTable,
  known: TableEntry | undefined,
  progress: (step: TransferProgress) => void,
): Promise<TableEntry> {
  const slices = slicesOf(table)
  const parts: Part[] = []
  let skippedAll = true
  for (const [index, where] of slices.entries()) {
    const file = `${table.table}.${String(index + 1).padStart(5, '0')}.copy`
    const done = known?.parts.find((part) => part.file === file)
    const skipped = done !== undefined && (await hashFile(join(folder, file))) === done.sha256
    progress({ table: table.table, part: index + 1, parts: slices.length, skipped })
    parts.push(skipped ? done : await exportPart(client, folder, table, where, file))
    skippedAll &&= skipped
  }
  if (known !== undefined && skippedAll) return known
  const { rows, fingerprint } = await fingerprintOf(clientDb(client), table)
  return { table: table.table, columns: [...table.columns], rows, fingerprint, parts }
}

/** Blocks of a plain table in one file: at most 64 MB of it. */
const BLOCKS_PER_PART = 8_192

/** A hypertable goes chunk by chunk, a plain table by ranges of its blocks. */
function slicesOf({ divided, blocks }: CarriedTable): readonly string[] {
  if (divided !== undefined) {
    const { column, spans } = divided
    return spans.map(({ from, to }) => `where ${column} >= '${from}' and ${column} < '${to}'`)
  }
  const count = Math.max(1, Math.ceil(blocks / BLOCKS_PER_PART))
  return Array.from({ length: count }, (_, index) => {
    const from = `where ctid >= '(${index * BLOCKS_PER_PART},0)'`
    const isLast = index === count - 1
    return isLast ? from : `${from} and ctid < '(${(index + 1) * BLOCKS_PER_PART},0)'`
  })
}

async function exportPart(
  client: pg.PoolClient,
  folder: string,
  { name, columns }: CarriedTable,
  where: string,
  file: string,
): Promise<Part> {
  const hash = createHash('sha256')
  const copy = client.query(
    copyTo(`copy (select ${columns.join(', ')} from ${name} ${where}) to stdout`),
  )
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  await replaceFile(join(folder, file), async (draft) => {
    await pipeline(copy, hashing, fs.createWriteStream(draft, { flush: true }))
  })
  return { file, rows: copy.rowCount, sha256: hash.digest('hex') }
}

async function removeParts(folder: string, manifest: Manifest): Promise<void> {
  for (const { parts } of manifest.tables) {
    for (const { file } of parts) await rm(join(folder, file), { force: true })
  }
}

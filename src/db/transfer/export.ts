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
 * Writes everything into a folder, all of one moment. A later run into the same folder, after one
 * that was cut short or simply again, writes only what is missing or has changed since.
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
  const manifest: Manifest = {
    format: 'openhes-export-1',
    state,
    complete: false,
    migrations: [...(await schemaVersion(db))],
    sequences: [...(await sequences(db))],
    tables: [],
  }
  const known = new Map(before?.tables.flatMap(({ parts }) => parts.map((one) => [one.file, one])))
  const exporter: Exporter = { client, folder, progress, known, unchanged: before?.state === state }
  await writeManifest(folder, merged(manifest, before))
  for (const table of await carriedTables(db)) {
    manifest.tables.push(await exportTable(exporter, table))
    await writeManifest(folder, merged(manifest, before))
  }
  await removeOthers(folder, manifest)
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
            pg_current_snapshot()::text as state`,
  )
  return row?.state ?? ''
}

interface Exporter {
  readonly client: pg.PoolClient
  readonly folder: string
  readonly progress: (step: TransferProgress) => void
  /** What earlier runs have written, by file. */
  readonly known: ReadonlyMap<string, Part>
  /** Nothing has been written to the database since then. */
  readonly unchanged: boolean
}

async function exportTable(exporter: Exporter, table: CarriedTable): Promise<TableEntry> {
  const slices = slicesOf(table)
  const parts: Part[] = []
  for (const [index, where] of slices.entries()) {
    const file = `${table.table}.${String(index + 1).padStart(5, '0')}.copy`
    const { part, skipped } = await exportPart(exporter, table, where, file)
    exporter.progress({ table: table.table, part: index + 1, parts: slices.length, skipped })
    parts.push(part)
  }
  return {
    table: table.table,
    columns: [...table.columns],
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    fingerprint: String(parts.reduce((sum, { fingerprint }) => sum + BigInt(fingerprint), 0n)),
    parts,
  }
}

async function exportPart(
  { client, folder, known, unchanged }: Exporter,
  table: CarriedTable,
  where: string,
  file: string,
): Promise<{ part: Part; skipped: boolean }> {
  const done = known.get(file)
  const isWhole = done !== undefined && (await hashFile(join(folder, file))) === done.sha256
  if (isWhole && unchanged) return { part: done, skipped: true }
  const { rows, fingerprint } = await fingerprintOf(clientDb(client), table, where)
  if (isWhole && done.rows === rows && done.fingerprint === fingerprint) {
    return { part: done, skipped: true }
  }
  const sha256 = await copyOut(client, table, where, join(folder, file))
  return { part: { file, rows, fingerprint, sha256 }, skipped: false }
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

async function copyOut(
  client: pg.PoolClient,
  { name, columns }: CarriedTable,
  where: string,
  path: string,
): Promise<string> {
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
  await replaceFile(path, async (draft) => {
    await pipeline(copy, hashing, fs.createWriteStream(draft, { flush: true }))
  })
  return hash.digest('hex')
}

/** Parts of tables or chunks that are gone. */
async function removeOthers(folder: string, { tables }: Manifest): Promise<void> {
  const kept = new Set(tables.flatMap(({ parts }) => parts.map(({ file }) => file)))
  for (const name of await readdir(folder)) {
    if (/\.copy(\.draft)?$/.test(name) && !kept.has(name)) await rm(join(folder, name))
  }
}

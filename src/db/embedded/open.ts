import fs from 'node:fs'
import { open as openFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type Clock, fail, ok, type Result } from '#src/core'
import { type DatabaseError, databaseError } from '../errors.ts'
import { type Backend, openBackend } from './backend.ts'
import { bridgeOver } from './bridge.ts'
import { lockFolder, lockOwner } from './lock.ts'

export interface EmbeddedSettings {
  readonly dataDir: string
  readonly clock: Clock
  /** The backend died and is opened again. */
  readonly onLost: (reason: string) => void
}

export interface Embedded {
  connect(): Duplex
  close(): Promise<void>
  /** fsync calls so far, for the test that commits reach the disk. */
  syncs(): number
  restarts(): number
}

/** Opens the folder's database, making it at the first start. */
export async function openEmbedded(
  settings: EmbeddedSettings,
): Promise<Result<Embedded, DatabaseError>> {
  const lock = lockFolder(lockFileOf(settings.dataDir))
  if (!lock.ok) return lock
  const syncCount = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const folder = join(settings.dataDir, 'database')
  try {
    const open = (isNew: boolean) =>
      openBackend({ dataDir: folder, isNew, syncCount }, settings.clock)
    const backend = await firstOpen(folder, open)
    const bridge = bridgeOver(backend, {
      open: () => open(false),
      lost: settings.onLost,
      clock: settings.clock,
    })
    return ok({
      connect: bridge.connect,
      restarts: bridge.restarts,
      syncs: () => Atomics.load(new Int32Array(syncCount), 0),
      async close() {
        await bridge.close()
        lock.value.release()
      },
    })
  } catch (error) {
    lock.value.release()
    const reason = error instanceof Error ? error.message : String(error)
    const message = `The embedded database in ${folder} does not open (${reason}); restore the folder from a copy, or set HES_DATA_DIR to an empty one.`
    return fail(databaseError('embedded-failed', message, 'never', error))
  }
}

/** `process 1234` while one has the folder's database open, else null. */
export function lockHolder(dataDir: string): string | null {
  const pid = lockOwner(lockFileOf(dataDir))
  return pid === undefined ? null : `process ${pid}`
}

const lockFileOf = (dataDir: string): string => join(dataDir, 'database.lock')

/**
 * Until the mark is there the folder has never been a whole database: a first start that was
 * cut short begins again.
 */
async function firstOpen(
  folder: string,
  open: (isNew: boolean) => Promise<Backend>,
): Promise<Backend> {
  const mark = `${folder}.made`
  if (fs.existsSync(mark)) return open(false)
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  const backend = await open(true)
  await syncTree(folder)
  fs.writeFileSync(mark, '', { flush: true })
  await syncPath(join(folder, '..'))
  return backend
}

/** Well below the usual limit of open files. */
const FILES_AT_ONCE = 128

/** Thousands of small files: together they cost a fraction of what they cost one by one. */
async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  for (let from = 0; from < paths.length; from += FILES_AT_ONCE) {
    await Promise.all(paths.slice(from, from + FILES_AT_ONCE).map(syncPath))
  }
  await syncPath(folder)
}

async function syncPath(path: string): Promise<void> {
  const file = await openFile(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

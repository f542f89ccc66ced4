import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { instant } from '#src/core'
import type { DamagedBytes } from './refused.ts'

/** A file that grows. After a failure nothing is known of what was not synced before. */
export interface GrowingFile {
  append(bytes: Uint8Array): Promise<void>
  /** Resolves when everything appended survives a power loss. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** The outbox's folder, so that tests can stand in for a disk that fails. */
export interface OutboxFiles {
  /** Names of segments. */
  list(): Promise<readonly string[]>
  read(name: string): Promise<Uint8Array>
  /** A new file, whose name survives a power loss. */
  create(name: string): Promise<GrowingFile>
  remove(name: string): Promise<void>
  /** Puts bytes that cannot be read aside, for people; those of a known name stay as they are. */
  keepAside(name: string, bytes: Uint8Array): Promise<void>
}

const SEGMENT_NAME = /^\d{16}-[0-9a-f]{8}\.seg$/
/** Where bytes lie that could not be read. */
const ASIDE = 'damaged'

/** The folder as it is. */
export function nodeFiles(folder: string): OutboxFiles {
  const path = (name: string) => join(folder, name)
  return {
    async list() {
      await mkdir(folder, { recursive: true })
      return (await readdir(folder)).filter((name) => SEGMENT_NAME.test(name)).toSorted()
    },
    read: (name) => readFile(path(name)),
    async create(name) {
      const file = await open(
        path(name),
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
        0o600,
      )
      try {
        await syncFolder(folder)
      } catch (error) {
        await file.close()
        await rm(path(name), { force: true })
        throw error
      }
      return {
        async append(bytes) {
          let at = 0
          while (at < bytes.length) at += (await file.write(bytes, at)).bytesWritten
        },
        sync: () => file.datasync(),
        close: () => file.close(),
      }
    },
    async remove(name) {
      await unlink(path(name))
    },
    async keepAside(name, bytes) {
      await mkdir(path(ASIDE), { recursive: true })
      if ((await readdir(path(ASIDE))).includes(name)) return
      const draft = path(join(ASIDE, `.${name}`))
      const file = await open(draft, 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(draft, path(join(ASIDE, name)))
      await syncFolder(path(ASIDE))
    },
  }
}

/** What was put aside in an outbox's folder. */
export async function damagedBytes(folder: string): Promise<readonly DamagedBytes[]> {
  const aside = join(folder, ASIDE)
  await mkdir(aside, { recursive: true })
  const names = (await readdir(aside)).filter((name) => !name.startsWith('.')).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(aside, name))
      return { name, byteCount: size, keptAt: instant(Math.floor(mtimeMs)) }
    }),
  )
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

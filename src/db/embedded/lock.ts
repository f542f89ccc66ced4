import fs from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '#src/core'
import { type DatabaseError, databaseError } from '../errors.ts'

/** Keeps a folder for one process. The build itself would let two in, and rows would be lost. */
export interface FolderLock {
  release(): void
}

/** Who holds a lock: a process id alone could meanwhile belong to somebody else. */
interface Owner {
  readonly pid: number
  readonly startedAt: string
}

const ATTEMPTS_MAX = 5

export function lockFolder(lockFile: string): Result<FolderLock, DatabaseError> {
  const mine: Owner = { pid: process.pid, startedAt: processFacts(process.pid)?.startedAt ?? '' }
  try {
    fs.mkdirSync(dirname(lockFile), { recursive: true })
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      if (create(lockFile, mine)) return ok({ release: () => release(lockFile, mine) })
      const owner = read(lockFile)
      if (owner !== undefined && lives(owner)) return fail(inUse(lockFile, owner))
      removeStale(lockFile, owner)
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `The data folder ${dirname(lockFile)} cannot be used (${reason}); give the process the right to write there or set HES_DATA_DIR to another folder.`
    return fail(databaseError('data-dir-unusable', message, 'never', error))
  }
  const message = `The lock file ${lockFile} keeps changing hands; stop the other processes that use this folder.`
  return fail(databaseError('data-dir-in-use', message, 'later'))
}

/** The process that holds a lock now, for whoever only looks. */
export function lockOwner(lockFile: string): number | undefined {
  const owner = read(lockFile)
  return owner !== undefined && lives(owner) ? owner.pid : undefined
}

const inUse = (lockFile: string, owner: Owner): DatabaseError =>
  databaseError(
    'data-dir-in-use',
    `The embedded database in ${dirname(lockFile)} is in use by process ${owner.pid}; stop that process, or set HES_DATA_DIR to another folder.`,
    'later',
  )

/** Linking a finished file makes it appear whole or not at all. */
function create(lockFile: string, owner: Owner): boolean {
  const draft = `${lockFile}.${process.pid}.${process.hrtime.bigint()}`
  fs.writeFileSync(draft, JSON.stringify(owner))
  try {
    fs.linkSync(draft, lockFile)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

function read(lockFile: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(fs.readFileSync(lockFile, 'utf8'))
    if (typeof owner !== 'object' || owner === null) return undefined
    const pid: unknown = Reflect.get(owner, 'pid')
    const startedAt: unknown = Reflect.get(owner, 'startedAt')
    if (typeof pid !== 'number' || typeof startedAt !== 'string') return undefined
    return { pid, startedAt }
  } catch (error) {
    if (isCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * Moves the stale file aside before deleting it, so that of two processes that find it only one
 * removes it, and neither removes the other's fresh lock.
 */
function removeStale(lockFile: string, stale: Owner | undefined): void {
  const aside = `${lockFile}.stale.${process.pid}.${process.hrtime.bigint()}`
  try {
    fs.renameSync(lockFile, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  const moved = read(aside)
  const same = moved?.pid === stale?.pid && moved?.startedAt === stale?.startedAt
  if (!same) fs.linkSync(aside, lockFile)
  fs.rmSync(aside, { force: true })
}

function release(lockFile: string, mine: Owner): void {
  const owner = read(lockFile)
  if (owner?.pid === mine.pid && owner.startedAt === mine.startedAt) {
    fs.rmSync(lockFile, { force: true })
  }
}

function lives(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // No right to signal it means that it is there.
    if (!isCode(error, 'EPERM')) return false
  }
  const now = processFacts(owner.pid)
  if (now === undefined) return true
  const isSame = owner.startedAt === '' || now.startedAt === owner.startedAt
  return isSame && !now.ended
}

/** A process as the kernel knows it: when it began, with the boot it counts from; Linux only. */
function processFacts(pid: number): { startedAt: string; ended: boolean } | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has an entry until its parent asks for it, but does nothing more.
    return { startedAt: `${boot}/${fields[19]}`, ended: /^[ZX]$/.test(fields[0] ?? '') }
  } catch {
    // Other systems have no /proc; there the process id alone decides.
    return undefined
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && Reflect.get(error, 'code') === code

import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '#src/core'

const ATTEMPTS_MAX = 5

export interface FileLock {
  release(): void
}

/** Keeps something for one process of this machine; the process that has it otherwise. */
export function lockFile(path: string): Result<FileLock, number> {
  const mine = JSON.stringify({ pid: process.pid, bornAt: bornAt(process.pid) })
  mkdirSync(dirname(path), { recursive: true })
  let holder = 0
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (placed(path, mine)) return ok({ release: () => release(path, mine) })
    const found = textOf(path)
    holder = holderOf(found)
    if (holder !== 0) return fail(holder)
    setAside(path, found)
  }
  return fail(holder)
}

/** Linking a finished file makes it appear whole or not at all. */
function placed(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, text)
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** What a dead process left. Of two that find it one moves it; a fresh lock is put back. */
function setAside(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  if (textOf(aside) !== stale) linkSync(aside, path)
  rmSync(aside, { force: true })
}

function release(path: string, mine: string): void {
  if (textOf(path) === mine) rmSync(path, { force: true })
}

/** The process that lives and holds it; 0 where nobody does. */
function holderOf(text: string): number {
  const match = /^\{"pid":(\d+),"bornAt":"([^"]*)"\}$/.exec(text)
  if (!match) return 0
  const [, id = '0', since = ''] = match
  const pid = Number(id)
  try {
    process.kill(pid, 0)
  } catch (error) {
    // No right to signal it means that it is there.
    if (!isCode(error, 'EPERM')) return 0
  }
  const born = bornAt(pid)
  return born === '' || since === '' || born === since ? pid : 0
}

/** When a process began, with the boot that it counts from; nothing where there is no /proc. */
function bornAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    // Other systems have no /proc; there the process id alone decides.
    return ''
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return ''
    throw error
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && Reflect.get(error, 'code') === code

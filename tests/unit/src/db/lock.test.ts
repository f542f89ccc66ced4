import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FolderLock, lockFolder } from '#src/db/embedded'
import { temporaryFolder } from '#tests/support'

let folder: ReturnType<typeof temporaryFolder>
let lockFile: string
beforeEach(() => {
  folder = temporaryFolder()
  lockFile = path.join(folder.path, 'data', 'database.lock')
})
afterEach(() => folder.remove())

const taken = (): FolderLock => {
  const lock = lockFolder(lockFile)
  if (!lock.ok) throw new Error(lock.error.message)
  return lock.value
}
const leave = (text: string) => {
  fs.mkdirSync(path.dirname(lockFile), { recursive: true })
  fs.writeFileSync(lockFile, text)
}

describe('the lock of a data folder', () => {
  it('is had by one at a time', () => {
    const first = taken()
    const second = lockFolder(lockFile)
    expect(second).toMatchObject({ ok: false, error: { code: 'data-dir-in-use' } })
    if (!second.ok) expect(second.error.message).toContain(`process ${process.pid}`)
    first.release()
    taken().release()
    expect(fs.readdirSync(path.dirname(lockFile))).toEqual([])
  })

  it('belongs to another process while that one lives', async () => {
    const child = spawn('sleep', ['100'])
    await once(child, 'spawn')
    leave(JSON.stringify({ pid: child.pid, startedAt: '' }))
    expect(lockFolder(lockFile).ok).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    taken()
  })

  it('is not kept by a stranger who has got the process id since', () => {
    leave(JSON.stringify({ pid: process.pid, startedAt: 'another-boot/1' }))
    taken()
  })

  it.each(['', 'no json', '{"pid":"7"}', 'null'])('is not kept by a file that says %j', (text) => {
    leave(text)
    taken()
  })

  it('is not released by one that has lost it', () => {
    const first = taken()
    const other = JSON.stringify({ pid: process.pid, startedAt: 'another-boot/1' })
    fs.writeFileSync(lockFile, other)
    first.release()
    expect(fs.readFileSync(lockFile, 'utf8')).toBe(other)
  })

  it('says what to do about a folder that cannot be written', () => {
    fs.writeFileSync(path.join(folder.path, 'data'), 'a file')
    const lock = lockFolder(lockFile)
    expect(lock).toMatchObject({ ok: false, error: { code: 'data-dir-unusable', retry: 'never' } })
  })
})

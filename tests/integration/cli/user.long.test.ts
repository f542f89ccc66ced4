import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { createAudit, createIdentity, scryptPasswords } from '#src/identity'
import { migratedFolder } from '#tests/support'
import { runHes } from './hes.ts'

const passwords = scryptPasswords({ log2N: 4, r: 8, p: 1 })

describe('hes user reset-password', () => {
  let folder: Awaited<ReturnType<typeof migratedFolder>>

  beforeAll(async () => {
    folder = await migratedFolder()
    await within(({ identity }) => identity.ensureAdmin('a password nobody knows'))
  })
  afterAll(() => folder.remove())

  /** Works on the database as the head-end would, and closes it again. */
  async function within<T>(work: (parts: ReturnType<typeof partsOf>) => Promise<T>): Promise<T> {
    const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
    if (!opened.ok) throw new Error(opened.error.message)
    try {
      return await work(partsOf(opened.value))
    } finally {
      await opened.value.close()
    }
  }

  const partsOf = (db: Database) => ({
    identity: createIdentity({ db, clock: systemClock, passwords }),
    audit: createAudit(db, systemClock),
  })
  const hes = (input: string, ...argv: readonly string[]) =>
    runHes(['user', 'reset-password', ...argv], input, { HES_DATA_DIR: folder.path })

  it('makes a password, prints it and says so in the audit trail', async () => {
    const { exit, stdout, stderr } = await hes('', 'admin', '--json')
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    const { username, password } = JSON.parse(stdout)
    expect(username).toBe('admin')
    const { signedIn, newest, state } = await within(async ({ identity, audit }) => ({
      signedIn: (await identity.signIn('admin', password, '10.0.0.1')).ok,
      newest: (await audit.page(null, 1))[0],
      state: await audit.verify(),
    }))
    expect(signedIn).toBe(true)
    expect(newest).toMatchObject({
      actorKind: 'system',
      action: 'user.reset-password',
      remote: 'local',
    })
    expect(state.whole).toBe(true)
  })

  it('takes a password from stdin and does not print it, and none while the head-end runs', async () => {
    const password = 'correct horse battery'
    const { exit, stdout } = await hes(`${password}\n`, 'admin', '--password-stdin')
    expect(exit).toBe(0)
    expect(stdout).toBe('the password of admin was changed\n')
    const { signedIn, meanwhile } = await within(async ({ identity }) => ({
      signedIn: (await identity.signIn('admin', password, '10.0.0.1')).ok,
      meanwhile: await hes('', 'admin'),
    }))
    expect(signedIn).toBe(true)
    expect(meanwhile.exit).toBe(1)
    expect(meanwhile.stderr).toMatch(/hes: /)
  })

  it('refuses a weak password with 2 and a name nobody has with 3', async () => {
    expect((await hes('short', 'admin', '--password-stdin')).exit).toBe(2)
    expect((await hes('', 'admin', '--password-stdin')).exit).toBe(2)
    expect((await hes('', 'nobody')).exit).toBe(3)
  })
})

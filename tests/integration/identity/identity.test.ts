import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hours, minutes } from '#src/core'
import { type Actor, createIdentity, type Identity, scryptPasswords } from '#src/identity'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const HERE = '10.0.0.1'
const ADMIN_PASSWORD = 'correct horse battery'
/** Cheap guesses: the tests are about the rules, not about the cost. */
const passwords = scryptPasswords({ log2N: 4, r: 8, p: 1 })

describe('identity', () => {
  let database: TestDatabase
  let clock: ManualClock
  let identity: Identity
  let admin: Actor

  beforeAll(async () => {
    database = await migratedDatabase()
  })
  afterAll(() => database.close())

  beforeEach(async () => {
    await database.db.query('delete from api_key')
    await database.db.query('delete from app_user')
    await database.db.query('delete from sign_in_try')
    clock = new ManualClock()
    identity = another()
    await identity.ensureAdmin(ADMIN_PASSWORD)
    admin = await actorOf(await signIn('admin', ADMIN_PASSWORD))
  })

  /** A second process over the same database: nothing is shared but the tables. */
  const another = () => createIdentity({ db: database.db, clock, passwords })

  async function signIn(username: string, password: string): Promise<string> {
    const signed = await identity.signIn(username, password, HERE)
    if (!signed.ok) throw new Error(signed.error.kind)
    return signed.value.token
  }

  async function actorOf(token: string): Promise<Actor> {
    const actor = await identity.authenticate(token)
    if (!actor) throw new Error('the token is no good')
    return actor
  }

  async function refusedEverywhere(token: string) {
    await clock.advance(1_000)
    expect(await identity.authenticate(token)).toBeUndefined()
    expect(await another().authenticate(token)).toBeUndefined()
  }

  it('makes the first user once and says a password of its own only then', async () => {
    expect(await identity.ensureAdmin('another')).toEqual({ created: false, password: null })
    await database.db.query('delete from app_user')
    const made = await another().ensureAdmin(null)
    expect(made.created).toBe(true)
    expect(made.password).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/)
    expect(await signIn('admin', made.password ?? '')).toMatch(/^hes_s_/)
  })

  it('makes one first user when several processes start at once', async () => {
    await database.db.query('delete from app_user')
    const made = await Promise.all(
      [another(), another(), another()].map((one) => one.ensureAdmin(null)),
    )
    expect(made.filter((one) => one.created)).toHaveLength(1)
  })

  it('keeps neither passwords nor tokens', async () => {
    const token = await signIn('admin', ADMIN_PASSWORD)
    const { secret } = await keyOf(admin)
    for (const table of ['app_user', 'session', 'api_key', 'sign_in_try']) {
      const rows = await database.db.query<{ text: string }>(
        `select t::text as text from ${table} t`,
      )
      const text = rows.map((row) => row.text).join()
      expect(text).not.toContain(ADMIN_PASSWORD)
      expect(text).not.toContain(token)
      expect(text).not.toContain(secret)
    }
  })

  async function keyOf(actor: Actor, expiresAt = null as Parameters<Identity['createKey']>[3]) {
    const made = await identity.createKey(actor, 'machine', ['operator'], expiresAt)
    if (!made.ok) throw new Error(made.error)
    return made.value
  }

  it('knows a name whatever its case', async () => {
    expect(await signIn(' Admin ', ADMIN_PASSWORD)).toMatch(/^hes_s_/)
  })

  it('ends a session at sign-out, in every process', async () => {
    const token = await signIn('admin', ADMIN_PASSWORD)
    const elsewhere = another()
    expect(await elsewhere.authenticate(token)).toBeDefined()
    await identity.signOut(await actorOf(token))
    expect(await identity.authenticate(token)).toBeUndefined()
    await clock.advance(1_000)
    expect(await elsewhere.authenticate(token)).toBeUndefined()
  })

  it('ends every session of a person when the password changes', async () => {
    const tokens = [await signIn('admin', ADMIN_PASSWORD), await signIn('admin', ADMIN_PASSWORD)]
    expect(
      await identity.changePassword(admin, 'wrong', 'a new long password', HERE),
    ).toMatchObject({
      error: 'wrong',
    })
    expect(
      (await identity.changePassword(admin, ADMIN_PASSWORD, 'a new long password', HERE)).ok,
    ).toBe(true)
    for (const token of tokens) await refusedEverywhere(token)
    expect(await identity.signIn('admin', ADMIN_PASSWORD, HERE)).toMatchObject({
      error: { kind: 'wrong' },
    })
    expect(await signIn('admin', 'a new long password')).toBeDefined()
  })

  it('ends the sessions of somebody whose roles change or who is locked out', async () => {
    const li = await identity.createUser(admin, 'li', 'a long password', ['operator'])
    if (!li.ok) throw new Error(li.error)
    for (const change of [{ roles: ['auditor'] as const }, { disabled: true }]) {
      const token = await signIn('li', 'a long password')
      expect(await identity.authenticate(token)).toBeDefined()
      expect((await identity.updateUser(admin, li.value.id, change)).ok).toBe(true)
      await refusedEverywhere(token)
    }
    expect(await identity.signIn('li', 'a long password', HERE)).toMatchObject({
      error: { kind: 'wrong' },
    })
  })

  it('ends a session twelve hours after sign-in, however busy it was', async () => {
    const token = await signIn('admin', ADMIN_PASSWORD)
    for (let hour = 0; hour < 11; hour += 1) {
      await clock.advance(hours(1))
      expect(await identity.authenticate(token)).toBeDefined()
    }
    await clock.advance(hours(1) - 1)
    expect(await identity.authenticate(token)).toBeDefined()
    await refusedEverywhere(token)
  })

  it('ends a session that was idle for two hours', async () => {
    const token = await signIn('admin', ADMIN_PASSWORD)
    await clock.advance(minutes(119))
    expect(await identity.authenticate(token)).toBeDefined()
    await clock.advance(minutes(119))
    expect(await identity.authenticate(token)).toBeDefined()
    await clock.advance(hours(2))
    await refusedEverywhere(token)
  })

  it('accepts keys until they end, are revoked, or their maker is locked out', async () => {
    const end = clock.now() + hours(1)
    const { key, secret } = await keyOf(admin, end as Parameters<Identity['createKey']>[3])
    expect(secret.startsWith(key.prefix)).toBe(true)
    expect(await identity.authenticate(secret)).toMatchObject({ kind: 'key', name: 'machine' })
    await clock.advance(hours(1))
    await refusedEverywhere(secret)

    const other = await keyOf(admin)
    expect(await identity.revokeKey(other.key.id)).toBe(true)
    await refusedEverywhere(other.secret)

    const maker = await identity.createUser(admin, 'wang', 'a long password', ['security'])
    if (!maker.ok) throw new Error(maker.error)
    const third = await keyOf(await actorOf(await signIn('wang', 'a long password')))
    expect(await identity.authenticate(third.secret)).toBeDefined()
    await identity.updateUser(admin, maker.value.id, { disabled: true })
    await refusedEverywhere(third.secret)
  })

  it('lets only an admin make or change an admin, and no machine anybody', async () => {
    const security = await identity.createUser(admin, 'shi', 'a long password', ['security'])
    if (!security.ok) throw new Error(security.error)
    const shi = await actorOf(await signIn('shi', 'a long password'))
    const refused = { ok: false, error: 'may-not-grant' }
    expect(await identity.createUser(shi, 'x', 'a long password', ['admin'])).toEqual(refused)
    expect(await identity.updateUser(shi, shi.id, { roles: ['admin'] })).toEqual(refused)
    expect(await identity.updateUser(shi, admin.id, { disabled: true })).toEqual(refused)
    expect(await identity.createKey(shi, 'x', ['admin'], null)).toEqual(refused)
    const { secret } = await keyOf(admin)
    const machine = await actorOf(secret)
    expect(await identity.createUser(machine, 'x', 'a long password', ['operator'])).toEqual(
      refused,
    )
    expect(await identity.createKey(machine, 'x', ['operator'], null)).toEqual(refused)
  })

  it('keeps the last admin, also against two changes at once', async () => {
    expect(await identity.updateUser(admin, admin.id, { disabled: true })).toMatchObject({
      error: 'last-admin',
    })
    const second = await identity.createUser(admin, 'second', 'a long password', ['admin'])
    if (!second.ok) throw new Error(second.error)
    const both = await Promise.all([
      identity.updateUser(admin, admin.id, { disabled: true }),
      another().updateUser(admin, second.value.id, { roles: ['auditor'] }),
    ])
    expect(both.filter((one) => one.ok)).toHaveLength(1)
  })

  it('refuses passwords that are short, monotonous or the name itself', async () => {
    for (const weak of ['short', 'aaaaaaaaaaaaaaa', 'longusername']) {
      const made = await identity.createUser(admin, 'longusername', weak, ['operator'])
      expect(made).toEqual({ ok: false, error: 'weak-password' })
    }
  })

  it('gives another password on the machine, ends sessions and writes it down at once', async () => {
    const token = await signIn('admin', ADMIN_PASSWORD)
    const noted: string[] = []
    const note = async (_tx: unknown, { target }: { target: string }) => void noted.push(target)
    const made = await identity.resetPassword(' ADMIN', null, note)
    if (!made.ok || made.value.password === null) throw new Error('no password was made')
    expect(noted).toEqual([`user/${admin.id}`])
    await refusedEverywhere(token)
    expect(await signIn('admin', made.value.password)).toBeDefined()
    const given = await identity.resetPassword('admin', ADMIN_PASSWORD, note)
    expect(given).toMatchObject({ ok: true, value: { password: null } })
    expect(await identity.resetPassword('nobody', null, note)).toEqual({
      ok: false,
      error: 'not-found',
    })
    expect(await identity.resetPassword('admin', 'admin', note)).toMatchObject({
      error: 'weak-password',
    })
    const failing = identity.resetPassword('admin', 'a third password', async () => {
      throw new Error('the record cannot be written')
    })
    await expect(failing).rejects.toThrow('cannot be written')
    expect(await signIn('admin', ADMIN_PASSWORD)).toBeDefined()
  })

  it('binds a person to accounts that exist, and to no others', async () => {
    await database.db.query(`insert into customer (name, class) values ('Wang', 'residential')`)
    await database.db.query(
      `insert into account (no, customer_id) select 'A' || n, (select max(id) from customer)
       from generate_series(1, 3) n`,
    )
    const wang = await identity.createUser(admin, 'wang', 'a long password', ['customer'])
    if (!wang.ok) throw new Error(wang.error)
    const { id } = wang.value
    const noted: unknown[] = []
    const note = async (_tx: unknown, { detail }: { detail?: unknown }) => void noted.push(detail)
    expect(await identity.bindAccounts(id, ['A2', 'A1'], note)).toMatchObject({ ok: true })
    expect(await identity.accountsOf(id)).toEqual(['A1', 'A2'])
    expect(await identity.bindAccounts(id, ['A2', 'A3'], note)).toMatchObject({ ok: true })
    expect(await identity.accountsOf(id)).toEqual(['A2', 'A3'])
    expect(noted[1]).toEqual({ before: ['A1', 'A2'], after: ['A2', 'A3'] })
    const actor = await actorOf(await signIn('wang', 'a long password'))
    expect(await identity.isBound(actor, 'A2')).toBe(true)
    expect(await identity.isBound(actor, 'A1')).toBe(false)
    expect(await identity.isBound(admin, 'A2')).toBe(false)
    expect(await identity.isBound({ ...actor, kind: 'key' }, 'A2')).toBe(false)
    expect(await identity.bindAccounts(999_999, [])).toEqual({ ok: false, error: 'not-found' })
    await expect(identity.bindAccounts(id, ['A9'], note)).rejects.toThrow()
    expect(await identity.accountsOf(id)).toEqual(['A2', 'A3'])
  })
})

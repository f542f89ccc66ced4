import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hours, milliseconds, seconds } from '#src/core'
import { createIdentity, type Identity, scryptPasswords } from '#src/identity'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const PASSWORD = 'correct horse battery'
const HERE = '10.0.0.1'
const ELSEWHERE = '10.0.0.2'
const passwords = scryptPasswords({ log2N: 4, r: 8, p: 1 })

describe('guessing passwords', () => {
  let database: TestDatabase
  let clock: ManualClock
  let identity: Identity

  beforeAll(async () => {
    database = await migratedDatabase()
  })
  afterAll(() => database.close())

  beforeEach(async () => {
    await database.db.query('delete from app_user')
    await database.db.query('delete from sign_in_try')
    clock = new ManualClock()
    identity = another()
    await identity.ensureAdmin(PASSWORD)
  })

  const another = () => createIdentity({ db: database.db, clock, passwords })

  async function guess(from = HERE, { name = 'admin', by = identity } = {}) {
    const signed = await by.signIn(name, 'a wrong guess', from)
    if (signed.ok) throw new Error('a wrong password was taken')
    return signed.error
  }

  async function guesses(count: number, from = HERE) {
    for (let index = 0; index < count; index += 1) await guess(from)
  }

  const signIn = (from = HERE) => identity.signIn('admin', PASSWORD, from)

  it('is slowed down more and more, in all processes together', async () => {
    const waits: number[] = []
    for (let index = 0; index < 18; index += 1) {
      const by = index % 2 === 0 ? identity : another()
      expect((await guess(HERE, { by })).kind).toBe('wrong')
      const refused = await guess(HERE, { by: another() })
      const wait = refused.kind === 'throttled' ? refused.retryAfter : milliseconds(0)
      if (refused.kind === 'wrong') continue
      waits.push(wait)
      await clock.advance(wait)
    }
    expect(waits[0]).toBe(seconds(5))
    expect(waits[1]).toBe(seconds(10))
    expect(Math.max(...waits)).toBe(hours(1))
    expect([...waits].sort((a, b) => a - b)).toEqual(waits)
  })

  it('from one place keeps nobody out who is elsewhere', async () => {
    await guesses(40)
    expect((await guess()).kind).toBe('throttled')
    expect((await signIn(ELSEWHERE)).ok).toBe(true)
    expect((await signIn()).ok).toBe(false)
  })

  it('from many addresses of one network counts as one', async () => {
    for (let index = 1; index <= 5; index += 1) {
      expect((await guess(`2001:db8:1:2::${index}`)).kind).toBe('wrong')
    }
    expect((await guess('2001:db8:1:2:ffff:1:2:3')).kind).toBe('throttled')
    expect((await guess('2001:db8:1:3::1')).kind).toBe('wrong')
    await guesses(5, '::ffff:10.1.1.1')
    expect((await guess('10.1.1.1')).kind).toBe('throttled')
  })

  it('at once is counted one by one', async () => {
    const results = await Promise.all(Array.from({ length: 30 }, () => guess()))
    expect(results.filter(({ kind }) => kind === 'wrong')).toHaveLength(5)
  })

  it('is answered alike for a name that nobody has', async () => {
    for (let index = 0; index < 12; index += 1) {
      const known = await guess()
      const unknown = await guess(HERE, { name: 'nobody' })
      expect({ ...unknown, user: null }).toEqual({ ...known, user: null })
    }
  })

  it('ends with the wait that was told, and then the right password is taken', async () => {
    await guesses(8)
    const refused = await guess()
    if (refused.kind !== 'throttled') throw new Error('not throttled')
    await clock.advance(milliseconds(refused.retryAfter - 1))
    expect((await signIn()).ok).toBe(false)
    await clock.advance(1)
    expect((await signIn()).ok).toBe(true)
  })

  it('is over after a reset of the password', async () => {
    await guesses(9)
    expect((await signIn()).ok).toBe(false)
    await identity.resetPassword('admin', PASSWORD, async () => {})
    expect((await signIn()).ok).toBe(true)
  })

  it('does not count right passwords', async () => {
    for (let index = 0; index < 15; index += 1) expect((await signIn()).ok).toBe(true)
  })

  it('costs the same for a known and an unknown name', async () => {
    const asked: (string | null)[] = []
    const by = createIdentity({
      db: database.db,
      clock,
      passwords: {
        ...passwords,
        verify: async (password, encoded) => {
          asked.push(encoded)
          return passwords.verify(password, encoded)
        },
      },
    })
    await guess(HERE, { by })
    await guess(HERE, { name: 'nobody', by })
    expect(asked).toHaveLength(2)
    expect(asked[1]).toBeNull()
  })

  it('is forgotten after a day', async () => {
    for (let index = 0; index < 5; index += 1) await guess(HERE, { name: `name ${index}` })
    await clock.advance(hours(25))
    await guess()
    expect(await database.db.query('select 1 from sign_in_try')).toHaveLength(1)
  })
})

import { randomUUID } from 'node:crypto'
import {
  assert,
  type Clock,
  type Duration,
  fail,
  hours,
  type Instant,
  instant,
  milliseconds,
  minutes,
  ok,
} from '#src/core'
import type { Database } from '#src/db'
import * as bindings from './bindings.ts'
import { setContact } from './contacts.ts'
import type { Passwords } from './passwords.ts'
import * as queries from './queries.ts'
import type { Actor, Role } from './roles.ts'
import { isWeak, mayGrant, normalise, toKey, toRoles, toUser } from './rules.ts'
import { forgetTries, type Guess, Throttle } from './throttle.ts'
import { digest, newApiKey, newPassword, newSessionToken, tokenKind } from './tokens.ts'
import type { Identity, Note } from './types.ts'

const SESSION_LIFE = hours(12)
const SESSION_IDLE = hours(2)
/** Within this time a session is not asked for again: half of the second a revocation may take. */
const CACHE_LIFE = milliseconds(500)
const CACHED_MAX = 10_000
/** Use is written down this often, not at every request. */
const TOUCH_EVERY = minutes(1)
/** Where nobody keeps a record of what is done. */
const unnoted: Note = async () => {}

interface Cached {
  readonly actor: Actor
  readonly until: Instant
  readonly expiresAt: Instant | undefined
}

export function createIdentity(parts: {
  readonly db: Database
  readonly clock: Clock
  readonly passwords: Passwords
}): Identity {
  const { db, clock, passwords } = parts
  const cache = new Map<string, Cached>()
  const throttle = new Throttle(db, clock)
  const since = (span: Duration): Instant => instant(clock.now() - span)

  async function addUser(username: string, password: string, roles: readonly Role[], note: Note) {
    const hash = await passwords.hash(password)
    if (!hash.ok) return hash
    const now = clock.now()
    return db.transaction(async (tx) => {
      const id = await queries.insertUser(tx, { username, passwordHash: hash.value, roles, now })
      if (id === undefined) return fail('name-taken' as const)
      await note(tx, { target: `user/${id}`, detail: { roles } })
      const contact = { telephone: null, locale: 'zh' } as const
      return ok({ id, username, roles, disabled: false, createdAt: now, ...contact })
    })
  }

  async function find(token: string): Promise<Cached | undefined> {
    const now = clock.now()
    const key = digest(token)
    const name = key.toString('base64')
    const cached = cache.get(name)
    if (cached && cached.until > now) return cached
    cache.delete(name)
    const found = await (tokenKind(token) === 'key' ? findKey(key, now) : findSession(key, now))
    if (!found) return undefined
    const until = instant(now + CACHE_LIFE)
    const entry = { ...found, until }
    if (cache.size >= CACHED_MAX) cache.clear()
    cache.set(name, entry)
    return entry
  }

  async function findSession(key: Buffer, now: Instant) {
    const row = await queries.liveSession(db, key, now, since(SESSION_IDLE))
    if (!row) return undefined
    if (now - row.last_used_at >= TOUCH_EVERY) await queries.touchSession(db, row.id, now)
    const { id, user_id, username } = row
    const actor: Actor = {
      kind: 'user',
      id: user_id,
      name: username,
      roles: toRoles(row.roles),
      session: id,
    }
    return { actor, expiresAt: row.expires_at }
  }

  async function findKey(key: Buffer, now: Instant) {
    const row = await queries.liveKey(db, key, now)
    if (!row) return undefined
    if (row.last_used_at === null || now - row.last_used_at >= TOUCH_EVERY) {
      await queries.touchKey(db, row.id, now)
    }
    const roles = toRoles(row.roles)
    const actor: Actor = { kind: 'key', id: row.id, name: row.name, roles, session: null }
    return { actor, expiresAt: row.expires_at ?? undefined }
  }

  /** One try of an account against a password. A name nobody has is treated alike in all. */
  async function attempt(guess: Guess, password: string, encoded: string | null) {
    const taken = await throttle.take(guess)
    if (!taken.ok) return fail({ kind: 'throttled' as const, retryAfter: taken.error })
    const giveBack = taken.value
    const verified = await passwords.verify(password, encoded)
    if (!verified.ok) {
      await giveBack()
      return fail({ kind: 'busy' as const })
    }
    if (!verified.value) return fail({ kind: 'wrong' as const })
    await giveBack()
    return ok(null)
  }

  return {
    async ensureAdmin(given) {
      if (await queries.anyUser(db)) return { created: false, password: null }
      const password = given ?? newPassword()
      const added = await addUser('admin', password, ['admin'], unnoted)
      assert(added.ok || added.error === 'name-taken', 'the first user can be made')
      if (!added.ok) return { created: false, password: null }
      return { created: true, password: given === null ? password : null }
    },

    async signIn(typed, password, remote, note = unnoted) {
      const username = normalise(typed)
      const row = await queries.userByName(db, username)
      const usable = row && !row.disabled ? row : undefined
      const tried = await attempt(
        { account: username, remote },
        password,
        usable?.password_hash ?? null,
      )
      if (!tried.ok) return fail({ ...tried.error, user: row ? toUser(row) : null })
      assert(usable, 'a right password belongs to a user')
      const now = clock.now()
      const token = newSessionToken()
      const expiresAt = instant(now + SESSION_LIFE)
      await queries.deleteDeadSessions(db, now, since(SESSION_IDLE))
      const user = toUser(usable)
      const session = { id: randomUUID(), tokenHash: digest(token), userId: user.id }
      await db.transaction(async (tx) => {
        await queries.insertSession(tx, { ...session, now, expiresAt })
        const { id, username: name, roles } = user
        const actor = { kind: 'user', id, name, roles, session: session.id } as const
        await note(tx, { target: `user/${id}`, actor })
      })
      return ok({ token, expiresAt, user })
    },

    async authenticate(token) {
      if (tokenKind(token) === 'unknown') return undefined
      return (await find(token))?.actor
    },

    async sessionEnd(token) {
      if (tokenKind(token) === 'unknown') return undefined
      return (await find(token))?.expiresAt
    },

    async signOut(actor, note = unnoted) {
      const { session } = actor
      if (session !== null) {
        await db.transaction(async (tx) => {
          await queries.deleteSession(tx, session)
          await note(tx, { target: `session/${session}` })
        })
      }
      cache.clear()
    },

    async changePassword(actor, current, next, remote, note = unnoted) {
      const row = actor.kind === 'user' ? await queries.userById(db, actor.id) : undefined
      if (!row) return fail('not-found')
      if (isWeak(next, row.username)) return fail('weak-password')
      const tried = await attempt({ account: row.username, remote }, current, row.password_hash)
      if (!tried.ok) return fail(tried.error.kind)
      const hash = await passwords.hash(next)
      if (!hash.ok) return hash
      await db.transaction(async (tx) => {
        await queries.updatePassword(tx, row.id, hash.value, clock.now())
        await queries.deleteSessionsOf(tx, row.id)
        await note(tx, { target: `user/${row.id}` })
      })
      cache.clear()
      return ok(null)
    },

    async resetPassword(typed, given, note) {
      const row = await queries.userByName(db, normalise(typed))
      if (!row) return fail('not-found')
      const password = given ?? newPassword()
      if (isWeak(password, row.username)) return fail('weak-password')
      const hash = await passwords.hash(password)
      if (!hash.ok) return hash
      await db.transaction(async (tx) => {
        await queries.updatePassword(tx, row.id, hash.value, clock.now())
        await queries.deleteSessionsOf(tx, row.id)
        await forgetTries(tx, row.username)
        await note(tx, { target: `user/${row.id}` })
      })
      cache.clear()
      return ok({ user: toUser(row), password: given === null ? password : null })
    },

    async users(after, limit) {
      return (await queries.usersAfter(db, after, limit)).map(toUser)
    },

    async user(id) {
      const row = await queries.userById(db, id)
      return row && toUser(row)
    },

    async createUser(actor, typed, password, roles, note = unnoted) {
      if (!mayGrant(actor, roles)) return fail('may-not-grant')
      const username = normalise(typed)
      if (isWeak(password, username)) return fail('weak-password')
      return addUser(username, password, roles, note)
    },

    async updateUser(actor, id, change, note = unnoted) {
      const result = await db.transaction(async (tx) => {
        const admins = await queries.lockEnabledAdmins(tx)
        const before = await queries.userById(tx, id)
        if (!before) return fail('not-found' as const)
        const granted = [...toRoles(before.roles), ...(change.roles ?? [])]
        if (!mayGrant(actor, granted)) return fail('may-not-grant' as const)
        const staysAdmin = change.roles?.includes('admin') !== false && change.disabled !== true
        const isLast = admins.length === 1 && admins[0] === id
        if (isLast && !staysAdmin) return fail('last-admin' as const)
        const row = await queries.updateUser(tx, id, {
          roles: change.roles ?? null,
          disabled: change.disabled ?? null,
        })
        assert(row, 'a user just found can be changed')
        await queries.deleteSessionsOf(tx, id)
        const was = { roles: before.roles, disabled: before.disabled }
        await note(tx, { target: `user/${id}`, detail: { before: was, after: change } })
        return ok(toUser(row))
      })
      cache.clear()
      return result
    },

    setContact: (id, contact, note = unnoted) => setContact(db, id, contact, clock.now(), note),

    accountsOf: (id) => bindings.accountsOf(db, id),

    async isBound(actor, accountNo) {
      return actor.kind === 'user' && (await bindings.isBound(db, actor.id, accountNo))
    },

    async bindAccounts(id, accountNos, note = unnoted) {
      return db.transaction(async (tx) => {
        if (!(await queries.userById(tx, id))) return fail('not-found')
        const before = await bindings.accountsOf(tx, id)
        await bindings.replaceAccounts(tx, id, accountNos)
        const after = await bindings.accountsOf(tx, id)
        await note(tx, { target: `user/${id}`, detail: { before, after } })
        return ok(after)
      })
    },

    async keys(after, limit) {
      return (await queries.keysAfter(db, after, limit)).map(toKey)
    },

    async createKey(actor, name, roles, expiresAt, note = unnoted) {
      if (!mayGrant(actor, roles)) return fail('may-not-grant')
      const { prefix, secret } = newApiKey()
      const now = clock.now()
      const made = { name, prefix, secretHash: digest(secret), roles, createdBy: actor.id }
      const key = await db.transaction(async (tx) => {
        const row = await queries.insertKey(tx, { ...made, now, expiresAt })
        assert(row, 'an inserted key is returned')
        await note(tx, { target: `key/${row.id}`, detail: { roles } })
        return toKey(row)
      })
      return ok({ key, secret })
    },

    async revokeKey(id, note = unnoted) {
      const found = await db.transaction(async (tx) => {
        const isFound = await queries.revokeKey(tx, id, clock.now())
        if (isFound) await note(tx, { target: `key/${id}` })
        return isFound
      })
      cache.clear()
      return found
    },
  }
}

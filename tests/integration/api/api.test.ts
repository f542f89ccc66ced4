import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServices, buildApi } from '#src/api'
import { civilTime, hours, ok } from '#src/core'
import { createAudit, createIdentity, scryptPasswords } from '#src/identity'
import { createLogger, createMetrics } from '#src/observe'
import { idleWork, ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const PASSWORD = 'canary-password-5d1e'

/** The people's side of the API over a real database; the field's side is not asked here. */
describe('signing in over the API', () => {
  let database: TestDatabase
  let services: ApiServices
  let app: FastifyInstance
  const clock = new ManualClock()
  const lines: string[] = []

  beforeAll(async () => {
    database = await migratedDatabase()
    const { db } = database
    const never = async (): Promise<never> => {
      throw new Error('not asked here')
    }
    const log = createLogger(
      { level: 'trace', pretty: false },
      { write: (l) => void lines.push(l) },
    )
    services = {
      clock,
      civil: civilTime('Asia/Shanghai'),
      log,
      metrics: createMetrics(),
      identity: createIdentity({
        db,
        clock,
        passwords: scryptPasswords({ log2N: 4, r: 8, p: 1 }),
      }),
      audit: createAudit(db, clock),
      registry: {
        meter: never,
        meters: async () => ok({ items: [], next: null }),
        allConcentrators: never,
        concentrators: never,
        concentrator: never,
        concentratorByAddress: never,
        account: never,
        accountMeters: never,
        meterInstallations: never,
      },
      readings: { list: never, curve: never, newest: never, countSince: never },
      collection: { summary: never },
      ...idleWork,
      reads: { request: never, get: never, items: never, resolve: never, cancel: never },
      field: { search: never, listen: () => () => {} },
      trips: { state: never, stop: never, disarm: never, request: never, confirm: never },
      lastRound: () => null,
      settings: () => [],
      nodes: async () => [],
      dependencies: [],
      version: '0.1.0',
    }
    await services.identity.ensureAdmin(PASSWORD)
    app = await buildApi(services)
  })
  afterAll(async () => {
    await app.close()
    await database.close()
  })
  beforeEach(async () => {
    // The throttle of sign-ins by address runs on the real clock; each test is another caller.
    remote += 1
    await database.db.query('delete from sign_in_try')
  })

  let remote = 0
  const inject = (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    token: string | null,
    payload?: object,
  ) =>
    app.inject({
      method,
      url: `/api/v1${path}`,
      remoteAddress: `10.0.0.${remote}`,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      ...(payload === undefined ? {} : { payload }),
    })

  async function signIn(username = 'admin', password = PASSWORD): Promise<string> {
    const response = await inject('POST', '/sessions', null, { username, password })
    expect(response.statusCode).toBe(201)
    return response.json().token
  }

  it('gives a token that works, says until when, and is not cached', async () => {
    const response = await inject('POST', '/sessions', null, {
      username: 'ADMIN',
      password: PASSWORD,
    })
    const { token, expiresAt, user } = response.json()
    expect(user).toMatchObject({ username: 'admin', roles: ['admin'] })
    expect(Date.parse(expiresAt)).toBe(clock.now() + hours(12))
    expect(expiresAt).toMatch(/\+08:00$/)
    expect(response.headers['cache-control']).toBe('no-store')
    const current = await inject('GET', '/sessions/current', token)
    expect(current.json()).toMatchObject({ kind: 'user', name: 'admin', expiresAt })
  })

  it('refuses a token after sign-out, password change, idleness and twelve hours', async () => {
    const works = async (token: string) => (await inject('GET', '/meters', token)).statusCode

    const first = await signIn()
    expect(await works(first)).toBe(200)
    expect((await inject('DELETE', '/sessions/current', first)).statusCode).toBe(204)
    expect(await works(first)).toBe(401)

    const made = await inject('POST', '/users', await signIn(), {
      username: 'li',
      password: 'a long password',
      roles: ['operator'],
    })
    expect(made.statusCode).toBe(201)
    const [second, third] = [
      await signIn('li', 'a long password'),
      await signIn('li', 'a long password'),
    ]
    const change = { currentPassword: 'a long password', newPassword: 'another long one' }
    expect((await inject('PUT', '/users/current/password', second, change)).statusCode).toBe(204)
    expect(await works(second)).toBe(401)
    expect(await works(third)).toBe(401)

    const idle = await signIn()
    await clock.advance(hours(2))
    expect(await works(idle)).toBe(401)

    const old = await signIn()
    for (let hour = 0; hour < 11; hour += 1) {
      await clock.advance(hours(1))
      expect(await works(old)).toBe(200)
    }
    await clock.advance(hours(1))
    expect(await works(old)).toBe(401)
  })

  it('throttles a known and an unknown name with the same answers', async () => {
    const answers = async (username: string) => {
      const seen: unknown[] = []
      for (let index = 0; index < 12; index += 1) {
        const wrong = { username, password: 'a wrong guess' }
        const { statusCode, headers, body } = await inject('POST', '/sessions', null, wrong)
        const { instance: _, ...problem } = JSON.parse(body)
        seen.push([statusCode, headers['retry-after'], problem])
      }
      return seen
    }
    const known = await answers('admin')
    expect(await answers('nobody')).toEqual(known)
    expect(known.map((one) => (one as [number])[0])).toEqual([
      ...Array(5).fill(401),
      ...Array(7).fill(429),
    ])
  })

  it('lets a machine in with its key, and no longer once it is revoked', async () => {
    const admin = await signIn()
    const made = await inject('POST', '/keys', admin, { name: 'machine', roles: ['operator'] })
    const { key, secret } = made.json()
    expect((await inject('GET', '/sessions/current', secret)).json()).toMatchObject({
      kind: 'key',
      name: 'machine',
      expiresAt: null,
    })
    expect((await inject('GET', '/settings', secret)).statusCode).toBe(403)
    expect(JSON.stringify((await inject('GET', '/keys', admin)).json())).not.toContain(secret)
    expect((await inject('DELETE', `/keys/${key.id}`, admin)).statusCode).toBe(204)
    expect((await inject('GET', '/sessions/current', secret)).statusCode).toBe(401)
  })

  it('leaves one chained record for every write, with who, what, from where and how', async () => {
    const newest = async (limit: number) => services.audit.page(null, limit)
    const before = (await newest(1))[0]?.seq ?? 0
    const token = await signIn()
    await inject('POST', '/sessions', null, { username: 'admin', password: 'a wrong guess' })
    await inject('POST', '/sessions', null, { username: 'my-secret-typed-here', password: 'x' })
    const user = { username: 'wang', password: 'a long password', roles: ['billing'] }
    await inject('POST', '/users', token, user)
    await inject('POST', '/users', token, user)
    await inject('DELETE', '/sessions/current', token)
    const records = (await newest(100)).filter((record) => record.seq > before).reverse()
    expect(records.map(({ actorName, action, outcome }) => [actorName, action, outcome])).toEqual([
      ['admin', 'session.create', 'done'],
      ['anonymous', 'session.create', 'wrong-credentials'],
      ['anonymous', 'session.create', 'wrong-credentials'],
      ['admin', 'user.create', 'done'],
      ['admin', 'user.create', 'name-taken'],
      ['admin', 'session.delete', 'done'],
    ])
    expect(records[1]?.target).toBe(`user/${records[0]?.actorId}`)
    expect(records.every((record) => record.remote === `10.0.0.${remote}`)).toBe(true)
    expect(JSON.stringify(records)).not.toContain('my-secret-typed-here')
    expect(await services.audit.verify()).toMatchObject({ whole: true })
  })

  it('does nothing that it cannot write down', async () => {
    const token = await signIn()
    const { recordIn } = services.audit
    services.audit.recordIn = async () => {
      throw new Error('the trail is full')
    }
    try {
      const user = { username: 'zhao', password: 'a long password', roles: ['billing'] }
      expect((await inject('POST', '/users', token, user)).statusCode).toBe(500)
      const key = { name: 'unwritten', roles: ['operator'] }
      expect((await inject('POST', '/keys', token, key)).statusCode).toBe(500)
      const admin = { username: 'admin', password: PASSWORD }
      expect((await inject('POST', '/sessions', null, admin)).statusCode).toBe(500)
      expect((await inject('DELETE', '/sessions/current', token)).statusCode).toBe(500)
    } finally {
      services.audit.recordIn = recordIn
    }
    const users = (await inject('GET', '/users', token)).json().items
    expect(users.map(({ username }: { username: string }) => username)).not.toContain('zhao')
    expect((await inject('GET', '/keys', token)).body).not.toContain('unwritten')
    expect(await services.audit.verify()).toMatchObject({ whole: true })
  })

  it('pages the audit trail without gaps or repeats', async () => {
    const token = await signIn()
    const seen: number[] = []
    let cursor = ''
    do {
      const page = (await inject('GET', `/audit?limit=3${cursor}`, token)).json()
      seen.push(...page.items.map((item: { seq: number }) => item.seq))
      cursor = page.next === null ? '' : `&cursor=${page.next}`
    } while (cursor !== '')
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => seen.length - index))
  })

  it('logs no password and no token', async () => {
    const token = await signIn()
    await inject('GET', '/meters?cursor=x&y=1', token)
    await inject('GET', '/accounts/1/usage', token)
    const logged = lines.join('')
    expect(logged).toContain('not asked here')
    for (const secret of [PASSWORD, token, 'a long password', 'a wrong guess']) {
      expect(logged).not.toContain(secret)
    }
  })
})

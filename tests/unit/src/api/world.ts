import type { FastifyInstance } from 'fastify'
import { type ApiServices, buildApi } from '#src/api'
import { civilTime, fail, type Instant, idOf, instant, type MeterId, ok, seconds } from '#src/core'
import {
  type Actor,
  type AuditEntry,
  type Identity,
  type Role,
  roles,
  type User,
} from '#src/identity'
import { createLogger, createMetrics } from '#src/observe'
import type { KeptReading } from '#src/readings'
import type { ConcentratorRecord, MeterRecord } from '#src/registry'
import { idleWork, ManualClock } from '#tests/support'
import { fakeReads } from './fake-reads.ts'
import { fakeTrips } from './fake-trips.ts'

export const PASSWORD = 'canary-password-7f3a'
export const TOKEN = 'canary-token-91bc'
export const METERS = 25

/** A small made-up field behind the API; whoever knows a role's name has a token for it. */
export interface World {
  readonly app: FastifyInstance
  readonly clock: ManualClock
  readonly services: ApiServices
  readonly audited: AuditEntry[]
  /** Everything logged so far. */
  readonly logged: () => string
  /** `Authorization` of somebody with this role. */
  as(role: Role): { authorization: string }
}

export async function buildWorld(change: Partial<ApiServices> = {}): Promise<World> {
  const clock = new ManualClock()
  const lines: string[] = []
  const audited: AuditEntry[] = []
  const log = createLogger(
    { level: 'trace', pretty: false },
    { write: (line) => void lines.push(line) },
  )
  const services: ApiServices = {
    clock,
    civil: civilTime('Asia/Shanghai'),
    log,
    metrics: createMetrics(),
    identity: fakeIdentity(clock),
    audit: {
      record: async (entry) => void audited.push(entry),
      recordIn: async (_tx, entry) => void audited.push(entry),
      page: async () => [],
      verify: async () => ({ whole: true, records: 0 }),
    },
    registry: fakeRegistry(clock),
    readings: fakeReadings(clock),
    ...idleWork,
    collection: {
      summary: async (date) => ({ date, ...counts, groups: [{ ...counts, ...group }] }),
    },
    reads: fakeReads(clock, METERS),
    field: {
      listen: () => () => {},
      search: async (_channel, watcher) => {
        watcher.trying('everybody')
        watcher.found({ address: '000000001001', reading: null, roundTripMs: 12 })
        return ok(undefined)
      },
    },
    trips: fakeTrips(),
    lastRound: () => ({
      startedAt: instant(clock.now() - 60_000),
      finishedAt: instant(clock.now() - 30_000),
      expected: 100,
      answered: 99,
    }),
    settings: () => [
      { name: 'HES_HTTP_PORT', value: 8080, source: 'default', meaning: 'API and console' },
    ],
    nodes: async () => [
      { name: 'one', roles: ['api'], startedAt: clock.now(), version: '0.1.0', channels: 3 },
    ],
    dependencies: [{ name: 'database', check: async () => ({ ok: true, detail: 'usable' }) }],
    version: '0.1.0',
    ...change,
  }
  const app = await buildApi(services)
  return {
    app,
    clock,
    services,
    audited,
    logged: () => lines.join(''),
    as: (role) => ({ authorization: `Bearer ${role}` }),
  }
}

const counts = {
  expected: 100,
  received: 99,
  late: 1,
  missing: 1,
  estimated: 0,
  notExpected: 0,
  pending: 0,
  successRate: '0.9900',
}
const group = {
  concentratorId: idOf<'concentrator'>(1),
  concentrator: '000000000001',
  channelId: idOf<'channel'>(1),
  channel: 'dial-in 1',
}

function fakeIdentity(clock: ManualClock): Identity {
  const user: User = {
    id: 1,
    username: 'admin',
    roles: ['admin'],
    disabled: false,
    createdAt: clock.now(),
    telephone: null,
    locale: 'zh',
  }
  const key = {
    id: 1,
    name: 'billing machine',
    prefix: 'hes_k_0011aabb',
    roles: ['operator'] as const,
    createdAt: clock.now(),
    lastUsedAt: null,
    expiresAt: null,
    revokedAt: null,
  }
  return {
    ensureAdmin: async () => ({ created: false, password: null }),
    signIn: async (username, password) => {
      if (username === 'throttled') {
        return fail({ kind: 'throttled', user: null, retryAfter: seconds(61) })
      }
      if (password !== PASSWORD) return fail({ kind: 'wrong', user: null })
      return ok({ token: TOKEN, expiresAt: clock.now(), user })
    },
    authenticate: async (token): Promise<Actor | undefined> => {
      const role = token === TOKEN ? 'admin' : roles.find((one) => one === token)
      return role && { kind: 'user', id: 1, name: role, roles: [role], session: 's' }
    },
    sessionEnd: async () => instant(clock.now() + 1_000),
    signOut: async () => undefined,
    changePassword: async (_actor, current) => (current === PASSWORD ? ok(null) : fail('wrong')),
    resetPassword: async () => fail('not-found'),
    users: async (after, limit) => (after === 0 ? [user].slice(0, limit) : []),
    user: async () => user,
    createUser: async (_actor, username) =>
      username === 'admin' ? fail('name-taken') : ok({ ...user, username }),
    updateUser: async (_actor, id) => (id === 1 ? ok(user) : fail('not-found')),
    setContact: async (id) => (id === 1 ? ok(user) : fail('not-found')),
    accountsOf: async () => ['A1'],
    isBound: async (_actor, no) => no === 'A1',
    bindAccounts: async (id, accounts) => (id === 1 ? ok(accounts) : fail('not-found')),
    keys: async () => [key],
    createKey: async () => ok({ key, secret: 'hes_k_0011aabb_secret' }),
    revokeKey: async (id) => id === 1,
  }
}

function meter(id: number): MeterRecord {
  const behind = id <= 20
  return {
    id: idOf(id),
    address: String(1_000 + id).padStart(12, '0'),
    protocol: behind ? 'dlt645-2007' : 'mqtt',
    profile: null,
    model: 'DDZY',
    channelId: idOf(1),
    channelName: 'dial-in 1',
    channelKind: behind ? 'dialin' : 'mqtt',
    concentratorId: behind ? idOf(1) : null,
    concentrator: behind ? '000000000001' : null,
    usagePoint: `P${id}`,
    account: `A${id}`,
  }
}

function fakeRegistry(clock: ManualClock): ApiServices['registry'] {
  const meters = Array.from({ length: METERS }, (_, index) => meter(index + 1))
  const concentrator: ConcentratorRecord = {
    id: idOf(1),
    address: '000000000001',
    name: 'Garden street 1',
    channelId: idOf(1),
    transformer: 'T1',
    meters: 20,
    online: true,
    lastHeardAt: clock.now(),
    remoteAddress: '10.0.0.1:4000',
    signal: 22,
  }
  return {
    meter: async (id) => meters.find((one) => one.id === id),
    meters: async (page, filter = {}) => {
      const after = page.cursor === undefined ? 0 : Number(page.cursor)
      if (Number.isNaN(after)) return fail({ kind: 'bad-cursor' })
      const found = meters.filter(
        (one) =>
          one.id > after &&
          (filter.address === undefined || one.address === filter.address) &&
          (filter.protocol === undefined || one.protocol === filter.protocol) &&
          (filter.concentratorId === undefined || one.concentratorId === filter.concentratorId),
      )
      const items = found.slice(0, page.limit)
      const more = found.length > items.length
      return ok({ items, next: more ? String(items.at(-1)?.id) : null })
    },
    allConcentrators: async () => [concentrator, { ...concentrator, id: idOf(2), online: false }],
    concentrators: async () => ok({ items: [concentrator], next: null }),
    concentrator: async (id) => (id === 1 ? concentrator : undefined),
    concentratorByAddress: async (address) =>
      address === concentrator.address ? concentrator : undefined,
    meterInstallations: async () => [],
    account: async (no) =>
      meters.some((one) => one.account === no)
        ? { id: idOf(1), no, customerName: 'Wang', customerClass: 'residential' }
        : undefined,
    accountMeters: async (no) => {
      const found = meters.find((one) => one.account === no)
      if (!found) return undefined
      const ratio = { numerator: 1n, denominator: 1n }
      return [{ meterId: found.id, usagePointId: idOf(1), ratio, from: instant(0), to: null }]
    },
  }
}

function fakeReadings(clock: ManualClock): ApiServices['readings'] {
  const reading = (meterId: MeterId, at: Instant): KeptReading => ({
    meterId,
    register: '1.8.0',
    value: '123.45',
    unit: 'kWh',
    dataClass: 'current',
    at,
    receivedAt: at,
    quality: 'good',
    source: 'poll',
    timeSource: 'meter',
  })
  return {
    list: async (meterId, query) =>
      query.cursor === 'damaged'
        ? fail({ kind: 'bad-cursor' })
        : ok({ items: [reading(meterId, clock.now())], next: null }),
    curve: async (_meter, _register, from, to, pointsMax) => {
      const points = Math.min(pointsMax, 96)
      return Array.from({ length: points }, (_, index) => {
        const at = instant(from + Math.round(((to - from) * index) / points))
        const wave = 3 + 2 * Math.sin(index / 9) + Math.sin(index * 1.7) / 2
        return { at, value: wave.toFixed(4) }
      })
    },
    newest: async (limit) =>
      Array.from({ length: limit }, (_, index) =>
        reading(idOf((index % METERS) + 1), instant(clock.now() - index * 700)),
      ),
    countSince: async () => 824,
  }
}

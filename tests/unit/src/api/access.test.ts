import { afterAll, describe, expect, it } from 'vitest'
import { type Role, roles } from '#src/identity'
import { anomalyRows } from './anomaly-rows.ts'
import { archiveRows } from './archive-rows.ts'
import { clockRows } from './clock-rows.ts'
import { collectionRows } from './collection-rows.ts'
import { REQUEST } from './fake-trips.ts'
import { fieldRows } from './field-rows.ts'
import { firmwareRows } from './firmware-rows.ts'
import { forecastRows } from './forecast-rows.ts'
import { gridRows } from './grid-rows.ts'
import { lossRows } from './loss-rows.ts'
import { readingDayRows } from './reading-day-rows.ts'
import { statisticsRows } from './statistics-rows.ts'
import { usageRows } from './usage-rows.ts'
import { validationRows } from './validation-rows.ts'
import { BUSINESS, OPERATION } from './who.ts'
import { workRows } from './work-rows.ts'
import { buildWorld } from './world.ts'

const PEOPLE: readonly Role[] = ['admin', 'security']
const OVERSIGHT: readonly Role[] = ['admin', 'security', 'auditor']
const READ = '/api/v1/reads/00000000-0000-8000-a000-000000000000'

interface Row {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly allowed: readonly Role[]
  readonly status: number
  readonly payload?: object | string
}

/** Every route that asks who is there, with a call that works and what it then answers. */
const matrix: readonly Row[] = [
  { method: 'GET', url: '/api/v1/sessions/current', allowed: roles, status: 200 },
  { method: 'DELETE', url: '/api/v1/sessions/current', allowed: roles, status: 204 },
  {
    method: 'PUT',
    url: '/api/v1/users/current/password',
    allowed: roles,
    status: 401,
    payload: { currentPassword: 'not it', newPassword: 'a new long password' },
  },
  { method: 'GET', url: '/api/v1/registers', allowed: roles, status: 200 },
  { method: 'GET', url: '/api/v1/meters', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/meters/1', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/meters/1/readings', allowed: BUSINESS, status: 200 },
  {
    method: 'GET',
    url: '/api/v1/meters/1/readings/evidence?register=1.8.0&at=2026-11-22',
    allowed: BUSINESS,
    status: 200,
  },
  { method: 'GET', url: '/api/v1/meters/1/usage', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/meters/1/curve?register=16.7.0', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/concentrators', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/concentrators/1', allowed: BUSINESS, status: 200 },
  {
    method: 'POST',
    url: '/api/v1/concentrators/1/scan',
    allowed: OPERATION,
    status: 200,
    payload: { protocol: 'dlt645-2007' },
  },
  {
    method: 'GET',
    url: '/api/v1/accounts/A1/usage',
    allowed: [...BUSINESS, 'customer'],
    status: 200,
  },
  { method: 'GET', url: '/api/v1/collection/summary', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/device-events', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/device-events/1/frames', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/outbox', allowed: OPERATION, status: 200 },
  { method: 'GET', url: '/api/v1/outbox/refused', allowed: OPERATION, status: 200 },
  ...['replay', 'dismiss'].map((verb): Row => {
    const url = `/api/v1/outbox/refused/1/${verb}`
    return { method: 'POST', url, allowed: ['admin', 'operator'], status: 404, payload: {} }
  }),
  { method: 'GET', url: '/api/v1/meters/1/events', allowed: BUSINESS, status: 200 },
  ...collectionRows,
  ...clockRows,
  {
    method: 'POST',
    url: '/api/v1/reads',
    allowed: OPERATION,
    status: 202,
    payload: { devices: [1], items: ['1.8.0'] },
  },
  { method: 'GET', url: READ, allowed: BUSINESS, status: 404 },
  { method: 'GET', url: '/api/v1/settings', allowed: OVERSIGHT, status: 200 },
  { method: 'GET', url: '/api/v1/nodes', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/trips', allowed: [...BUSINESS, 'security'], status: 200 },
  ...['stop', 'disarm'].map(
    (act): Row => ({
      method: 'POST',
      url: `/api/v1/trips/${act}`,
      allowed: ['admin', 'operator', 'approver', 'technician', 'security'],
      status: 200,
      payload: { reason: 'a storm of trips' },
    }),
  ),
  {
    method: 'POST',
    url: '/api/v1/trips/requests',
    allowed: ['admin', 'operator'],
    status: 201,
    payload: { kind: 'arm', reason: 'the rehearsal is done' },
  },
  {
    method: 'POST',
    url: `/api/v1/trips/requests/${REQUEST}/confirm`,
    allowed: ['admin', 'approver'],
    status: 200,
  },
  { method: 'GET', url: '/api/v1/users', allowed: OVERSIGHT, status: 200 },
  {
    method: 'POST',
    url: '/api/v1/users',
    allowed: PEOPLE,
    status: 201,
    payload: { username: 'li', password: 'a long password', roles: ['operator'] },
  },
  {
    method: 'PATCH',
    url: '/api/v1/users/1',
    allowed: PEOPLE,
    status: 200,
    payload: { disabled: true },
  },
  {
    method: 'PUT',
    url: '/api/v1/users/1/contact',
    allowed: PEOPLE,
    status: 200,
    payload: { telephone: '13800000001', locale: 'zh' },
  },
  { method: 'GET', url: '/api/v1/users/current/accounts', allowed: roles, status: 200 },
  { method: 'GET', url: '/api/v1/users/1/accounts', allowed: OVERSIGHT, status: 200 },
  {
    method: 'PUT',
    url: '/api/v1/users/1/accounts',
    allowed: PEOPLE,
    status: 200,
    payload: { accounts: ['A1', 'A2'] },
  },
  { method: 'GET', url: '/api/v1/keys', allowed: OVERSIGHT, status: 200 },
  {
    method: 'POST',
    url: '/api/v1/keys',
    allowed: PEOPLE,
    status: 201,
    payload: { name: 'machine', roles: ['operator'] },
  },
  { method: 'DELETE', url: '/api/v1/keys/1', allowed: PEOPLE, status: 204 },
  { method: 'GET', url: '/api/v1/audit', allowed: OVERSIGHT, status: 200 },
  ...workRows,
  ...statisticsRows,
  ...usageRows,
  ...archiveRows,
  ...gridRows,
  ...lossRows,
  ...anomalyRows,
  ...forecastRows,
  ...readingDayRows,
  ...validationRows,
  ...firmwareRows,
  ...fieldRows,
]

/** Open by design; everything else must be in the matrix. */
const open = ['/healthz', '/readyz', '/metrics']
/** Streams until the caller goes; tried over a real socket elsewhere. */
const streamed = ['/api/v1/events', '/api/v1/concentrators/{id}/frames']

const headersOf = ({ payload }: Row) => {
  if (payload instanceof Uint8Array) return { 'content-type': 'application/octet-stream' }
  return typeof payload === 'string' ? { 'content-type': 'text/csv' } : {}
}

function isCallOf(template: string, called: readonly string[]): boolean {
  const parts = template.split('/')
  return (
    parts.length === called.length &&
    parts.every((part, index) => part.startsWith('{') || part === called[index])
  )
}

describe('who may call what', async () => {
  const world = await buildWorld()
  const { app } = world
  afterAll(() => app.close())

  const call = (row: Row, headers: Record<string, string>) =>
    app.inject({
      method: row.method,
      url: row.url,
      headers: { ...headersOf(row), ...headers },
      ...(row.payload === undefined ? {} : { payload: row.payload }),
    })

  it('has every route of the document in the matrix', () => {
    const { paths = {} } = app.swagger()
    const documented = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const tried = matrix.map(({ method, url }) => {
      const called = (url.split('?')[0] ?? '').split('/')
      // Where several fit, the one that leaves least open.
      const [path = url] = Object.keys(paths)
        .filter((template) => isCallOf(template, called))
        .sort((left, right) => left.split('{').length - right.split('{').length)
      return `${method} ${path}`
    })
    const expected = [
      ...tried,
      ...open.map((path) => `GET ${path}`),
      ...streamed.map((path) => `GET ${path}`),
      'POST /api/v1/sessions',
      // Signed by the provider; tried in tests/integration/fieldwork.
      'POST /api/v1/messages/receipts/{provider}',
    ]
    expect(documented.sort()).toEqual(expected.sort())
  })

  for (const row of matrix) {
    it(`refuses ${row.method} ${row.url} without a good token`, async () => {
      for (const authorization of [undefined, 'Bearer nobody', 'Basic YTpi', 'Bearer', '']) {
        const headers = authorization === undefined ? {} : { authorization }
        const response = await call(row, headers as Record<string, string>)
        expect(response.statusCode).toBe(401)
        expect(response.json().code).toBe('unauthenticated')
        expect(response.headers['www-authenticate']).toContain('Bearer')
      }
    })

    for (const role of roles) {
      const allowed = row.allowed.includes(role)
      it(`${allowed ? 'lets' : 'forbids'} ${role} ${row.method} ${row.url}`, async () => {
        const response = await call(row, world.as(role))
        expect(response.statusCode).toBe(allowed ? row.status : 403)
        if (!allowed) expect(response.json().code).toBe('forbidden')
      })
    }
  }

  it('shows a customer their own session, public names and their own accounts', () => {
    const theirs = matrix.filter(({ allowed }) => allowed.includes('customer'))
    expect(theirs.map(({ url }) => url)).toEqual([
      '/api/v1/sessions/current',
      '/api/v1/sessions/current',
      '/api/v1/users/current/password',
      '/api/v1/registers',
      '/api/v1/accounts/A1/usage',
      '/api/v1/users/current/accounts',
      '/api/v1/accounts/none/readings',
    ])
  })

  it('does not tell a customer whether an account of somebody else exists', async () => {
    const answers = await Promise.all(
      ['A2', 'NOBODY', 'A2'].map(async (no, index) => {
        const query = index === 2 ? '?register=9.9.9' : ''
        const url = `/api/v1/accounts/${no}/usage${query}`
        const response = await app.inject({ url, headers: world.as('customer') })
        const { instance: _, ...problem } = response.json()
        return [response.statusCode, problem]
      }),
    )
    expect(answers[0]).toEqual([404, expect.objectContaining({ code: 'account-not-found' })])
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })

  it('leaves exactly one audit record for every write, also for a forbidden one', async () => {
    for (const row of matrix.filter(({ method }) => method !== 'GET')) {
      for (const role of ['admin', 'customer'] as const) {
        const before = world.audited.length
        const response = await call(row, world.as(role))
        const entries = world.audited.slice(before)
        expect(entries).toHaveLength(1)
        const forbidden = response.statusCode === 403
        expect(entries[0]?.outcome === 'forbidden').toBe(forbidden)
        expect(entries[0]?.actor).toMatchObject({ name: role })
      }
    }
  })

  it('writes no audit record for reads', async () => {
    const before = world.audited.length
    for (const row of matrix.filter(({ method }) => method === 'GET')) {
      await call(row, world.as('admin'))
    }
    expect(world.audited).toHaveLength(before)
  })
})

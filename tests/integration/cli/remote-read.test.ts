import { createServer, type IncomingMessage, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { runHes } from './hes.ts'

type Answer = readonly [status: number, body: unknown]

let server: Server | undefined

afterEach(async () => {
  const closing = server
  server = undefined
  closing?.closeAllConnections()
  if (closing !== undefined) await new Promise((closed) => closing.close(closed))
})

/** A head-end of a test: what it answers, by method and path. */
function headEnd(answer: (asked: string, request: IncomingMessage) => Answer): Promise<string> {
  return new Promise((resolve) => {
    server = createServer((request, response) => {
      const [status, body] = answer(`${request.method} ${request.url}`, request)
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }).listen(0, '127.0.0.1', () => {
      const address = server?.address()
      resolve(typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '')
    })
  })
}

const meters = 'GET /api/v1/meters?concentrator=37010001&address=000012345678&protocol=dlt645-2007'
const item = {
  item: '1.8.0',
  state: 'answered',
  answeredAt: '2026-11-21T22:30:01+08:00',
  readings: [
    {
      register: '1.8.0',
      name: 'Active energy import, total',
      value: '123.45',
      unit: 'kWh',
      at: '2026-11-21T22:30:00+08:00',
      flag: null,
    },
  ],
  reason: null,
}
const waiting = {
  id: 'r1',
  requestedAt: '2026-11-21T22:30:00+08:00',
  finishedAt: null,
  items: [{ ...item, state: 'waiting', answeredAt: null, readings: [] }],
}
const finished = { ...waiting, finishedAt: '2026-11-21T22:30:00+08:00' }

/** A head-end that knows one meter and one token, and whose read ends like this. */
const usual =
  (end: unknown) =>
  (asked: string, { headers }: IncomingMessage): Answer => {
    if (asked === 'POST /api/v1/sessions') return [201, { token: 'T0KEN' }]
    if (headers.authorization !== 'Bearer T0KEN') return [401, { code: 'unauthenticated' }]
    if (asked === meters) return [200, { items: [{ id: 7 }], next: null }]
    if (asked.startsWith('GET /api/v1/meters')) return [200, { items: [], next: null }]
    if (asked === 'POST /api/v1/reads') return [202, waiting]
    return asked.startsWith('GET /api/v1/reads/r1') ? [200, end] : [404, { code: 'not-found' }]
  }

const read = (url: string, env: Readonly<Record<string, string>>, more: readonly string[] = []) =>
  runHes(
    [
      ...['read', '--protocol', 'dlt645-2007', '--address', '000012345678', '--item', '1.8.0'],
      ...['--concentrator', '37010001', '--server', url, ...more],
    ],
    '',
    env,
  )

const token = { HES_TOKEN: 'T0KEN' }

test('a meter behind a concentrator is read through the head-end', async () => {
  const url = await headEnd(usual({ ...finished, items: [item] }))
  const { exit, stdout, stderr } = await read(url, token, ['--json'])
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual({
    device: '000012345678',
    register: '1.8.0',
    name: 'Active energy import, total',
    value: '123.45',
    unit: 'kWh',
    at: '2026-11-21T22:30:00+08:00',
    protocol: 'dlt645-2007',
    roundTripMs: expect.any(Number),
  })
})

test('every reading of a block is printed, a missing one with its reason', async () => {
  const [total] = item.readings
  const rate = { ...total, register: '1.8.1', value: null, flag: 'absent' }
  const own = { ...total, register: null, name: 'Something of the maker', value: '7' }
  const block = { ...item, item: '0001FF00', readings: [total, rate, own] }
  const url = await headEnd(usual({ ...finished, items: [block] }))
  const { exit, stdout } = await read(url, token, ['--json'])
  expect(exit).toBe(0)
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toMatchObject([
    { register: '1.8.0', value: '123.45' },
    { register: '1.8.1', value: null, flag: 'absent' },
    { register: null, dataId: '0001FF00', value: '7' },
  ])
})

test('a name and a password sign in', async () => {
  const url = await headEnd(usual({ ...finished, items: [item] }))
  const env = { HES_USERNAME: 'admin', HES_PASSWORD: 'correct horse' }
  expect((await read(url, env)).exit).toBe(0)
})

test('who is not signed in ends with 6', async () => {
  const url = await headEnd(usual(finished))
  const ends = await Promise.all([read(url, {}), read(url, { HES_TOKEN: 'stale' })])
  expect(ends.map(({ exit }) => exit)).toEqual([6, 6])
})

test.each([
  ['exchange.timeout', 5],
  ['exchange.damaged', 8],
  ['dlt645.no-such-data', 7],
  ['channel.offline', 5],
])('a read that failed with %s ends with %i', async (code, exit) => {
  const reason = { code, message: 'what happened' }
  const failed = { ...item, state: 'failed', readings: [], reason }
  const url = await headEnd(usual({ ...finished, items: [failed] }))
  expect((await read(url, token)).exit).toBe(exit)
})

test('what is not there ends with 3, and nobody at all with 5', async () => {
  const url = await headEnd((asked) =>
    asked === meters ? [404, { code: 'concentrator-not-found' }] : [500, {}],
  )
  const ends = await Promise.all([read(url, token), read('http://127.0.0.1:1', token)])
  expect(ends.map(({ exit }) => exit)).toEqual([3, 5])
})

test('an answer in another form ends with 8', async () => {
  const url = await headEnd(() => [200, { hello: 'world' }])
  expect((await read(url, token)).exit).toBe(8)
})

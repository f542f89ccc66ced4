import type { InjectOptions } from 'fastify'

type Call = InjectOptions & { readonly url: string; readonly method: string }

export interface WrongCall {
  readonly name: string
  readonly call: Call
  readonly status: number
  readonly code: string
  readonly field?: string
}

type Headers = Readonly<Record<string, string>>

export const getCall = (path: string, headers: Headers) =>
  ({ method: 'GET', url: `/api/v1${path}`, headers }) as const

export const postCall = (
  path: string,
  headers: Headers,
  payload: object | string,
  type = 'application/json',
) =>
  ({
    method: 'POST',
    url: `/api/v1${path}`,
    headers: { ...headers, 'content-type': type },
    payload,
  }) as const

/** Calls that somebody who may do anything gets wrong, and what each is answered. */
export function wrongCalls(as: Headers): readonly WrongCall[] {
  const get = (path: string) => getCall(path, as)
  const post = (path: string, payload: object | string, type?: string) =>
    postCall(path, as, payload, type)

  const read = { devices: [1], items: ['1.8.0'] }
  return [
    { name: 'no such path', call: get('/nothing'), status: 404, code: 'not-found' },
    { name: 'a wrong method', call: post('/meters', {}), status: 405, code: 'method-not-allowed' },
    { name: 'a damaged path', call: get('/meters/%ZZ'), status: 400, code: 'bad-request' },
    { name: 'no such meter', call: get('/meters/999'), status: 404, code: 'meter-not-found' },
    {
      name: 'an id that is none',
      call: get('/meters/abc'),
      status: 400,
      code: 'invalid-parameters',
      field: 'id',
    },
    {
      name: 'an id out of range',
      call: get('/meters/99999999999999999999'),
      status: 400,
      code: 'invalid-parameters',
      field: 'id',
    },
    {
      name: 'an unknown parameter',
      call: get('/meters?limti=5'),
      status: 400,
      code: 'invalid-parameters',
      field: 'limti',
    },
    {
      name: 'a limit too high',
      call: get('/meters?limit=1001'),
      status: 400,
      code: 'invalid-parameters',
      field: 'limit',
    },
    {
      name: 'a parameter given twice',
      call: get('/meters?limit=1&limit=2'),
      status: 400,
      code: 'invalid-parameters',
      field: 'limit',
    },
    {
      name: 'an unknown protocol',
      call: get('/meters?protocol=smoke'),
      status: 400,
      code: 'invalid-parameters',
      field: 'protocol',
    },
    {
      name: 'a foreign cursor',
      call: get('/meters?cursor=%40%40'),
      status: 400,
      code: 'bad-cursor',
    },
    { name: 'a foreign cursor', call: get('/users?cursor=x1'), status: 400, code: 'bad-cursor' },
    {
      name: 'an unknown concentrator',
      call: get('/meters?concentrator=9'),
      status: 404,
      code: 'concentrator-not-found',
    },
    {
      name: 'an unknown register',
      call: get('/meters/1/readings?register=9.9.9'),
      status: 400,
      code: 'unknown-register',
    },
    {
      name: 'a time without an offset',
      call: get('/meters/1/readings?from=2026-11-21T00:00:00'),
      status: 400,
      code: 'invalid-range',
      field: 'from',
    },
    {
      name: 'a range that ends before it begins',
      call: get('/meters/1/readings?from=2026-11-22&to=2026-11-21'),
      status: 400,
      code: 'invalid-range',
      field: 'to',
    },
    {
      name: 'a time far off',
      call: get('/meters/1/readings?from=0001-01-01T00:00:00Z'),
      status: 400,
      code: 'invalid-range',
      field: 'from',
    },
    {
      name: 'a range too long',
      call: get('/accounts/A1/usage?granularity=15min&from=2026-01-01&to=2026-11-01'),
      status: 400,
      code: 'range-too-long',
    },
    {
      name: 'an unknown granularity',
      call: get('/accounts/A1/usage?granularity=minute'),
      status: 400,
      code: 'invalid-parameters',
      field: 'granularity',
    },
    {
      name: 'usage of what is no energy',
      call: get('/accounts/A1/usage?register=32.7.0'),
      status: 400,
      code: 'not-energy',
    },
    {
      name: 'an unknown account',
      call: get('/accounts/nobody/usage'),
      status: 404,
      code: 'account-not-found',
    },
    {
      name: 'a date that is none',
      call: get('/collection/summary?date=2026-02-30'),
      status: 400,
      code: 'invalid-parameters',
      field: 'date',
    },
    {
      name: 'a broken body',
      call: post('/reads', '{"devices":'),
      status: 400,
      code: 'invalid-json',
    },
    { name: 'an empty body', call: post('/reads', ''), status: 400, code: 'invalid-json' },
    {
      name: 'a body that would change prototypes',
      call: post('/reads', '{"__proto__":{"x":1},"devices":[1],"items":["1.8.0"]}'),
      status: 400,
      code: 'invalid-json',
    },
    {
      name: 'a field too many',
      call: post('/reads', { ...read, force: true }),
      status: 400,
      code: 'invalid-parameters',
      field: 'force',
    },
    {
      name: 'a number where text belongs',
      call: post('/sessions', { username: 1, password: 'x' }),
      status: 400,
      code: 'invalid-parameters',
      field: 'username',
    },
    {
      name: 'no devices',
      call: post('/reads', { ...read, devices: [] }),
      status: 400,
      code: 'invalid-parameters',
      field: 'devices',
    },
    {
      name: 'an item that is none',
      call: post('/reads', { ...read, items: ['9.9.9'] }),
      status: 400,
      code: 'unknown-register',
    },
    {
      name: 'a device that is none',
      call: post('/reads', { ...read, devices: ['000000000000'] }),
      status: 404,
      code: 'meter-not-found',
    },
    {
      name: 'a body too large',
      call: post('/reads', { ...read, pad: 'x'.repeat(3_100_000) }),
      status: 413,
      code: 'too-large',
    },
    {
      name: 'an archive too large',
      call: post('/archive/imports', 'x'.repeat(1_100_000), 'text/csv'),
      status: 413,
      code: 'too-large',
    },
    {
      name: 'a body of another kind',
      call: post('/reads', '<read/>', 'application/xml'),
      status: 415,
      code: 'unsupported-media-type',
    },
    {
      name: 'an archive that is not CSV',
      call: post('/archive/imports', { a: 1 }),
      status: 415,
      code: 'unsupported-media-type',
    },
    {
      name: 'wrong rows in an archive',
      call: post('/archive/imports', 'address\nwrong\n', 'text/csv'),
      status: 422,
      code: 'invalid-archive',
      field: 'address',
    },
    {
      name: 'a wrong password',
      call: post('/sessions', { username: 'admin', password: 'x' }),
      status: 401,
      code: 'wrong-credentials',
    },
    {
      name: 'too many wrong passwords',
      call: post('/sessions', { username: 'throttled', password: 'x' }),
      status: 429,
      code: 'too-many-attempts',
    },
    {
      name: 'a name that is taken',
      call: post('/users', { username: 'admin', password: 'long enough', roles: ['operator'] }),
      status: 409,
      code: 'name-taken',
    },
    {
      name: 'a role that is none',
      call: post('/users', { username: 'li', password: 'long enough', roles: ['king'] }),
      status: 400,
      code: 'invalid-parameters',
      field: 'roles.0',
    },
  ]
}

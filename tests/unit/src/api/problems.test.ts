import { connect } from 'node:net'
import { fastify, type InjectOptions } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { problemKinds } from '#src/api'
import { buildWorld, PASSWORD, TOKEN } from './world.ts'

const CODES = new Set<string>(problemKinds.map((kind) => kind.code))

describe('what goes wrong', async () => {
  const world = await buildWorld()
  const { app } = world
  afterAll(() => app.close())
  const as = world.as('admin')

  type Call = InjectOptions & { readonly url: string; readonly method: string }

  interface Wrong {
    readonly name: string
    readonly call: Call
    readonly status: number
    readonly code: string
    readonly field?: string
  }

  const get = (path: string) => ({ method: 'GET', url: `/api/v1${path}`, headers: as }) as const
  const post = (path: string, payload: object | string, type = 'application/json') =>
    ({
      method: 'POST',
      url: `/api/v1${path}`,
      headers: { ...as, 'content-type': type },
      payload,
    }) as const

  const read = { devices: [1], items: ['1.8.0'] }
  const wrongs: readonly Wrong[] = [
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
      call: post('/reads', { ...read, pad: 'x'.repeat(70_000) }),
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

  for (const { name, call, status, code, field } of wrongs) {
    const { url } = call
    it(`answers ${name} with ${status} ${code} (${url.slice(0, 60)})`, async () => {
      const response = await app.inject(call)
      expect(response.statusCode).toBe(status)
      expect(response.headers['content-type']).toContain('application/problem+json')
      const body = response.json()
      expect(body).toMatchObject({ code, status, type: `/api/problems#${code}` })
      expect(body.title.length).toBeGreaterThan(5)
      expect(body.instance).toMatch(/^[0-9a-f-]{36}$/)
      if (field !== undefined) {
        expect(body.errors.map((error: { name: string }) => error.name)).toContain(field)
      }
    })
  }

  it('documents the status of every refusal where it happened', async () => {
    const { paths = {} } = app.swagger()
    for (const { call } of wrongs) {
      const { url, method } = call
      const path = url
        .replace(/\?.*$/, '')
        .replace(/\/meters\/[^/]+/, '/meters/{id}')
        .replace(/\/accounts\/[^/]+/, '/accounts/{no}')
      const operation = (paths[path] as Record<string, { responses: object }> | undefined)?.[
        method.toLowerCase()
      ]
      if (!operation) continue
      const response = await app.inject(call)
      expect(Object.keys(operation.responses)).toContain(String(response.statusCode))
    }
  })

  it('speaks the language of the caller', async () => {
    const chinese = { ...as, 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' }
    const response = await app.inject({ url: '/api/v1/meters/999', headers: chinese })
    expect(response.json().title).toBe('没有该电能表。')
    const french = { ...as, 'accept-language': 'fr, en;q=0.5, zh;q=0.1' }
    const other = await app.inject({ url: '/api/v1/meters/999', headers: french })
    expect(other.json().title).toBe('There is no such meter.')
  })

  it('says how long to wait after too many tries', async () => {
    const response = await app.inject(post('/sessions', { username: 'throttled', password: 'x' }))
    expect(response.headers['retry-after']).toBe('61')
  })

  it('explains every code in the document and on the page that types lead to', async () => {
    const document = (await app.inject('/api/openapi.json')).json()
    const page = (await app.inject('/api/problems')).body
    for (const code of CODES) {
      expect(document.info.description).toContain(`\`${code}\``)
      expect(page).toContain(`id="${code}"`)
    }
  })

  it('answers what is not HTTP with a problem too', async () => {
    await app.listen({ port: 0, host: '127.0.0.1' })
    const address = app.server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const talk = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text))
        let heard = ''
        socket.on('data', (chunk) => {
          heard += chunk
        })
        socket.on('close', () => resolve(heard))
        socket.on('error', reject)
      })
    expect(await talk('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"code":"bad-request"/s)
    const big = `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`
    expect(await talk(big)).toMatch(/^HTTP\/1\.1 431 .*"code":"headers-too-large"/s)
  })

  it('hides the cause of a failure from the caller and tells the log', async () => {
    const broken = await buildWorld({
      collection: {
        summary: async () => {
          throw new Error('relation "secret_table" does not exist')
        },
      },
    })
    const response = await broken.app.inject(get('/collection/summary'))
    expect(response.statusCode).toBe(500)
    expect(response.json().code).toBe('internal')
    expect(response.body).not.toContain('secret_table')
    expect(broken.logged()).toContain('secret_table')
    expect(broken.logged()).toContain(response.json().instance)
    await broken.app.close()
  })

  it('says that a failing database is worth another try', async () => {
    const broken = await buildWorld({
      collection: {
        summary: async () => {
          throw Object.assign(new Error('connection lost'), { retry: 'later' })
        },
      },
    })
    const response = await broken.app.inject(get('/collection/summary'))
    expect(response.statusCode).toBe(503)
    expect(response.headers['retry-after']).toBe('2')
    await broken.app.close()
  })

  it('slows down who signs in too often from one address', async () => {
    const world = await buildWorld()
    const statuses: number[] = []
    for (let index = 0; index < 31; index += 1) {
      const payload = { username: 'admin', password: PASSWORD }
      const call = { method: 'POST', url: '/api/v1/sessions', payload } as const
      statuses.push((await world.app.inject(call)).statusCode)
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(30)
    expect(statuses.at(-1)).toBe(429)
    await world.app.close()
  })

  it('never logs a password, a token or a key', async () => {
    const world = await buildWorld()
    const payload = { username: 'admin', password: PASSWORD }
    const bearer = { authorization: `Bearer ${TOKEN}` }
    const wrong = { username: 'admin', password: `${PASSWORD}x` }
    await world.app.inject({ method: 'POST', url: '/api/v1/sessions', payload })
    await world.app.inject({ method: 'POST', url: '/api/v1/sessions', payload: wrong })
    await world.app.inject({
      method: 'POST',
      url: '/api/v1/sessions',
      payload: { ...payload, x: 1 },
    })
    await world.app.inject({ url: '/api/v1/meters', headers: bearer })
    await world.app.inject({ url: `/api/v1/meters?x=1`, headers: bearer })
    await world.app.inject({
      method: 'POST',
      url: '/api/v1/keys',
      headers: bearer,
      payload: { name: 'm', roles: ['operator'] },
    })
    world.services.log.info({ password: PASSWORD, deep: { token: TOKEN, req: { secret: TOKEN } } })
    const logged = world.logged() + JSON.stringify(world.audited)
    expect(logged).toContain('/api/v1/sessions')
    expect(logged).not.toContain(PASSWORD)
    expect(logged).not.toContain(TOKEN)
    expect(logged).not.toContain('_secret"')
    await world.app.close()
  })
})

describe('the document', async () => {
  const world = await buildWorld()
  const { app } = world
  afterAll(() => app.close())

  it('describes answers as they are', async () => {
    const document = (await app.inject('/api/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    const calls: readonly [string, string, string, object?][] = [
      ['get', '/api/v1/meters', '/api/v1/meters'],
      ['get', '/api/v1/meters/{id}', '/api/v1/meters/1'],
      ['get', '/api/v1/meters/{id}/readings', '/api/v1/meters/1/readings'],
      ['get', '/api/v1/meters/{id}/usage', '/api/v1/meters/1/usage'],
      ['get', '/api/v1/meters/{id}/curve', '/api/v1/meters/1/curve?register=16.7.0'],
      ['get', '/api/v1/concentrators', '/api/v1/concentrators'],
      ['get', '/api/v1/accounts/{no}/usage', '/api/v1/accounts/A1/usage'],
      ['get', '/api/v1/collection/summary', '/api/v1/collection/summary'],
      ['get', '/api/v1/settings', '/api/v1/settings'],
      ['get', '/api/v1/nodes', '/api/v1/nodes'],
      ['get', '/api/v1/users', '/api/v1/users'],
      ['get', '/api/v1/keys', '/api/v1/keys'],
      ['get', '/readyz', '/readyz'],
      ['post', '/api/v1/reads', '/api/v1/reads', { devices: [1], items: ['1.8.0'] }],
      ['get', '/api/v1/meters/{id}', '/api/v1/meters/999'],
      ['get', '/api/v1/meters', '/api/v1/meters?x=1'],
    ]
    for (const [method, path, url, payload] of calls) {
      const response = await app.inject({
        method: method === 'get' ? 'GET' : 'POST',
        url,
        headers: world.as('admin'),
        ...(payload === undefined ? {} : { payload }),
      })
      const described = document.paths[path][method].responses[response.statusCode]
      const [schema] = Object.values<{ schema: object }>(described.content).map((one) => one.schema)
      const problem = document.components.schemas.Problem
      expect(await fits(schema ?? {}, problem, response.json()), `${path} ${response.body}`).toBe(
        '',
      )
    }
  })

  /** Another validator than the one the API itself uses: the Ajv inside Fastify. */
  async function fits(schema: object, problem: object, body: unknown): Promise<string> {
    const checker = fastify({ ajv: { customOptions: { coerceTypes: false, strict: false } } })
    const local = '$ref' in schema ? problem : schema
    checker.post('/', { schema: { body: local } }, async () => '')
    const response = await checker.inject({ method: 'POST', url: '/', payload: body as object })
    await checker.close()
    return response.statusCode === 200 ? '' : response.body
  }

  it('gives every operation a summary, a tag, and every path parameter a schema', () => {
    for (const [path, operations] of Object.entries(app.swagger().paths ?? {})) {
      for (const operation of Object.values(operations as Record<string, object>)) {
        expect(operation, path).toMatchObject({
          summary: expect.any(String),
          tags: [expect.any(String)],
        })
      }
    }
  })

  it('is readable without anything from elsewhere', async () => {
    const page = await app.inject('/api/docs')
    expect(page.statusCode).toBe(200)
    expect(page.body).not.toMatch(/(src|href)="https?:/)
    expect((await app.inject('/api/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200)
  })
})

import { connect } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { problemKinds } from '#src/api'
import { buildWorld } from './world.ts'
import { getCall, postCall, wrongCalls } from './wrong-calls.ts'

const CODES = new Set<string>(problemKinds.map((kind) => kind.code))

describe('what goes wrong', async () => {
  const world = await buildWorld()
  const { app } = world
  afterAll(() => app.close())
  const as = world.as('admin')

  const get = (path: string) => getCall(path, as)
  const wrongs = wrongCalls(as)

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
    const response = await app.inject(
      postCall('/sessions', as, { username: 'throttled', password: 'x' }),
    )
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

  it.each(['22021', '22P05'])(
    'calls a text that no database keeps wrong, not itself',
    async (sqlState) => {
      const broken = await buildWorld({
        collection: {
          summary: async () => {
            throw Object.assign(new Error('invalid byte sequence: 0x00'), {
              sqlState,
              retry: 'never',
            })
          },
        },
      })
      const response = await broken.app.inject(get('/collection/summary'))
      expect(response.statusCode).toBe(400)
      expect(response.json().code).toBe('invalid-parameters')
      await broken.app.close()
    },
  )

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
})

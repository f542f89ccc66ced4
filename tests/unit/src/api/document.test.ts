import { fastify } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { buildWorld } from './world.ts'

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
      [
        'get',
        '/api/v1/meters/{id}/readings/evidence',
        '/api/v1/meters/1/readings/evidence?register=1.8.0&at=2026-11-22',
      ],
      ['get', '/api/v1/meters/{id}/usage', '/api/v1/meters/1/usage'],
      ['get', '/api/v1/meters/{id}/curve', '/api/v1/meters/1/curve?register=16.7.0'],
      ['get', '/api/v1/concentrators', '/api/v1/concentrators'],
      ['get', '/api/v1/accounts/{no}/usage', '/api/v1/accounts/A1/usage'],
      ['get', '/api/v1/collection/summary', '/api/v1/collection/summary'],
      ...['kpis', 'slots', 'unread', 'coverage', 'tasks', 'groups'].map(
        (name): [string, string, string] => {
          const path = `/api/v1/collection/${name}`
          return ['get', path, path]
        },
      ),
      ['get', '/api/v1/collection/tasks/{id}', '/api/v1/collection/tasks/2'],
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

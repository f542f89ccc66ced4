import { afterAll, describe, expect, it } from 'vitest'
import { buildWorld } from './world.ts'

describe('a method that a path does not take', async () => {
  const { app } = await buildWorld()
  afterAll(() => app.close())

  const taken = [
    { method: 'DELETE', url: '/api/v1/meters', allow: 'GET, HEAD' },
    { method: 'PUT', url: '/api/v1/meters/7?limit=1', allow: 'GET, HEAD' },
    { method: 'GET', url: '/api/v1/archive/files', allow: 'POST' },
    { method: 'PUT', url: '/api/v1/sessions/current', allow: 'DELETE, GET, HEAD' },
    { method: 'OPTIONS', url: '/api/v1/users/1', allow: 'PATCH' },
    { method: 'POST', url: '/healthz', allow: 'GET, HEAD' },
    { method: 'POST', url: '/assets/app.css', allow: 'GET, HEAD' },
    { method: 'POST', url: '/', allow: 'GET, HEAD' },
  ] as const

  for (const { method, url, allow } of taken) {
    it(`answers ${method} ${url} with 405 and what is allowed`, async () => {
      const response = await app.inject({ method, url })
      expect(response.statusCode).toBe(405)
      expect(response.headers.allow).toBe(allow)
      expect(response.headers['content-type']).toContain('application/problem+json')
      expect(response.json()).toMatchObject({ status: 405, code: 'method-not-allowed' })
    })
  }

  it('leaves a path that is not there not found, whatever the method', async () => {
    for (const url of ['/api/v1/nothing', '/api/v1/meters/1/2/3']) {
      for (const method of ['GET', 'POST', 'DELETE'] as const) {
        const response = await app.inject({ method, url })
        expect(response.statusCode, `${method} ${url}`).toBe(404)
        expect(response.headers.allow).toBeUndefined()
      }
    }
    expect((await app.inject({ url: '/assets/none.css' })).json().code).toBe('not-found')
  })
})

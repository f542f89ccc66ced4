import { get as httpGet } from 'node:http'
import { describe, expect, it } from 'vitest'
import { settle } from '#tests/support'
import { buildWorld, type World } from './world.ts'

describe('the live feed', () => {
  /** Reads the stream over a real socket until it ends or enough events came. */
  async function listen(world: World, role: 'admin' | 'customer', events: number) {
    await world.app.listen({ port: 0, host: '127.0.0.1' })
    const address = world.app.server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    return new Promise<{ status: number; type: string; text: string }>((resolve) => {
      const request = httpGet(
        { port, host: '127.0.0.1', path: '/api/v1/events', headers: world.as(role) },
        (response) => {
          let text = ''
          const done = () => {
            request.destroy()
            resolve({
              status: response.statusCode ?? 0,
              type: response.headers['content-type'] ?? '',
              text,
            })
          }
          response.setEncoding('utf8')
          response.on('data', (chunk) => {
            text += chunk
            if (text.split('\n\n').length > events) done()
            else void world.clock.advance(2_000)
          })
          response.on('end', done)
        },
      )
    })
  }

  it('tells what is going on, again and again', async () => {
    const world = await buildWorld()
    const { status, type, text } = await listen(world, 'admin', 3)
    expect(status).toBe(200)
    expect(type).toContain('text/event-stream')
    const [first = ''] = text.split('\n\n')
    expect(first).toMatch(/^event: live\ndata: /)
    expect(JSON.parse(first.slice(first.indexOf('{')))).toMatchObject({
      at: '2026-11-22T12:00:00+08:00',
      concentrators: { online: 1, total: 2 },
      readingsPerMinute: 824,
      round: { expected: 100, answered: 99 },
      newest: expect.arrayContaining([expect.objectContaining({ address: '000000001001' })]),
    })
    await world.app.close()
  })

  it('ends when the session does', async () => {
    let good = true
    const world = await buildWorld()
    const { authenticate } = world.services.identity
    world.services.identity.authenticate = async (token) => (good ? authenticate(token) : undefined)
    const listening = listen(world, 'admin', 100)
    const seen = async () => (await world.app.inject('/metrics')).body
    while (!(await seen()).includes('hes_http_event_streams 1')) await settle()
    good = false
    await world.clock.advance(2_000)
    const { text } = await listening
    expect(text).toMatch(/event: end\ndata: {"reason":"unauthenticated"}\n\n$/)
    while (!(await seen()).includes('hes_http_event_streams 0')) await settle()
    await world.app.close()
  })

  it('looks no more when nobody listens', async () => {
    const world = await buildWorld()
    await listen(world, 'admin', 1)
    while (!(await world.app.inject('/metrics')).body.includes('hes_http_event_streams 0')) {
      await settle()
    }
    await world.clock.advance(10_000)
    expect(world.clock.waiting).toBe(0)
    await world.app.close()
  })

  it('is closed to customers', async () => {
    const world = await buildWorld()
    expect((await listen(world, 'customer', 1)).status).toBe(403)
    await world.app.close()
  })
})

import { afterAll, describe, expect, it } from 'vitest'
import { settle } from '#tests/support'
import { buildWorld, METERS, type World } from './world.ts'

const READ = { devices: [1, '000000001002'], items: ['1.8.0', '32.7.0'] }

describe('lists', async () => {
  const world = await buildWorld()
  const { app } = world
  afterAll(() => app.close())
  const headers = world.as('operator')

  it('page through everything once, whatever the page size', async () => {
    for (const limit of [1, 7, 24, 25, 1_000]) {
      const seen: number[] = []
      let cursor = ''
      do {
        const response = await app.inject({
          url: `/api/v1/meters?limit=${limit}${cursor}`,
          headers,
        })
        const { items, next } = response.json()
        seen.push(...items.map((meter: { id: number }) => meter.id))
        cursor = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
      } while (cursor !== '')
      expect(seen).toEqual(Array.from({ length: METERS }, (_, index) => index + 1))
    }
  })

  it('keep to the filters', async () => {
    const count = async (query: string) =>
      (await app.inject({ url: `/api/v1/meters?${query}`, headers })).json().items.length
    expect(await count('protocol=mqtt')).toBe(5)
    expect(await count('concentrator=000000000001')).toBe(20)
    expect(await count('address=000000001003')).toBe(1)
  })
})

describe('times', async () => {
  const world = await buildWorld()
  const { app } = world
  afterAll(() => app.close())
  const headers = world.as('operator')

  const usage = async (query: string) =>
    (await app.inject({ url: `/api/v1/accounts/A1/usage?${query}`, headers })).json()

  it('leave with the offset of the utility', async () => {
    const response = await app.inject({ url: '/api/v1/meters/1/readings', headers })
    expect(response.json().items[0].at).toBe('2026-11-22T12:00:00+08:00')
  })

  it('come as moments with offset or as civil dates', async () => {
    const expected = { start: '2026-11-21T00:00:00+08:00', end: '2026-11-22T00:00:00+08:00' }
    for (const query of [
      'from=2026-11-21&to=2026-11-22',
      'from=2026-11-20T16:00:00Z&to=2026-11-21T16:00:00Z',
      'from=2026-11-21T00:00:00%2B08:00&to=2026-11-22T00:00:00%2B08:00',
      // A plus sign that somebody forgot to encode.
      'from=2026-11-21T00:00:00+08:00&to=2026-11-22T00:00:00+08:00',
    ]) {
      expect((await usage(query)).items[0]).toMatchObject(expected)
    }
  })

  it('have a sensible default: up to now, and a month of days', async () => {
    const { items, register, granularity, unit } = await usage('')
    expect({ register, granularity, unit }).toEqual({
      register: '1.8.0',
      granularity: 'day',
      unit: 'kWh',
    })
    expect(items[0].end).toBe('2026-11-22T12:00:00+08:00')
    expect(items[0].start).toBe('2026-10-22T12:00:00+08:00')
  })
})

describe('on-demand reads', async () => {
  const world = await buildWorld()
  const { app } = world
  afterAll(() => app.close())
  const headers = world.as('operator')

  const request = (key?: string, payload: object = READ) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/reads',
      headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      payload,
    })

  it('name every device and item, and say where to follow', async () => {
    const response = await request()
    expect(response.statusCode).toBe(202)
    const read = response.json()
    expect(response.headers.location).toBe(`/api/v1/reads/${read.id}`)
    expect(
      read.items.map((item: { meter: number; item: string }) => [item.meter, item.item]),
    ).toEqual([
      [1, '1.8.0'],
      [1, '32.7.0'],
      [2, '1.8.0'],
      [2, '32.7.0'],
    ])
    expect(read.requestedBy).toBe('operator')
    const followed = await app.inject({ url: response.headers.location ?? '', headers })
    expect(followed.json()).toEqual(read)
  })

  it('are one read when sent twice with the same key', async () => {
    const ids = [await request('k1'), await request('k1')].map((one) => one.json().id)
    expect(ids[0]).toBe(ids[1])
    expect((await request('k2')).json().id).not.toBe(ids[0])
    const other = await request('k1', { ...READ, items: ['1.8.0'] })
    expect(other.statusCode).toBe(409)
    expect(other.json().code).toBe('idempotency-mismatch')
  })

  it('can be waited for', async () => {
    const { id } = (await request()).json()
    let answered = false
    const waiting = app.inject({ url: `/api/v1/reads/${id}?wait=10`, headers }).then((response) => {
      answered = true
      return response
    })
    await settle()
    await world.clock.advance(900)
    expect(answered).toBe(false)
    await world.clock.advance(400)
    expect((await waiting).json().state).toBe('failed')
  })

  it('are not waited for longer than asked', async () => {
    const { id } = (await request()).json()
    const waiting = app.inject({ url: `/api/v1/reads/${id}?wait=0`, headers })
    expect((await waiting).json().state).toBe('requested')
  })
})

describe('health', () => {
  const ready = async (world: World) => (await world.app.inject('/readyz')).json()

  it('is red and names the part that is not usable', async () => {
    const world = await buildWorld({
      dependencies: [
        { name: 'database', check: async () => ({ ok: true, detail: 'usable' }) },
        { name: 'broker', check: async () => ({ ok: false, detail: 'not connected' }) },
        {
          name: 'acquisition',
          check: async () => {
            throw new Error('password=hunter2')
          },
        },
      ],
    })
    const response = await world.app.inject('/readyz')
    expect(response.statusCode).toBe(503)
    expect(response.json()).toMatchObject({
      code: 'not-ready',
      detail: 'broker, acquisition',
      checks: [
        { name: 'database', ok: true },
        { name: 'broker', ok: false, detail: 'not connected' },
        { name: 'acquisition', ok: false, detail: 'failed' },
      ],
    })
    expect(response.body).not.toContain('hunter2')
    expect((await world.app.inject('/healthz')).statusCode).toBe(200)
    await world.app.close()
  })

  it('is red within five seconds when a part hangs', async () => {
    const aborted: boolean[] = []
    const world = await buildWorld({
      dependencies: [
        {
          name: 'database',
          check: (signal) =>
            new Promise(() => signal.addEventListener('abort', () => aborted.push(true))),
        },
      ],
    })
    const asked = ready(world)
    await settle()
    await world.clock.advance(5_000)
    expect(await asked).toMatchObject({ code: 'not-ready', detail: 'database' })
    expect(aborted).toEqual([true])
    await world.app.close()
  })

  it('counts requests by route and never by meter', async () => {
    const world = await buildWorld()
    for (const id of [1, 2, 3]) {
      await world.app.inject({ url: `/api/v1/meters/${id}`, headers: world.as('admin') })
    }
    await world.app.inject('/nothing/at/all')
    const { body, headers } = await world.app.inject('/metrics')
    expect(headers['content-type']).toContain('text/plain')
    expect(body).toContain(
      'hes_http_requests_total{method="GET",route="/api/v1/meters/:id",status="200"} 3',
    )
    expect(body).toContain('route="none",status="404"} 1')
    expect(body).not.toContain('/meters/1')
    await world.app.close()
  })
})

describe('pages', async () => {
  const world = await buildWorld()
  const { app } = world
  afterAll(() => app.close())

  it('serves the live page and all it loads, from here alone', async () => {
    const page = await app.inject('/')
    expect(page.statusCode).toBe(200)
    const links = [...page.body.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? '')
    expect(links.length).toBeGreaterThan(4)
    for (const link of links) {
      expect(link).toMatch(/^\//)
      expect((await app.inject(link)).statusCode, link).toBe(200)
    }
    for (const file of [
      ...['chart.js', 'figures.js', 'server.js', 'tables.js', 'texts.js', 'words.js'],
      'uplot/uPlot.esm.js',
    ]) {
      expect((await app.inject(`/assets/${file}`)).statusCode, file).toBe(200)
    }
  })

  it('allows nothing inline and nothing from elsewhere', async () => {
    const page = await app.inject('/')
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    expect(policy).not.toContain('http')
    expect(page.body).not.toMatch(/<script>|<style|style="| on[a-z]+="/)
    expect(page.headers['x-content-type-options']).toBe('nosniff')
  })

  it('serves nothing but the page', async () => {
    for (const path of ['/assets/../api/app.ts', '/assets/..%2fapi%2fapp.ts', '/package.json']) {
      expect((await app.inject(path)).statusCode).toBe(404)
    }
  })
})

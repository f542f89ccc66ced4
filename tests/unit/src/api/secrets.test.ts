import { expect, it } from 'vitest'
import { buildWorld, PASSWORD, TOKEN } from './world.ts'

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

import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { runHes } from './hes.ts'

let server: Server | undefined

afterEach(async () => {
  const closing = server
  server = undefined
  closing?.closeAllConnections()
  if (closing !== undefined) await new Promise((closed) => closing.close(closed))
})

/** A head-end of a test that gives these answers one after the other, and what it was asked. */
async function headEnd(...answers: readonly unknown[]) {
  const asked: string[] = []
  const listening = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answers[asked.length - 1]))
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { asked, env: { HES_SERVER: `http://127.0.0.1:${port}`, HES_TOKEN: 'T0KEN' } }
}

const usage = {
  ...{ usagePoint: 'P1', account: null, date: '2026-10-01', register: '1.8.1', energy: '12.50' },
  ...{ unit: 'kWh', quality: 'estimated', estimated: '0.50' },
  computedAt: '2026-11-01T00:10:00+08:00',
}

test('energy leaves page by page, with rates, quality and what of it is estimated', async () => {
  const { env, asked } = await headEnd(
    { items: [usage], next: 'c2' },
    { items: [{ ...usage, usagePoint: '=P2', account: 'A,1' }], next: null },
  )
  const flags = ['--by', 'month', '--from', '2026-10-01', '--register', '1.8.1,1.8.2']
  const told = await runHes(['export', 'usage', ...flags], '', env)
  expect(told.exit).toBe(0)
  expect(told.stdout).toBe(
    [
      '\uFEFFusage point,account,month,register,energy,unit,quality,estimated',
      'P1,,2026-10-01,1.8.1,12.50,kWh,estimated,0.50',
      `'=P2,"A,1",2026-10-01,1.8.1,12.50,kWh,estimated,0.50`,
      '',
    ].join('\r\n'),
  )
  const query = 'granularity=month&from=2026-10-01&register=1.8.1%2C1.8.2&limit=1000'
  expect(asked).toEqual([`/api/v1/usage?${query}`, `/api/v1/usage?${query}&cursor=c2`])
})

test('what a meter said leaves by its address', async () => {
  const reading = {
    ...{ register: '1.8.0', value: '123.45', unit: 'kWh', at: '2026-11-21T00:00:00+08:00' },
    ...{ receivedAt: '2026-11-21T00:01:00+08:00', quality: 'good', source: 'poll' },
    dataClass: 'daily',
  }
  const { env, asked } = await headEnd({ items: [{ id: 7 }] }, { items: [reading], next: null })
  const told = await runHes(['export', 'readings', '000000000007', '--json'], '', env)
  expect(JSON.parse(told.stdout)).toEqual({ items: [reading] })
  expect(asked).toEqual([
    '/api/v1/meters?address=000000000007',
    '/api/v1/meters/7/readings?limit=1000',
  ])
})

test('a meter that is not there is told', async () => {
  const { env } = await headEnd({ items: [], next: null })
  const told = await runHes(['export', 'readings', '9'], '', env)
  expect(told.exit).toBe(2)
  expect(told.stderr).toContain('there is no meter 9')
})

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

/** A head-end of a test that gives one answer, and what it was asked. */
async function headEnd(status: number, answer: unknown) {
  const asked: string[] = []
  const listening = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push(`${request.method} ${request.url} ${body}`.trim())
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { asked, env: { HES_SERVER: `http://127.0.0.1:${port}`, HES_TOKEN: 'T0KEN' } }
}

test('figures come with their formula, numerator and denominator', async () => {
  const kpi = { name: 'finalSuccess', formula: 'a / b', numerator: 3, denominator: 4 }
  const items = [{ group: '', kpis: [{ ...kpi, value: '0.7500' }] }]
  const { env, asked } = await headEnd(200, { from: '2026-11-20', to: '2026-11-20', items })
  const told = await runHes(['collection', 'kpis', '--from', '2026-11-20'], '', env)
  expect(told.exit).toBe(0)
  expect(told.stdout).toMatch(/all +finalSuccess +0\.7500 +3 +4/)
  expect(told.stdout).toContain('finalSuccess = a / b')
  expect(asked).toEqual(['GET /api/v1/collection/kpis?from=2026-11-20'])
})

test('a task is set by what is given alone, and what is wrong with it is told', async () => {
  const detail = 'cycleSeconds has to be 1 to 2678400'
  const { env, asked } = await headEnd(422, { code: 'invalid-task', detail })
  const told = await runHes(['task', 'set', '3', '--cycle', '0', '--group', 'all'], '', env)
  expect(told.exit).toBe(2)
  expect(told.stderr).toContain(detail)
  expect(asked).toEqual(['PATCH /api/v1/collection/tasks/3 {"group":null,"cycleSeconds":0}'])
})

test('a figure that is none is told before anything is asked', async () => {
  const { env, asked } = await headEnd(200, {})
  const told = await runHes(['task', 'set', '3', '--window', 'soon'], '', env)
  expect(told.exit).toBe(2)
  expect(told.stderr).toContain('windowSeconds is no whole number: soon')
  expect(asked).toEqual([])
})

test('the table of a day is CSV that a spreadsheet reads as text, with its formulas', async () => {
  const counts = {
    ...{ due: 0, received: 3, late: 0, givenUp: 1, notExpected: 0, estimated: 0, firstPass: 3 },
  }
  const rate = { name: 'finalSuccess', formula: '(a + b) / c', numerator: 3, denominator: 4 }
  const items = [{ group: '=cmd("x"),1', counts, kpis: [{ ...rate, value: '0.7500' }] }]
  const answer = { from: '2026-11-20', to: '2026-11-20', by: 'concentrator', items }
  const { env, asked } = await headEnd(200, answer)
  const told = await runHes(['export', 'collection', '--date', '2026-11-20'], '', env)
  expect(told.exit).toBe(0)
  expect(told.stdout).toBe(
    [
      '\uFEFFfrom,2026-11-20,to,2026-11-20',
      'concentrator,due,received,late,givenUp,notExpected,estimated,finalSuccess',
      `"'=cmd(""x""),1",0,3,0,1,0,0,0.7500`,
      'all,0,3,0,1,0,0,0.7500',
      'finalSuccess,(a + b) / c',
      '',
    ].join('\r\n'),
  )
  const days = 'from=2026-11-20&to=2026-11-20'
  expect(asked).toEqual([
    `GET /api/v1/collection/kpis?${days}&by=concentrator`,
    `GET /api/v1/collection/kpis?${days}&by=all`,
  ])
  const twice = ['export', 'collection', '--date', '2026-11-20', '--to', '2026-11-21']
  expect((await runHes(twice, '', env)).exit).toBe(2)
})

test('a group is shown by its name, and set by what is given alone', async () => {
  const hall = { id: 4, name: 'hall', filter: { protocol: ['modbus'] }, meters: [7], size: 3 }
  const { env } = await headEnd(200, { items: [hall] })
  const shown = await runHes(['group', 'show', 'hall'], '', env)
  expect(shown.stdout).toBe('id: 4\nname: hall\nwho: protocol=modbus\nlisted: 7\nmeters: 3\n')
  expect((await runHes(['group', 'ls'], '', env)).stdout).toMatch(/4 +hall +protocol=modbus +1 +3/)
  expect((await runHes(['group', 'show', 'yard'], '', env)).exit).toBe(3)
  expect((await runHes(['group', 'set', 'hall', '--where', 'modbus'], '', env)).exit).toBe(2)
  expect((await runHes(['group', 'set', 'hall', '--meters', 'x'], '', env)).exit).toBe(2)
})

test('a group that is not there is made', async () => {
  const { env, asked } = await headEnd(200, { items: [] })
  const flags = ['--where', 'protocol=modbus', '--where', 'model=A,B', '--meters', '7,8']
  await runHes(['group', 'set', 'hall', ...flags], '', env)
  const filter = { protocol: ['modbus'], model: ['A', 'B'] }
  expect(asked).toEqual([
    'GET /api/v1/collection/groups',
    `POST /api/v1/collection/groups ${JSON.stringify({ name: 'hall', filter, meters: [7, 8] })}`,
  ])
})

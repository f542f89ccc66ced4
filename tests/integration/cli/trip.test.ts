import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/support'
import { runHes } from './hes.ts'

type Answer = readonly [status: number, body: unknown]

let server: Server | undefined

afterEach(async () => {
  const closing = server
  server = undefined
  closing?.closeAllConnections()
  if (closing !== undefined) await new Promise((closed) => closing.close(closed))
})

/** A head-end of a test: what it answers, by method and path; and what it was asked. */
async function headEnd(answers: Readonly<Record<string, Answer>>) {
  const asked: string[] = []
  const listening = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const name = `${request.method} ${request.url}`
    asked.push(`${name} ${body}`.trim())
    const [status, answer] = answers[name] ?? [404, { code: 'not-found' }]
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { asked, env: { HES_SERVER: `http://127.0.0.1:${port}`, HES_TOKEN: 'T0KEN' } }
}

const state = { armed: true, stopped: true, stopFile: true, requests: [] }
const request = {
  id: '0b0f5f0e-6f43-4f3e-9a0a-6d2f8f1f8b11',
  kind: 'resume',
  requestedBy: 'li',
  expiresAt: '2026-11-22T12:15:00+08:00',
  reason: 'over',
}

test('the stop button asks nothing and says that it holds', async () => {
  const { env, asked } = await headEnd({ 'POST /api/v1/trips/stop': [200, state] })
  const { exit, stdout } = await runHes(['trip', 'stop', '--reason', 'smoke'], '', env)
  expect({ exit, stdout }).toMatchObject({ exit: 0 })
  expect(stdout).toContain('Trips are stopped.')
  expect(asked).toEqual(['POST /api/v1/trips/stop {"reason":"smoke"}'])
})

test('resuming tells who must do what next', async () => {
  const { env, asked } = await headEnd({ 'POST /api/v1/trips/requests': [201, request] })
  const { exit, stdout } = await runHes(['trip', 'resume', '--reason', 'over'], '', env)
  expect(exit).toBe(0)
  expect(stdout).toContain(`hes trip confirm ${request.id}`)
  expect(asked[0]).toContain('{"kind":"resume","reason":"over"}')
})

test('whoever asked cannot confirm: exit 4', async () => {
  const path = `POST /api/v1/trips/requests/${request.id}/confirm`
  const { env } = await headEnd({ [path]: [409, { code: 'second-person' }] })
  const { exit, stderr } = await runHes(['trip', 'confirm', request.id], '', env)
  expect(exit).toBe(4)
  expect(stderr).toContain('second person')
})

test('the state is one JSON document', async () => {
  const { env } = await headEnd({ 'GET /api/v1/trips': [200, { ...state, requests: [request] }] })
  const { exit, stdout } = await runHes(['trip', 'state', '--json'], '', env)
  expect(exit).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ armed: true, requests: [request] })
})

test('without a head-end, the file stops the machine it is on', async () => {
  const folder = temporaryFolder()
  try {
    const env = { HES_SERVER: 'http://127.0.0.1:9', HES_TOKEN: 'T0KEN', HES_DATA_DIR: folder.path }
    const remote = await runHes(['trip', 'stop'], '', env)
    expect(remote.exit).toBe(5)
    expect(remote.stderr).toContain('--here')
    const here = await runHes(['trip', 'stop', '--here'], '', env)
    expect(here.exit).toBe(0)
    expect(existsSync(join(folder.path, 'TRIP_STOP'))).toBe(true)
  } finally {
    folder.remove()
  }
})

test('what there is not yet is not offered', async () => {
  for (const verb of ['approve', 'reject', 'budget', 'queue']) {
    expect((await runHes(['trip', verb])).exit).toBe(2)
  }
})

import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/support'
import { type Running, startHes } from './process.ts'

const address = '330120000041'
const folder = temporaryFolder()
let meter: Running
let tcp = ''

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  return typeof bound === 'object' && bound ? bound.port : 0
}

beforeAll(async () => {
  tcp = `127.0.0.1:${await freePort()}`
  const words = ['--control-answers', 'words', '--listen', tcp]
  meter = startHes(['simulate', 'meter', '--address', address, ...words])
  await meter.told(/port \d+\)/)
})

afterAll(async () => {
  meter.kill('SIGINT')
  await meter.ended
  folder.remove()
})

function relay(action: string) {
  const named = ['--protocol', 'dlt645-2007', '--address', address, '--tcp', tcp]
  const words = ['relay', '--bench', '--action', action, '--yes', '--password', '02000000']
  return startHes([...words, ...named], { HES_DATA_DIR: folder.path }).ended
}

test('a played meter refuses a trip by the word of State Grid while supply is kept', async () => {
  expect((await relay('protect')).exit).toBe(0)
  const trip = await relay('trip')
  expect(trip.exit).toBe(7)
  expect(trip.stderr).toContain('power is kept (error 0020) [dlt645.control-power-kept]')
})

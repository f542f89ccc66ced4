import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/support'
import { type Running, startHes } from './process.ts'

const keys = `encryptionKey: '000102030405060708090A0B0C0D0E0F'
authenticationKey: 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF'
`
const files = {
  meter: `password: '12345678'\n${keys}`,
  low: `password: '12345678'\n`,
  other: `password: '87654321'\n`,
  keys,
  wrong: keys.replace('D0D1', 'D1D0'),
}
const folder = temporaryFolder()
const fileOf = (name: keyof typeof files) => path.join(folder.path, name)
let meter: Running
let tcp = ''

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

beforeAll(async () => {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(folder.path, name), text)
  }
  tcp = `127.0.0.1:${await freePort()}`
  meter = startHes([
    ...['simulate', 'meter', '--protocol', 'dlms', '--profile', 'wrapper', '--address', '1'],
    ...['--access-file', fileOf('meter'), '--listen', tcp],
  ])
  await meter.told(/port \d+\)/)
})

afterAll(async () => {
  meter.kill('SIGINT')
  await meter.ended
  folder.remove()
})

test.each([
  ['nothing', [], 7],
  ['its password', ['--access-file', fileOf('low')], 0],
  ['another password', ['--access-file', fileOf('other')], 7],
  ['its keys', ['--access-file', fileOf('keys')], 0],
  ['other keys', ['--access-file', fileOf('wrong')], 7],
])('a played meter with keys, asked with %s', async (_, access, exit) => {
  const words = ['--protocol', 'dlms', '--profile', 'wrapper', '--address', '1', '--tcp', tcp]
  const read = startHes(['read', ...words, ...access, '--item', '1.8.0', '--json'], {
    HES_DATA_DIR: folder.path,
  })
  const ended = await read.ended
  expect([ended.exit, ended.stderr]).toEqual([exit, exit === 0 ? '' : expect.any(String)])
  if (exit === 0) expect(JSON.parse(ended.stdout)).toMatchObject({ register: '1.8.0' })
})

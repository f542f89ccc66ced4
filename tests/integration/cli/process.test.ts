import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { dlt645, encodeAnswers, parseFrame, requestOf, writeValues } from '#protocols/dlt645'
import { runHes, startHes } from './hes.ts'

const whoIsThere = '68AAAAAAAAAAAA681300DF16'
const answer = '68665544332211689108333334336A547B330716'

const servers: Server[] = []
const sockets = new Set<Socket>()

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(
    servers.splice(0).map((server) => new Promise((closed) => server.close(closed))),
  )
})

/** Listens on a free port of this machine. */
function listen(serve: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      sockets.add(socket)
      serve(socket)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' ? `127.0.0.1:${address?.port}` : '')
    })
  })
}

/** A meter that holds 123.45 kWh behind a serial server. */
function meter(socket: Socket): void {
  const scanner = dlt645.scanner()
  socket.on('data', (chunk) => {
    for (const frame of scanner.push(chunk)) {
      const parsed = parseFrame(frame)
      const request = parsed.ok ? requestOf(parsed.frame) : null
      if (request?.kind !== 'read') continue
      const value = { kind: 'number', digits: 12_345, scale: 2 } as const
      const payload = writeValues('00010000', [{ value, at: null }])
      if (payload === undefined || request.dataId !== '00010000') continue
      for (const part of encodeAnswers('000012345678', request.dataId, payload)) socket.write(part)
    }
  })
}

test('frames on stdin come out as one document a line', async () => {
  const { exit, stdout, stderr } = await runHes(['decode', '--json'], `${whoIsThere}\n${answer}\n`)
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  const documents = stdout.trim().split('\n')
  expect(documents.map((line): unknown => JSON.parse(line))).toMatchObject([
    { raw: whoIsThere },
    { raw: answer, readings: [{ value: '4821.37' }] },
  ])
})

test('raw bytes on stdin are searched for frames', async () => {
  const noise = Uint8Array.of(0, 0x68, 0xff, 0x16)
  const frame = fromHex(answer) ?? noise
  const input = Uint8Array.from([...noise, ...frame, ...noise])
  const { exit, stdout, stderr } = await runHes(['decode', '--json'], input)
  expect(exit).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ raw: answer })
  expect(stderr).toContain('skipped')
})

test('a damaged frame ends with 8', async () => {
  expect((await runHes(['decode', answer.replace('6A54', '6A55')])).exit).toBe(8)
})

test('wrong settings end with 2 and a sentence each, without a stack trace', async () => {
  const env = { HES_HTTP_PORT: 'eighty', HES_TIMEZONE: 'Mars/Olympus', HES_NOPE: '1' }
  const { exit, stdout, stderr } = await runHes(['serve'], '', env)
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
  const lines = stderr.trim().split('\n')
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line).toMatch(/^hes: HES_\w+: /)
})

test('a meter behind a serial server is read', async () => {
  const place = await listen(meter)
  const device = ['--protocol', 'dlt645-2007', '--address', '000012345678']
  const { exit, stdout } = await runHes([
    'read',
    ...device,
    '--item',
    '1.8.0',
    '--tcp',
    place,
    '--json',
  ])
  expect(exit).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    device: '000012345678',
    register: '1.8.0',
    value: '123.45',
    unit: 'kWh',
    at: expect.stringMatching(/\+08:00$/),
    protocol: 'dlt645-2007',
    roundTripMs: expect.any(Number),
  })
})

test('a meter behind a serial server is found', async () => {
  const place = await listen(meter)
  const { exit, stdout } = await runHes(['scan', '--protocol', 'dlt645-2007', '--tcp', place])
  expect(exit).toBe(0)
  expect(stdout).toContain('000012345678  123.45  kWh')
})

test('a closed port and a silent meter both end with 5', async () => {
  const silent = await listen(() => {})
  const device = ['--protocol', 'dlt645-2007', '--address', '000012345678', '--item', '1.8.0']
  const ends = await Promise.all(
    ['127.0.0.1:1', silent].map((place) => runHes(['read', ...device, '--tcp', place])),
  )
  expect(ends.map(({ exit }) => exit)).toEqual([5, 5])
})

test('a watch explains what passes and ends with 0 at Ctrl-C', async () => {
  const place = await listen((socket) => socket.write(fromHex(answer) ?? ''))
  const watch = startHes(['watch', '--tcp', place, '--json'])
  await watch.printed(answer)
  watch.kill('SIGINT')
  const { exit, stderr } = await watch.ended
  expect(exit).toBe(0)
  expect(stderr).toContain('1 frame(s)')
})

test('a reader that goes away ends the output quietly', async () => {
  const running = startHes(['decode', '--json'], `${answer}\n`.repeat(20_000))
  await running.printed(answer)
  running.hangUp()
  const { exit, stderr } = await running.ended
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
})

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeSerialPorts } from '#drivers/serial'
import { nodeNetwork } from '#drivers/tcp'
import { fromHex } from '#protocols/bytes'
import {
  dlmsFace,
  dlt645Face,
  dlt698Face,
  type Face,
  gdw376Face,
  standardBytesMax,
  standardDlms,
} from '#simulators/faces'
import { type SimulatedMeter, Site } from '#simulators/meter'
import { benchGate, openRelayBench } from '#src/acquisition/field'
import { civilTime, systemClock } from '#src/core'
import { gcm } from '../unit/protocols/dlms/aes-gcm.ts'
import { meterOf } from '../unit/simulators/field.ts'
import { documents, hes } from '../unit/src/cli/fake-io.ts'

const shanghai = civilTime('Asia/Shanghai')
const terminalPassword = '00112233445566778899AABBCCDDEEFF'
const encryptionKey = '000102030405060708090A0B0C0D0E0F'
const authenticationKey = 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF'
const bytesOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0)
const keys = { encryption: bytesOf(encryptionKey), authentication: bytesOf(authenticationKey) }

interface Device {
  readonly name: string
  readonly named: readonly string[]
  readonly meter: SimulatedMeter
  readonly face: (meter: SimulatedMeter) => Face
  /** Another device that is not there. */
  readonly elsewhere: readonly string[]
  /** More than one device. */
  readonly many: readonly string[]
  /** Orders that no answer could prove or that the protocol has no word for. */
  readonly lacks: readonly string[]
  /** A round that is not tripped may still stand open: its terminal tells no more. */
  readonly closed: 'closed' | null
  readonly secret: string | null
}

const devices: readonly Device[] = [
  {
    name: 'DL/T 645 meter',
    named: [
      ...['--protocol', 'dlt645-2007', '--address', '330120000041'],
      ...['--password', '02000000'],
    ],
    meter: meterOf({ address: '330120000041' }),
    face: (meter) => dlt645Face([meter]),
    elsewhere: [
      ...['--protocol', 'dlt645-2007', '--address', '330120000049'],
      ...['--password', '02000000'],
    ],
    many: ['AAAAAAAAAAAA', '999999999999'],
    lacks: [],
    closed: 'closed',
    secret: null,
  },
  {
    name: 'round of a 376.1 terminal',
    named: [
      ...['--protocol', 'gdw376', '--address', '4401-0105/1'],
      ...['--password', terminalPassword],
    ],
    meter: meterOf({ address: '330120000042' }),
    face: (meter) =>
      gdw376Face({
        address: '4401-0105',
        site: new Site('Asia/Shanghai', 7),
        points: [{ point: 1, meter }],
        port: null,
        password: terminalPassword,
        bytesMax: standardBytesMax,
      }),
    elsewhere: ['--protocol', 'gdw376', '--address', '4401-0106/1'],
    many: ['4401-FFFF/1', '4401-FFFF'],
    lacks: ['close', 'protect', 'alarm'],
    closed: null,
    secret: terminalPassword,
  },
  {
    name: 'meter behind a 376.1 terminal',
    named: [
      ...['--protocol', 'dlt645-2007', '--via', '4401-0105', '--address', '330120000044'],
      ...['--password', '02000000', '--via-password-file', 'terminal.key'],
    ],
    meter: meterOf({ address: '330120000044' }),
    face: (meter) =>
      gdw376Face({
        address: '4401-0105',
        site: new Site('Asia/Shanghai', 7),
        points: [{ point: 1, meter }],
        port: dlt645Face([meter]),
        password: terminalPassword,
        bytesMax: standardBytesMax,
      }),
    elsewhere: [
      ...['--protocol', 'dlt645-2007', '--via', '4401-0105', '--address', '330120000049'],
      ...['--password', '02000000', '--via-password-file', 'terminal.key'],
    ],
    many: ['AAAAAAAAAAAA', '999999999999'],
    lacks: [],
    closed: 'closed',
    secret: terminalPassword,
  },
  {
    name: '698 meter',
    named: ['--protocol', 'dlt698', '--address', '330120000043'],
    meter: meterOf({ address: '330120000043' }),
    face: (meter) => dlt698Face(meter),
    elsewhere: ['--protocol', 'dlt698', '--address', '330120000049'],
    many: ['AAAAAAAAAAAA', 'AA', 'AAAA20000043'],
    lacks: [],
    closed: 'closed',
    secret: null,
  },
  {
    name: 'DLMS meter over HDLC',
    named: ['--protocol', 'dlms', '--address', '1/17'],
    meter: meterOf({ address: '1/17' }),
    face: (meter) => dlmsFace([meter], standardDlms('hdlc', gcm)),
    elsewhere: ['--protocol', 'dlms', '--address', '1/18'],
    many: ['127', '1/127'],
    lacks: ['alarm', 'protect'],
    closed: 'closed',
    secret: null,
  },
  {
    name: 'DLMS meter that enciphers',
    named: [
      ...['--protocol', 'dlms', '--address', '1', '--profile', 'wrapper'],
      ...['--access-file', 'keys.yaml'],
    ],
    meter: meterOf({ address: '1' }),
    face: (meter) => dlmsFace([meter], { ...standardDlms('wrapper', gcm), keys }),
    elsewhere: ['--protocol', 'dlms', '--address', '2', '--profile', 'wrapper'],
    many: ['127'],
    lacks: ['allow-close'],
    closed: 'closed',
    secret: encryptionKey,
  },
]

/** What a meter with keys asks for; the counter of a later order is a higher one. */
const keysFrom = (invocationCounter: number) =>
  JSON.stringify({ encryptionKey, authenticationKey, invocationCounter })
const servers: Server[] = []

async function serve({ meter, face }: Device): Promise<string> {
  const device = face(meter)
  const server = createServer((socket) => {
    device.reset()
    socket.on('data', (chunk) => {
      for (const answer of device.receive(Uint8Array.from(chunk), systemClock.now())) {
        socket.write(answer)
      }
    })
    socket.on('error', () => socket.destroy())
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `127.0.0.1:${address.port}`
}

afterAll(() => {
  for (const server of servers) server.close()
})

test('the whole of a 376.1 terminal is alarmed and kept in supply, with proof', async () => {
  const device = devices.find(({ name }) => name.startsWith('round'))
  if (!device) throw new Error('no terminal')
  const dataDir = await mkdtemp(join(tmpdir(), 'hes-relay-'))
  const world = {
    network: nodeNetwork,
    serialPorts: nodeSerialPorts,
    clock: systemClock,
    civil: shanghai,
    gate: benchGate(dataDir, systemClock, shanghai),
  }
  const tcp = await serve(device)
  const order = (action: string, address = '4401-0105') =>
    hes(
      [
        ...['relay', '--protocol', 'gdw376', '--address', address, '--action', action],
        ...['--password', terminalPassword, '--tcp', tcp, '--bench', '--yes', '--json'],
      ],
      {
        actions: {
          openRelayBench: (channel, protocol, _, signal) =>
            openRelayBench(channel, protocol, world, signal),
        },
      },
    )
  const after = async (action: string) => documents((await order(action)).stdout)
  expect(await after('alarm')).toMatchObject([{ after: { alarm: true }, proven: true }])
  expect(await after('clear-alarm')).toMatchObject([{ after: { alarm: false }, proven: true }])
  expect(await after('protect')).toMatchObject([{ after: { isKept: true }, proven: true }])
  expect(await order('trip', '4401-0105/1')).toMatchObject({ exit: 7 })
  expect(await after('unprotect')).toMatchObject([{ after: { isKept: false }, proven: true }])
  expect(await order('trip')).toMatchObject({ exit: 2 })
  await rm(dataDir, { recursive: true })
}, 60_000)

describe.concurrent.each(devices)('the relay of a $name', (device) => {
  const { named, elsewhere, many, lacks, closed: whole, secret } = device
  let tcp = ''
  let dataDir = ''
  let orders = 0

  /** `hes relay --bench` with real sockets and a journal in a folder of its own. */
  function order(action: string, of: readonly string[] = named) {
    const world = {
      network: nodeNetwork,
      serialPorts: nodeSerialPorts,
      clock: systemClock,
      civil: shanghai,
      gate: benchGate(dataDir, systemClock, shanghai),
    }
    const words = [...of, '--action', action, '--tcp', tcp, '--bench', '--yes', '--json']
    orders += 1
    return hes(['relay', ...words], {
      files: { 'keys.yaml': keysFrom(1_000 * orders), 'terminal.key': terminalPassword },
      actions: {
        openRelayBench: (channel, protocol, _, signal) =>
          openRelayBench(channel, protocol, world, signal),
      },
    })
  }

  beforeAll(async () => {
    tcp = await serve(device)
    dataDir = await mkdtemp(join(tmpdir(), 'hes-relay-'))
  })

  afterAll(() => rm(dataDir, { recursive: true }))

  test('opens and closes with proof, and by no order that it lacks or that is for another', async ({
    expect,
  }) => {
    const tripped = await order('trip')
    expect(tripped).toMatchObject({ exit: 0, stderr: '' })
    expect(documents(tripped.stdout)).toMatchObject([
      { before: { contact: whole }, after: { contact: 'open' }, answered: true, proven: true },
    ])
    const action = lacks.includes('close') ? 'allow-close' : 'close'
    const closed = await order(action)
    expect(closed).toMatchObject({ exit: 0, stderr: '' })
    expect(documents(closed.stdout)).toMatchObject([
      { before: { contact: 'open' }, after: { contact: whole }, proven: true },
    ])
    const journal = await readFile(join(dataDir, 'bench-journal.jsonl'), 'utf8')
    const entries = documents(journal)
    expect(entries.filter((one) => Reflect.get(Object(one), 'event') === 'passed')).toHaveLength(2)
    if (secret !== null) expect(journal).not.toContain(secret)
    for (const action of lacks) {
      const outcome = await order(action)
      expect(outcome.stdout).toBe('')
      expect([2, 4, 7]).toContain(outcome.exit)
    }
    expect((await order('trip', elsewhere)).exit).toBe(5)
    for (const address of many) {
      const { exit } = await order('trip', named.with(named.indexOf('--address') + 1, address))
      expect([2, 4, 5]).toContain(exit)
    }
    const last = await readFile(join(dataDir, 'bench-journal.jsonl'), 'utf8')
    expect(last).toBe(journal)
  })
})

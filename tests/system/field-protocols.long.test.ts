import { mkdtemp, rm, writeFile } from 'node:fs/promises'
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
  dlt645v1997Face,
  dlt698Face,
  type Face,
  gdw376Face,
  standardBytesMax,
  standardDlms,
} from '#simulators/faces'
import { Site } from '#simulators/meter'
import { benchGate, openBench } from '#src/acquisition/field'
import { civilTime, systemClock } from '#src/core'
import { gcm } from '../unit/protocols/dlms/aes-gcm.ts'
import { meterOf } from '../unit/simulators/field.ts'
import { documents, hes } from '../unit/src/cli/fake-io.ts'

const shanghai = civilTime('Asia/Shanghai')
const encryptionKey = '000102030405060708090A0B0C0D0E0F'
const authenticationKey = 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF'
const bytesOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0)
const keys = { encryption: bytesOf(encryptionKey), authentication: bytesOf(authenticationKey) }
const meter = meterOf({ address: '330120000041' })
const point = { point: 1, meter }

interface Device {
  readonly protocol: string
  readonly address: string
  readonly flags: readonly string[]
  readonly make: () => Face
  /** Who a search finds; null where none is to be made in a test's time. */
  readonly found: string | null
}

const devices: readonly Device[] = [
  {
    protocol: 'dlt645-1997',
    address: '330120000041',
    flags: [],
    make: () => dlt645v1997Face([meter]),
    found: '330120000041',
  },
  {
    protocol: 'gdw376',
    address: '4401-0105/1',
    flags: [],
    make: () =>
      gdw376Face({
        address: '4401-0105',
        site: new Site('Asia/Shanghai', 7),
        points: [point],
        port: null,
        password: null,
        bytesMax: standardBytesMax,
      }),
    found: null,
  },
  {
    protocol: 'dlt698',
    address: '330120000041',
    flags: [],
    make: () => dlt698Face(meter),
    found: '330120000041',
  },
  {
    protocol: 'dlms',
    address: '1/17',
    flags: [],
    make: () => dlmsFace([meterOf({ address: '1/17' })], standardDlms('hdlc', gcm)),
    found: null,
  },
  {
    protocol: 'dlms',
    address: '1',
    flags: ['--profile', 'wrapper', '--access-file', 'keys.yaml'],
    make: () => dlmsFace([meterOf({ address: '1' })], { ...standardDlms('wrapper', gcm), keys }),
    found: null,
  },
]

const files = {
  'keys.yaml': `encryptionKey: '${encryptionKey}'\nauthenticationKey: '${authenticationKey}'\n`,
}
const servers: Server[] = []
let dataDir = ''

/** A device on a socket of its own. */
async function serve(make: () => Face): Promise<string> {
  const server = createServer((socket) => {
    const face = make()
    socket.on('data', (chunk) => {
      for (const answer of face.receive(Uint8Array.from(chunk), systemClock.now())) {
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

/** `hes` with real sockets. */
function run(words: readonly string[], keptIn = dataDir) {
  const world = {
    network: nodeNetwork,
    serialPorts: nodeSerialPorts,
    clock: systemClock,
    civil: shanghai,
    gate: benchGate(keptIn, systemClock, shanghai),
  }
  return hes(words, {
    files,
    actions: {
      openBench: (channel, protocol, _, signal) => openBench(channel, protocol, world, signal),
    },
  })
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hes-field-'))
})

afterAll(async () => {
  for (const server of servers) server.close()
  await rm(dataDir, { recursive: true })
})

describe.each(devices)('a $protocol device at $address', (device) => {
  const { protocol, address, flags, make, found } = device
  const named = ['--protocol', protocol, '--address', address, ...flags]
  let tcp = ''

  beforeAll(async () => {
    tcp = await serve(make)
  })

  test('is read', async () => {
    const words = ['read', ...named, '--item', '1.8.0,32.7.0', '--tcp', tcp, '--json']
    const { exit, stdout, stderr } = await run(words)
    expect(stderr).toBe('')
    expect(exit).toBe(0)
    const readings = documents(stdout)
    expect(readings).toMatchObject([{ register: '1.8.0', unit: 'kWh' }, { register: '32.7.0' }])
    for (const reading of readings) expect(reading).toMatchObject({ device: address, protocol })
  })

  test('says no to what it has not', async () => {
    const item = { gdw376: '0C-F99', dlt698: '20FF0200', dlms: '1:0.0.99.0.0.255:2' }[protocol]
    const { exit } = await run(['read', ...named, '--item', item ?? 'BFFF', '--tcp', tcp])
    expect(exit).toBe(7)
  })

  test('shows its clock', async () => {
    const { exit, stdout, stderr } = await run(['clock', ...named, '--tcp', tcp, '--json'])
    expect(stderr).toBe('')
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([{ device: address }])
  })

  test.runIf(found !== null)('is found', async () => {
    const { exit, stdout } = await run(['scan', '--protocol', protocol, '--tcp', tcp, '--json'])
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([{ device: found }])
  })
})

test.each([
  ['dlt645-2007', 'dlt645-1997', () => dlt645v1997Face([meter])],
  ['dlt645-1997', 'dlt645-2007', () => dlt645Face([meter])],
] as const)('asked in %s, a meter of %s is found and named', async (asked, spoken, make) => {
  const tcp = await serve(make)
  const scan = await run(['scan', '--protocol', asked, '--tcp', tcp, '--json'])
  expect(scan.exit).toBe(0)
  expect(documents(scan.stdout)).toMatchObject([{ device: '330120000041', protocol: spoken }])
  const table = await run(['scan', '--protocol', asked, '--tcp', tcp])
  expect(table.stdout).toMatch(new RegExp(`ADDRESS +PROTOCOL .*\\n330120000041 +${spoken} `))
  const named = ['--protocol', asked, '--address', '330120000041', '--tcp', tcp]
  const read = await run(['read', ...named, '--item', '1.8.0'])
  expect(read.exit).toBe(5)
  expect(read.stderr).toContain(`it answers ${spoken} [dlt645.other-edition]`)
  expect(read.stderr).not.toContain('wiring')
})

test('the clock of a 1997 meter is set by the broadcast, without a password', async () => {
  const late = meterOf({ address: '330120000042', offsetMs: -120_000 })
  const tcp = await serve(() => dlt645v1997Face([late]))
  const words = ['clock', '--protocol', 'dlt645-1997', '--address', '330120000042', '--tcp', tcp]
  const offset = ({ stdout }: { stdout: string }) => Number(Object(documents(stdout)[0]).offsetMs)
  expect(offset(await run([...words, '--json']))).toBeLessThan(-100_000)
  const set = await run([...words, '--set', '--yes', '--json'])
  expect(set.exit).toBe(0)
  expect(Math.abs(offset(set))).toBeLessThan(5_000)
})

describe('a DLMS meter with keys', () => {
  const face = dlmsFace([meterOf({ address: '1' })], { ...standardDlms('wrapper', gcm), keys })
  const secured = ['--protocol', 'dlms', '--address', '1', '--access-file', 'keys.yaml', '--json']
  let read: readonly string[] = []

  beforeAll(async () => {
    read = ['read', ...secured, '--tcp', await serve(() => face)]
  })

  test('gives its load profile, in general blocks too', async () => {
    const item = ['--item', '7:1.0.99.1.0.255:2#1-100']
    const usual = await run([...read, '--profile', 'wrapper', ...item])
    const general = await run([...read, '--profile', 'wrapper,gbt', ...item])
    expect([usual.exit, usual.stderr, general.exit, general.stderr]).toEqual([0, '', 0, ''])
    const rows = documents(general.stdout)
    expect(rows).toHaveLength(200)
    const plain = (text: string) =>
      documents(text).map((row) => ({ ...Object(row), roundTripMs: null }))
    expect(plain(general.stdout)).toEqual(plain(usual.stdout))
  })

  test('is never told a counter twice, whatever process asks and when', async () => {
    const ask = async () => {
      const words = [...read, '--profile', 'wrapper', '--item', '1:0.0.43.1.0.255:2']
      const { exit, stdout } = await run(words)
      expect(exit).toBe(0)
      return Number(Object(documents(stdout)[0]).value)
    }
    const told = [await ask(), await ask(), await ask()]
    expect(told).toEqual(told.toSorted((left, right) => left - right))
    expect(new Set(told).size).toBe(3)
  })

  test('is not spoken to where its counter cannot be kept', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hes-field-'))
    await writeFile(join(folder, 'counters'), '')
    const asked = await run([...read, '--profile', 'wrapper', '--item', '1.8.0'], folder)
    expect([asked.exit, asked.stdout]).toEqual([4, ''])
    expect(asked.stderr).toContain('[dlms.counter]')
    const clock = ['clock', ...secured, '--profile', 'wrapper', '--tcp', read.at(-1) ?? '']
    expect((await run(clock, folder)).exit).toBe(4)
    await rm(folder, { recursive: true })
  })
})

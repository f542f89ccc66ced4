import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import {
  type Apdu,
  apdu,
  buildFrame,
  type Dlt698Data,
  dlt698,
  enciphered,
  encodeApdu,
  parseAddress,
  wrapped,
} from '#protocols/dlt698'
import { bytesOf, vector, vectors } from './vectors.ts'

const nothing: Dlt698Data = { type: 'null' }
const sentAt = { year: 2026, month: 11, day: 22, hour: 23, minute: 58, second: 30 }
const behind = bytesOf('05000000000106')
const other = bytesOf('05000000000107')

function frameOf(one: Apdu, address = '000000000001', more = {}): Uint8Array {
  const server = parseAddress(address)
  if (!server) throw new Error(`no address ${address}`)
  return buildFrame({ control: 0x43, server, client: 0x10, data: encodeApdu(one), ...more })
}

const aimAt = (one: Apdu, address?: string) => dlt698.aim?.(frameOf(one, address)) ?? null
const call = (method: string, value: Dlt698Data = nothing) =>
  apdu('ActionRequest', 1, { method, value }, { sentAt, delay: { unit: 'minute', count: 5 } })

const relay: Dlt698Data = { type: 'OAD', bytes: bytesOf('F2050201') }
const relays = (...words: readonly (readonly Dlt698Data[])[]): Dlt698Data => ({
  type: 'array',
  items: words.map((items) => ({ type: 'structure', items: [relay, ...items] })),
})

/** The frame as a journal keeps it. */
function shown(frame: Uint8Array): string {
  const pairs = Array.from(frame, (each) => toHex(Uint8Array.of(each)))
  for (const { from, to } of dlt698.aim?.(frame)?.secrets ?? []) pairs.fill('**', from, to)
  return pairs.join('')
}

describe('an order', () => {
  test.each([
    ['trips the relay', 'trip'],
    ['closes the relay', 'close'],
    ['allows closing', 'allow-close'],
    ['alarm', 'alarm'],
    ['ends the alarm', 'clear-alarm'],
    ['keeps supply', 'protect'],
    ['ends keeping supply', 'unprotect'],
  ])('that %s is told as %s, with the end of its time tag', (name, action) => {
    expect(dlt698.aim?.(bytesOf(vector(name).hex))).toEqual({
      address: '000000000001',
      isGroup: false,
      action,
      expiresAt: { year: 2024, month: 1, day: 2, hour: 3, minute: 9, second: 5 },
      secrets: [],
    })
  })

  test('to several relays, of an unknown word or method is none that is known', () => {
    const two: Dlt698Data[] = [{ type: 'enum', value: 1 }]
    for (const one of [
      call('80008200', relays(two, two)),
      call('80008200', relays([{ type: 'enum', value: 2 }])),
      call('80008200', relays([nothing])),
      call('80008200'),
      call('80008100', relays()),
      call('80008101', relays(two)),
      call('80008400'),
      call('81030600'),
    ]) {
      expect(aimAt(one)).toMatchObject({ action: null, isGroup: false })
    }
  })

  test('without a time tag, or with one that holds for days, has no possible end', () => {
    const body = { method: '80017F00', value: nothing }
    expect(aimAt(apdu('ActionRequest', 1, body))?.expiresAt).toMatchObject({ month: 0 })
    const days = { sentAt, delay: { unit: 'day', count: 1 } } as const
    expect(aimAt(apdu('ActionRequest', 1, body, days))?.expiresAt).toMatchObject({ month: 0 })
  })

  test.each([
    ['second', 45, { day: 22, hour: 23, minute: 59, second: 15 }],
    ['second', 90, { day: 23, hour: 0, minute: 0, second: 0 }],
    ['minute', 2, { day: 23, hour: 0, minute: 0, second: 30 }],
    ['hour', 1, { day: 23, hour: 0, minute: 58, second: 30 }],
  ] as const)('ends %s × %i after it was sent', (unit, count, end) => {
    const tag = { sentAt, delay: { unit, count } }
    const one = apdu('ActionRequest', 1, { method: '80017F00', value: nothing }, tag)
    expect(aimAt(one)?.expiresAt).toMatchObject({ year: 2026, month: 11, ...end })
  })

  test('in an envelope in the plain is seen, an enciphered one is not', () => {
    const proof = { kind: 'random', value: bytesOf('1122334455667788') } as const
    expect(aimAt(wrapped(call('80017F00'), proof))).toMatchObject({ action: 'protect' })
    expect(aimAt(enciphered(bytesOf('AABB'), proof))).toBeNull()
  })
})

describe('whom a frame is for', () => {
  const setting = { object: '40000200', value: nothing }

  test.each(['AA', 'AAAAAAAAAAAA', '0000000000A1', 'group:000000000001'])(
    '%s is more than one device',
    (address) => {
      expect(aimAt(call('80017F00'), address)).toMatchObject({ isGroup: true })
    },
  )

  test('a published order to a group is for a group', () => {
    const frame = bytesOf(vector('trips relay 2 of a group').hex)
    expect(dlt698.aim?.(frame)).toMatchObject({ isGroup: true, action: 'trip' })
  })

  test('an address that calls itself single and holds letters is more than one', () => {
    const server = { kind: 'single', logical: 0, extended: false, digits: 'AA0000000001' } as const
    const frame = buildFrame({
      control: 0x43,
      server,
      client: 1,
      data: encodeApdu(call('80017F00')),
    })
    expect(dlt698.aim?.(frame)).toMatchObject({ isGroup: true })
  })

  test('one device behind is the one that acts; several are a group', () => {
    const item = { method: '80008000', value: nothing }
    const of = (...devices: readonly Uint8Array[]) =>
      apdu('ProxyActionRequestList', 1, {
        timeout: 10,
        devices: devices.map((device) => ({ device, timeout: 0, items: [item] })),
      })
    expect(aimAt(of(behind))).toMatchObject({
      address: '000000000106',
      isGroup: false,
      action: 'clear-alarm',
      expiresAt: { month: 0 },
    })
    expect(aimAt(of(behind, other))).toMatchObject({ isGroup: true, action: null })
    for (const many of ['05AAAAAAAAAAAA', '45000000000106', 'C5000000000106', '0500', '']) {
      expect(aimAt(of(bytesOf(many)))).toMatchObject({ isGroup: true })
    }
    const set = vector('sets something of a meter behind')
    expect(dlt698.aim?.(bytesOf(set.hex))).toMatchObject({ address: '01', isGroup: false })
  })

  test('several things for one device have no aim', () => {
    expect(aimAt(apdu('SetRequestNormalList', 1, { settings: [setting, setting] }))).toBeNull()
    const calls = [
      { method: '80017F00', value: nothing },
      { method: '80008000', value: nothing },
    ]
    expect(aimAt(apdu('ActionRequestList', 1, { calls }))).toBeNull()
    const items = [setting, setting]
    const devices = [{ device: behind, timeout: 0, items }]
    expect(aimAt(apdu('ProxySetRequestList', 1, { timeout: 0, devices }))).toBeNull()
  })

  test('a list of one is as good as a single one', () => {
    const one = apdu('SetRequestNormalList', 1, { settings: [setting] })
    expect(aimAt(one)).toMatchObject({ address: '000000000001', isGroup: false, expiresAt: null })
  })

  test('answers, fragments and broken frames have none', () => {
    for (const { hex, control } of vectors) {
      const frame = bytesOf(hex)
      if ((Number.parseInt(control, 16) & 0xa0) !== 0) expect(dlt698.aim?.(frame)).toBeNull()
      expect(dlt698.aim?.(frame.subarray(0, -1))).toBeNull()
    }
  })
})

describe('what no journal shows', () => {
  test('passwords, also of a scrambled frame behind wake-up bytes, and the check over them', () => {
    const secret = '1357924680ACE0FF'
    const value: Dlt698Data = { type: 'octet-string', bytes: bytesOf(secret) }
    const one = apdu('SetRequestNormal', 1, { object: '44010200', value })
    expect(shown(frameOf(one))).toMatch(/0908(\*\*){8}00(\*\*){2}16$/)
    const scrambled = frameOf(one, '000000000001', { control: 0x4b })
    const awake = Uint8Array.of(0xfe, 0xfe, ...scrambled)
    const sent = toHex((fromHex(secret) ?? new Uint8Array()).map((byte) => byte + 0x33))
    expect(toHex(awake)).toContain(sent)
    expect(shown(awake)).not.toContain(sent)
  })

  test('the proofs of an envelope, of every kind, and keys within', () => {
    const [random, mac] = [bytesOf('A1A2A3A4A5A6A7A8'), bytesOf('C1C2C3C4')]
    const id = { id: 7, attached: bytesOf('B1B2B3B4') }
    const key: Dlt698Data = { type: 'octet-string', bytes: bytesOf('D1D2D3D4D5D6') }
    const inner = call('F1000700', { type: 'structure', items: [key] })
    for (const proof of [
      { kind: 'random', value: random },
      { kind: 'randomMac', value: { random, mac } },
      { kind: 'sid', value: id },
      { kind: 'sidMac', value: { sid: id, mac } },
    ] as const) {
      const text = shown(frameOf(wrapped(inner, proof)))
      for (const secret of ['A1A2A3A4', 'C1C2C3C4', 'B1B2B3B4', 'D1D2D3D4D5D6']) {
        expect(text).not.toContain(secret)
      }
    }
  })

  test('the password of a connection', () => {
    const connects = vectors.filter(({ service }) => service === 'CONNECT-Request')
    const withPassword = connects.filter(({ hex }) => dlt698.aim?.(bytesOf(hex))?.secrets.length)
    expect(withPassword.length).toBeGreaterThan(0)
  })
})

import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  buildFrame,
  type Dlt645Order,
  type Dlt645Response,
  dlt645,
  encodeDone,
  encodeRefusal,
  parseFrame,
  requestOf,
} from '#protocols/dlt645'
import type { MeterProfile, MeterTime, RelayAction } from '#protocols/model'
import { bytesOf, vectors } from './vectors.ts'

const address = '000012345678'
const access = { password: '02112233', operator: '12345678' }
const meter: MeterProfile = { address, profile: null, access }
const six: MeterTime = { year: 2026, month: 11, day: 22, hour: 18, minute: 0, second: 0 }

const hexDigits = (pairs: number) =>
  fc.uint8Array({ minLength: pairs, maxLength: pairs }).map((bytes) => toHex(bytes))
const accesses = fc.record({ password: hexDigits(4), operator: hexDigits(4) })
const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 })
const byte = fc.integer({ min: 0, max: 255 })
const times = fc
  .date({
    min: new Date('2000-01-01T00:00:00Z'),
    max: new Date('2099-12-31T23:59:59Z'),
    noInvalidDate: true,
  })
  .map(
    (date): MeterTime => ({
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    }),
  )

const orders: fc.Arbitrary<Dlt645Order> = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    address: hexDigits(6),
    access: accesses,
    dataId: hexDigits(4),
    data: bytes,
  }),
  fc.record({
    kind: fc.constant('write-address' as const),
    address: hexDigits(6),
    newAddress: hexDigits(6),
  }),
  fc.record({ kind: fc.constant('freeze' as const), address: hexDigits(6), when: hexDigits(4) }),
  fc.record({
    kind: fc.constant('change-baud' as const),
    address: hexDigits(6),
    baud: fc.constantFrom(600, 1_200, 2_400, 4_800, 9_600, 19_200),
  }),
  fc.record({
    kind: fc.constant('change-password' as const),
    address: hexDigits(6),
    dataId: hexDigits(4),
    password: hexDigits(4),
    newPassword: hexDigits(4),
  }),
  fc.record({
    kind: fc.constantFrom('clear-demand' as const, 'clear-meter' as const),
    address: hexDigits(6),
    access: accesses,
  }),
  fc.record({
    kind: fc.constant('clear-events' as const),
    address: hexDigits(6),
    access: accesses,
    events: hexDigits(4),
  }),
  fc.record({
    kind: fc.constant('control' as const),
    address: hexDigits(6),
    access: accesses,
    command: byte,
    reserved: byte,
    expiresAt: fc.option(times),
  }),
  fc.record({ kind: fc.constant('output' as const), address: hexDigits(6), output: byte }),
  fc.record({
    kind: fc.constant('authenticate' as const),
    address: hexDigits(6),
    dataId: hexDigits(4),
    operator: hexDigits(4),
    data: bytes,
  }),
)

test('every order comes back from its frame', () => {
  fc.assert(
    fc.property(orders, (order) => {
      const parsed = parseFrame(dlt645.encode(order))
      expect(parsed.ok && requestOf(parsed.frame)).toEqual(order)
    }),
  )
})

test('a meter that obeys answers its order and no other', () => {
  fc.assert(
    fc.property(orders, orders, (order, other) => {
      const parsed = parseFrame(dlt645.encode(order))
      if (!parsed.ok) throw new Error('not built')
      const echoes = ['authenticate', 'change-baud', 'output'].includes(order.kind)
      const data = echoes ? parsed.frame.data : new Uint8Array(0)
      const done = parseFrame(encodeDone(parsed.frame, order.address, data))
      const refused = parseFrame(encodeRefusal(parsed.frame, order.address, 4))
      if (!done.ok || !refused.ok) throw new Error('not built')
      expect(dlt645.answers(order, done.frame)).toBe(true)
      expect(dlt645.answers(order, refused.frame)).toBe(true)
      if (other.kind !== order.kind) expect(dlt645.answers(other, done.frame)).toBe(false)
      expect(dlt645.follow(order, done.frame)).toBeNull()
      const isBroadcast = order.address === '999999999999'
      expect(dlt645.expectsAnswer(order)).toBe(!isBroadcast)
    }),
  )
})

describe('an answer that repeats something', () => {
  const reply = (control: number, data: string): Dlt645Response => ({
    address,
    control,
    data: bytesOf(data),
  })

  it('must repeat what was ordered', () => {
    const baud: Dlt645Order = { kind: 'change-baud', address, baud: 9_600 }
    expect(dlt645.answers(baud, reply(0x97, '20'))).toBe(true)
    expect(dlt645.answers(baud, reply(0x97, '08'))).toBe(false)
    expect(dlt645.answers(baud, reply(0x97, ''))).toBe(false)
    const output: Dlt645Order = { kind: 'output', address, output: 1 }
    expect(dlt645.answers(output, reply(0x9d, '01'))).toBe(true)
    expect(dlt645.answers(output, reply(0x9d, '02'))).toBe(false)
    expect(dlt645.answers(output, reply(0x9d, '0101'))).toBe(false)
  })

  it('of a relay order gives the word of what was done, where there is one', () => {
    const [order] = dlt645.order?.({ action: 'trip', expiresAt: six }, meter).requests ?? []
    if (!order) throw new Error('no order')
    expect(dlt645.readings(order, [reply(0x9c, '')])).toEqual({ ok: true, readings: [] })
    expect(dlt645.readings(order, [reply(0x9c, '0800')])).toMatchObject({
      ok: true,
      readings: [
        {
          dataId: '1C',
          name: 'Order executed: trip delayed, not yet open',
          value: { text: '0008' },
        },
      ],
    })
    const write: Dlt645Order = { kind: 'freeze', address, when: '99999999' }
    expect(dlt645.readings(write, [reply(0x96, '')])).toEqual({ ok: true, readings: [] })
  })
})

test.for([
  ['0100', 'suspended'],
  ['0200', 'mac'],
  ['0400', 'unauthorised'],
  ['0800', 'authentication-expired'],
  ['1000', 'expired'],
  ['2000', 'power-kept'],
  ['4000', 'return-power-kept'],
  ['8000', 'return-time'],
  ['0001', 'return-tripped'],
] as const)('the word %s of a refused relay order is %s', ([word, code]) => {
  const frame = buildFrame({ address, control: 0xdc, data: bytesOf(word) })
  expect(dlt645.decode(frame)).toMatchObject({ refusal: { code: `dlt645.control-${code}` } })
})

describe('a relay order', () => {
  const frameOf = (action: RelayAction, to: MeterProfile = meter) => {
    const plan = dlt645.order?.({ action, expiresAt: six }, to)
    const [request] = plan?.requests ?? []
    return request ? toHex(dlt645.encode(request)) : (plan?.unsupported ?? null)
  }

  it.for([
    ['trip', 'trips'],
    ['allow-close', 'permits closing'],
    ['close', 'closes'],
    ['alarm', 'gives alarm'],
    ['clear-alarm', 'ends the alarm'],
    ['protect', 'keeps power'],
    ['unprotect', 'ends keeping power'],
  ] as const)('%s is the frame that %s until six in the evening', ([action, name]) => {
    const vector = vectors.find((each) => each.name === `${name} until six in the evening`)
    expect(frameOf(action)).toBe(vector?.hex)
    expect(dlt645.effect(bytesOf(vector?.hex ?? ''))).toBe(action === 'trip' ? 'trip' : 'relay')
  })

  it('is not planned without a password, nor for more than one meter', () => {
    expect(frameOf('trip', { address, profile: null })).toEqual(['trip'])
    expect(frameOf('trip', { ...meter, access: {} })).toEqual(['trip'])
    expect(frameOf('trip', { ...meter, access: { password: '123' } })).toEqual(['trip'])
    expect(frameOf('trip', { ...meter, access: { ...access, operator: 'me' } })).toEqual(['trip'])
    for (const many of ['AAAAAAAAAAAA', '999999999999', '0000123456AA']) {
      expect(frameOf('close', { ...meter, address: many })).toEqual(['close'])
    }
  })

  it('names nobody where no operator is given', () => {
    const nobody = { ...meter, access: { password: '02112233' } }
    const plan = dlt645.order?.({ action: 'trip', expiresAt: six }, nobody)
    expect(plan?.requests).toMatchObject([{ access: { operator: '00000000' } }])
  })
})

describe('the clock', () => {
  const time = { year: 2026, month: 11, day: 22, hour: 22, minute: 30, second: 5 }

  it('is set as one item, a Sunday being 0', () => {
    const request = dlt645.setClock?.(time, meter)
    const vector = vectors.find(({ name }) => name === 'sets date and time as one item')
    expect(request && toHex(dlt645.encode(request))).toBe(vector?.hex)
    expect(dlt645.effect(bytesOf(vector?.hex ?? ''))).toBe('clock')
  })

  it('is set by halves where a meter knows no better, the date first', () => {
    const first = dlt645.setClock?.(time, { ...meter, profile: 'split-clock' })
    if (!first) throw new Error('no write')
    const hexOf = (wanted: string) => vectors.find(({ name }) => name === wanted)?.hex
    expect(toHex(dlt645.encode(first))).toBe(hexOf('sets the date'))
    const done = { address, control: 0x94, data: new Uint8Array(0) }
    const second = dlt645.follow(first, done)
    expect(second && toHex(dlt645.encode(second))).toBe(hexOf('sets the time'))
    expect(second && dlt645.follow(second, done)).toBeNull()
    expect(dlt645.follow(first, { ...done, control: 0xd4, data: bytesOf('02') })).toBeNull()
  })

  it('cannot be set without a password, nor of more than one meter', () => {
    expect(dlt645.setClock?.(time, { address, profile: null })).toBeNull()
    expect(dlt645.setClock?.(time, { ...meter, address: 'AAAAAAAAAAAA' })).toBeNull()
  })
})

test('a baud rate without a feature byte is a bug of ours', () => {
  const order: Dlt645Order = { kind: 'change-baud', address, baud: 1_234 }
  expect(() => dlt645.encode(order)).toThrow('1234 Bd')
})

test('no description of an order shows its password, its operator or a cipher text', () => {
  fc.assert(
    fc.property(accesses, ({ password, operator }) => {
      const secret = { password: `02${password.slice(2)}`, operator }
      const shown = (order: Dlt645Order) => {
        const { parts, extras } = dlt645.describe(dlt645.encode(order))
        return JSON.stringify([parts.map(({ text }) => text), extras])
      }
      const control: Dlt645Order = {
        kind: 'control',
        address,
        access: secret,
        command: 0x1a,
        reserved: 0,
        expiresAt: six,
      }
      const masked = /02\*{14}/
      expect(shown(control)).toMatch(masked)
      expect(shown({ kind: 'clear-meter', address, access: secret })).toMatch(masked)
      expect(shown({ kind: 'clear-events', address, access: secret, events: 'FFFFFFFF' })).toMatch(
        masked,
      )
      const cipher = bytesOf('11'.repeat(24))
      const dataId = '070000FF'
      const text = shown({ kind: 'authenticate', address, dataId, operator, data: cipher })
      expect(text).toContain(`FF000007${'*'.repeat(56)}`)
    }),
  )
})

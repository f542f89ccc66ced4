import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import {
  type Apdu,
  apdu,
  buildFrame,
  dlt698,
  enciphered,
  encodeApdu,
  opened,
  parseAddress,
  plainTrip,
  relayAction,
  wrapped,
} from '#protocols/dlt698'
import type { MeterProfile, RelayAction } from '#protocols/model'
import { bytesOf, vector, vectors } from './vectors.ts'

const meter: MeterProfile = { address: '000000000001', profile: null }
const expiresAt = { year: 2024, month: 1, day: 2, hour: 3, minute: 9, second: 5 }

function order(action: RelayAction) {
  const plan = dlt698.order?.({ action, expiresAt }, meter)
  const [request] = plan?.requests ?? []
  if (request?.kind !== 'apdu') throw new Error('no order')
  return request
}

/** The same APDU under another number, as the vectors have it. */
function numbered(action: RelayAction, piid: number): string {
  const request = order(action)
  return toHex(dlt698.encode({ ...request, apdu: { ...request.apdu, piid } }))
}

describe('an order is what others send', () => {
  test.each([
    ['trip', 62, 'trips the relay', 'trip'],
    ['close', 63, 'closes the relay', 'relay'],
    ['allow-close', 46, 'allows closing', 'relay'],
    ['alarm', 62, 'alarm', 'relay'],
    ['clear-alarm', 62, 'ends the alarm', 'relay'],
    ['protect', 63, 'keeps supply', 'relay'],
    ['unprotect', 63, 'ends keeping supply', 'relay'],
  ] as const)('%s', (action, piid, name, effect) => {
    // The published ones were sent at 03:04:05 and may take five minutes: they end at 03:09:05.
    const published = vector(name)
    expect(numbered(action, piid)).toBe(published.hex)
    expect(dlt698.effect(bytesOf(published.hex))).toBe(effect)
  })

  test('with settings of its own: relay 2 of a group, after a minute, closing by itself', () => {
    const settings = { ...plainTrip, relay: 'F2050202', alarmMinutes: 1, closesItself: true }
    const until = { year: 2018, month: 9, day: 11, hour: 10, minute: 24, second: 21 }
    const action = relayAction({ action: 'trip', expiresAt: until }, settings, 59)
    const server = parseAddress('group:000000000001')
    if (!server) throw new Error('no address')
    const frame = buildFrame({ control: 0x43, server, client: 0x10, data: encodeApdu(action) })
    const published = vector('trips relay 2 of a group').hex
    // The other bench allows a second where five minutes stand here.
    expect(toHex(frame).slice(0, 72)).toBe(published.slice(0, 72))
  })

  test('in a security envelope, and unknown to the gate once enciphered', () => {
    const mac = Uint8Array.of(1, 2, 3, 4)
    const sid = { id: 0x811c8310, attached: Uint8Array.of(0, 0x24) }
    const proof = { kind: 'sidMac', value: { sid, mac } } as const
    const { apdu: action, ...request } = order('trip')
    const envelope = wrapped(action, proof)
    expect(opened(envelope)).toEqual({ ok: true, apdu: action })
    const frame = dlt698.encode({ ...request, apdu: envelope })
    expect(dlt698.effect(frame)).toBe('trip')
    expect(dlt698.describe(frame).extras.security).toEqual({
      mode: 'plain',
      sid: 0x811c8310,
      attached: '0024',
      mac: '01020304',
    })
    const cipher = enciphered(Uint8Array.of(9, 9), proof)
    expect(opened(cipher)).toBe(null)
    expect(dlt698.effect(dlt698.encode({ ...request, apdu: cipher }))).toBe('unknown')
  })
})

describe('a clock', () => {
  const time = { year: 2017, month: 6, day: 5, hour: 10, minute: 24, second: 12 }

  test('is set at one device', () => {
    const request = dlt698.setClock?.(time, meter)
    if (!request) throw new Error('no request')
    expect(dlt698.expectsAnswer(request)).toBe(true)
    expect(dlt698.effect(dlt698.encode(request))).toBe('clock')
  })

  test('is told to all, as published, and nobody answers', () => {
    const all = { address: 'AA', profile: null, access: { client: 0 } }
    const request = dlt698.setClock?.(time, all)
    if (request?.kind !== 'apdu') throw new Error('no request')
    const same = { ...request, apdu: { ...request.apdu, piid: 0 } }
    expect(toHex(dlt698.encode(same))).toBe(vector('broadcasts the time').hex)
    expect(dlt698.expectsAnswer(same)).toBe(false)
  })
})

describe('the worst part of a frame counts', () => {
  const send = (body: Apdu) =>
    dlt698.effect(dlt698.encode({ kind: 'apdu', address: meter.address, client: 16, apdu: body }))
  const value = { type: 'null' } as const

  test('of lists, and of what is passed on to devices behind', () => {
    const calls = [
      { method: '40007F00', value },
      { method: '80008100', value },
    ]
    expect(send(apdu('ActionRequestList', 1, { calls }))).toBe('trip')
    const settings = [
      { object: '41000200', value },
      { object: '40000200', value },
    ]
    expect(send(apdu('SetRequestNormalList', 1, { settings }))).toBe('clock')
    const device = Uint8Array.of(5, 0, 0, 0, 0, 0, 1)
    const behind = { timeout: 60, devices: [{ device, timeout: 30, items: calls }] }
    expect(send(apdu('ProxyActionRequestList', 1, behind))).toBe('trip')
    const later = calls.map((call) => ({ ...call, read: '40000200', delay: 1 }))
    expect(send(apdu('ActionThenGetRequestNormalList', 1, { calls: later }))).toBe('trip')
  })

  test.each([
    ['40010200', 'address'],
    ['40180200', 'price'],
    ['44010200', 'key'],
    ['45000200', 'address'],
    ['81000200', 'load-limit'],
    ['F1010200', 'key'],
    ['F2050200', 'relay'],
    ['30110600', 'write'],
    ['00100200', 'unknown'],
    ['F0010400', 'unknown'],
    ['99990200', 'unknown'],
  ])('a write to %s is %s', (object, effect) => {
    expect(send(apdu('SetRequestNormal', 1, { object, value }))).toBe(effect)
  })

  test.each([
    ['43000100', 'mode'],
    ['43000300', 'clear'],
    ['10100100', 'clear'],
    ['50020700', 'clear'],
    ['80008000', 'relay'],
    ['80018000', 'relay'],
    ['81060600', 'trip'],
    ['81030700', 'load-limit'],
    ['81070400', 'price'],
    ['F1000700', 'key'],
    ['F0010700', 'firmware'],
    ['F0010800', 'firmware'],
    ['F0010900', 'unknown'],
    ['80009900', 'unknown'],
  ])('a call of %s is %s', (method, effect) => {
    expect(send(apdu('ActionRequest', 1, { method, value }))).toBe(effect)
  })

  test('empty lists, fragments, answers of servers and other bytes are unknown', () => {
    expect(send(apdu('ActionRequestList', 1, { calls: [] }))).toBe('unknown')
    expect(dlt698.effect(bytesOf(vector('first fragment').hex))).toBe('unknown')
    expect(dlt698.effect(bytesOf(vector('active import, total').hex))).toBe('unknown')
    expect(dlt698.effect(fromHex('6812') ?? new Uint8Array())).toBe('unknown')
    const twice = vector('reads active import, total').hex.repeat(2)
    expect(dlt698.effect(bytesOf(twice))).toBe('unknown')
  })

  test('wake-up bytes change nothing', () => {
    expect(dlt698.effect(bytesOf(`FEFEFEFE${vector('trips the relay').hex}`))).toBe('trip')
    expect(dlt698.effect(bytesOf('FEFE'))).toBe('unknown')
  })
})

test('what is passed on to a device behind is handed out whole', () => {
  const carried = dlt698.carried?.(bytesOf(vector('passes a DL/T 645 read on').hex)) ?? []
  expect(carried.map(toHex)).toEqual(['6861010000000068110A34394339343337453B56AA16'])
  for (const { hex, service } of vectors) {
    if (service === 'ProxyTransCommandRequest') continue
    expect(dlt698.carried?.(bytesOf(hex))).toEqual([])
  }
})

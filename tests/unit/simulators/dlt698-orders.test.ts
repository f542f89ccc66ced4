import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import {
  apdu,
  dlt698,
  encodeApdu,
  opened,
  parseFrame,
  plainTrip,
  relayAction,
  wrapped,
} from '#protocols/dlt698'
import { dlt645Face, toySecurity } from '#simulators/faces'
import {
  address,
  ask,
  exchange,
  fieldOf,
  order,
  past,
  profile,
  read,
  soon,
  valueOfItem,
} from './dlt698-field.ts'
import { DAY_MS, meterOf, NOON_MS } from './field.ts'

describe('orders to a DL/T 698.45 meter', () => {
  it('move the relay, and are seen in both places that tell it', () => {
    const { meter, device } = fieldOf()
    const state = (nowMs: number) => [
      valueOfItem(read(device, ['0.0.96.3.10'], nowMs), '0.0.96.3.10'),
      valueOfItem(read(device, ['F2050201'], nowMs), '0.0.96.3.10'),
    ]
    expect(state(NOON_MS)).toEqual(['closed', 'closed'])
    expect(order(device, 'trip').kind).toBe('readings')
    expect(state(NOON_MS + 10_000)).toEqual(['open', 'open'])
    expect(order(device, 'close').kind).toBe('readings')
    expect(state(NOON_MS + 20_000)).toEqual(['closed', 'closed'])
    expect(meter.isClosedAt(NOON_MS + 20_000)).toBe(true)
  })

  it('are refused under kept supply, and obeyed after it', () => {
    const { device } = fieldOf()
    expect(order(device, 'protect').kind).toBe('readings')
    expect(order(device, 'trip')).toEqual({ kind: 'refusal', code: 'dlt698.denied' })
    expect(order(device, 'unprotect').kind).toBe('readings')
    expect(order(device, 'trip').kind).toBe('readings')
    expect(order(device, 'allow-close').kind).toBe('readings')
    for (const action of ['alarm', 'clear-alarm'] as const) {
      expect(order(device, action).kind).toBe('readings')
    }
  })

  it('are too late behind their time tag', () => {
    const { meter, device } = fieldOf()
    expect(order(device, 'trip', past)).toEqual({ kind: 'refusal', code: 'dlt698.time-tag' })
    expect(meter.isClosedAt(NOON_MS)).toBe(true)
  })

  it('trip for a time and close again', () => {
    const { meter, device } = fieldOf()
    const settings = { ...plainTrip, limitMinutes: 10, closesItself: true }
    ask(device, relayAction({ action: 'trip', expiresAt: soon }, settings, 1))
    expect(meter.isClosedAt(NOON_MS + 60_000)).toBe(false)
    expect(meter.isClosedAt(NOON_MS + 660_000)).toBe(true)
  })

  it('need a proof where the device has a security chip', () => {
    const security = toySecurity('00112233')
    const { meter, device } = fieldOf({ security })
    expect(order(device, 'trip')).toEqual({ kind: 'refusal', code: 'dlt698.security-mismatch' })
    const trip = relayAction({ action: 'trip', expiresAt: soon }, plainTrip, 1)
    const sid = { id: 1, attached: Uint8Array.of(0, 0x24) }
    const right = security.prove(encodeApdu(trip), null)
    const sealed = (mac: Uint8Array) => wrapped(trip, { kind: 'sidMac', value: { sid, mac } })
    expect(ask(device, sealed(Uint8Array.of(1, 2, 3, 4))).kind).toBe('refusal')
    expect(meter.isClosedAt(NOON_MS)).toBe(true)
    expect(ask(device, sealed(right)).kind).toBe('readings')
    expect(meter.isClosedAt(NOON_MS + 1)).toBe(false)
  })

  it('prove what they answer to a challenge', () => {
    const security = toySecurity('00112233')
    const { device } = fieldOf({ security })
    const random = new Uint8Array(16).fill(7)
    const get = apdu('GetRequestNormal', 1, { object: '40010200' })
    const request = wrapped(get, { kind: 'random', value: random })
    const frame = dlt698.encode({ kind: 'apdu', address, client: 16, apdu: request })
    const [answer] = device.receive(frame, NOON_MS)
    const told = dlt698.describe(answer ?? new Uint8Array())
    const parsed = parseFrame(answer ?? new Uint8Array())
    if (!parsed.ok) throw new Error('no frame')
    const inner = parsed.frame.data.subarray(3, -7)
    expect(told.extras.security).toEqual({
      mode: 'plain',
      mac: toHex(security.prove(inner, random)),
    })
    expect(opened(request)).toEqual({ ok: true, apdu: get })
  })

  it('set the clock, alone and by a broadcast that moves it little', () => {
    const { meter, device } = fieldOf()
    const request = dlt698.setClock?.({ ...soon, minute: 30 }, profile)
    if (!request) throw new Error('no request')
    expect(exchange(device, request).kind).toBe('readings')
    expect(meter.clock.wallAt(NOON_MS)).toMatchObject({ hour: 11, minute: 30 })
    const next = NOON_MS + DAY_MS
    const wall = { ...meter.clock.wallAt(next), second: 40 }
    const all = dlt698.setClock?.(wall, { address: 'AA', profile: null })
    expect(device.receive(dlt698.encode(all ?? request), next)).toEqual([])
    expect(meter.clock.wallAt(next).second).toBe(40)
  })

  it('write, act and read in one go, and clear', () => {
    const { device } = fieldOf()
    const value = { type: 'null' } as const
    const call = { method: '43000600', value, read: '40010200', delay: 0 }
    const both = ask(device, apdu('ActionThenGetRequestNormalList', 1, { calls: [call] }))
    expect(both.kind === 'readings' && both.readings).toHaveLength(1)
    const setting = { object: '40010200', value, read: '40010200', delay: 0 }
    const denied = apdu('SetThenGetRequestNormalList', 1, { settings: [setting] })
    expect(ask(device, denied)).toEqual({ kind: 'refusal', code: 'dlt698.denied' })
    const unknown = apdu('ActionRequestList', 1, { calls: [{ method: '99990100', value }] })
    expect(ask(device, unknown)).toEqual({ kind: 'refusal', code: 'dlt698.undefined-object' })
    const wrong = apdu('SetRequestNormalList', 1, { settings: [{ object: '40000200', value }] })
    expect(ask(device, wrong)).toEqual({ kind: 'refusal', code: 'dlt698.type' })
  })
})

describe('a DL/T 698.45 terminal', () => {
  const inner = meterOf({ seed: 5, address: '330120000041' })

  it('says when it comes, lives and goes, and takes the answers in silence', () => {
    const { device } = fieldOf({ heartbeatSeconds: 60 })
    for (const kind of ['login', 'heartbeat', 'logout'] as const) {
      const said = dlt698.unasked?.(device[kind](NOON_MS), soon)
      expect(said).toMatchObject({ kind, address })
      expect(device.receive(said?.answer ?? new Uint8Array(), NOON_MS)).toEqual([])
    }
  })

  it('passes DL/T 645 on to the meters behind it', () => {
    const { device } = fieldOf({ port: dlt645Face([inner]) })
    const [request] = dlt645.plan(['1.8.0'], { address: '330120000041', profile: null }).requests
    if (!request) throw new Error('no request')
    const forward = (message: Uint8Array) =>
      ask(
        device,
        apdu('ProxyTransCommandRequest', 1, {
          port: 'F2010201',
          settings: { baud: 3, parity: 2, dataBits: 8, stopBits: 1, flow: 0 },
          answerTimeout: 10,
          byteTimeout: 100,
          message,
        }),
      )
    const got = forward(dlt645.encode(request))
    const answer = got.kind === 'readings' ? got.parts[0]?.apdu : null
    if (answer?.service !== 'ProxyTransCommandResponse') throw new Error('no answer')
    const { result } = answer.body
    const [frame] = result.kind === 'message' ? dlt645.scanner().push(result.value) : []
    expect(dlt645.decode(frame ?? new Uint8Array()).kind).toBe('answer')
    expect(forward(Uint8Array.of(1))).toEqual({ kind: 'refusal', code: 'dlt698.timeout' })
  })

  it('reads, writes and acts at the meters behind it', () => {
    const { device } = fieldOf({ behind: [inner] })
    const tsa = (digits: string) => fromHex(`05${digits}`) ?? new Uint8Array()
    const known = tsa('330120000041')
    const unknown = tsa('330120000099')
    const to = <T>(device: Uint8Array, items: readonly T[]) => ({
      timeout: 60,
      devices: [{ device, timeout: 30, items }],
    })
    const got = ask(device, apdu('ProxyGetRequestList', 1, to(known, ['00100201'])))
    const total = (inner.registersAt(NOON_MS, 10_000).import.total / 100).toFixed(2)
    expect(got.kind === 'readings' && valueOfItem(got.readings, '1.8.0')).toBe(total)
    const silent = ask(device, apdu('ProxyGetRequestList', 1, to(unknown, ['00100201'])))
    expect(silent).toEqual({ kind: 'refusal', code: 'dlt698.timeout' })
    const record = {
      timeout: 60,
      device: known,
      object: '50040200',
      rows: { kind: 'nthLast', value: 1 },
      columns: [
        { oad: '20210200', related: null },
        { oad: '00100201', related: null },
      ],
    } as const
    const frozen = ask(device, apdu('ProxyGetRequestRecord', 1, record))
    expect(frozen.kind === 'readings' && frozen.readings[0]?.dataClass).toBe('daily')
    const protect = { method: '80017F00', value: { type: 'null' } } as const
    expect(ask(device, apdu('ProxyActionRequestList', 1, to(known, [protect]))).kind).toBe(
      'readings',
    )
    expect(inner.supply.relay.isKept).toBe(true)
    const set = { object: '40010200', value: { type: 'null' } } as const
    expect(ask(device, apdu('ProxySetRequestList', 1, to(known, [set])))).toEqual({
      kind: 'refusal',
      code: 'dlt698.denied',
    })
  })
})

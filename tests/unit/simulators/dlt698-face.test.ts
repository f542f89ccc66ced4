import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import {
  type Apdu,
  apdu,
  type Dlt698Request,
  type Dlt698Response,
  dlt698,
  encodeApdu,
  opened,
  parseFrame,
  plainTrip,
  relayAction,
  wrapped,
} from '#protocols/dlt698'
import {
  type MeterProfile,
  meterTimeText,
  type Reading,
  type RelayAction,
  valueText,
} from '#protocols/model'
import {
  type Dlt698FaceOptions,
  dlt645Face,
  dlt698Face,
  standardDlt698,
  toySecurity,
} from '#simulators/faces'
import { DAY_MS, meterOf, NOON_MS } from './field.ts'

const profile: MeterProfile = { address: '330120000042', profile: null }
const address = profile.address
/** A moment later on the wall of the site, and one long gone. */
const soon = { year: 2026, month: 11, day: 22, hour: 11, minute: 10, second: 0 }
const past = { ...soon, hour: 10 }

function fieldOf(options: Partial<Dlt698FaceOptions> = {}) {
  const meter = meterOf()
  return { meter, device: dlt698Face(meter, { ...standardDlt698, ...options }) }
}

type Device = ReturnType<typeof fieldOf>['device']

/** Exchanges as a head-end does, to the last block or fragment. */
function exchange(device: Device, first: Dlt698Request, nowMs = NOON_MS) {
  const parts: Dlt698Response[] = []
  for (let request: Dlt698Request | null = first; request; ) {
    const [frame] = device.receive(dlt698.encode(request), nowMs)
    if (!frame) return { kind: 'silence', parts } as const
    const decoded = dlt698.decode(frame)
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    expect(dlt698.answers(request, decoded.response)).toBe(true)
    if (decoded.kind === 'refusal') return { kind: 'refusal', code: decoded.refusal.code } as const
    parts.push(decoded.response)
    request = dlt698.follow(request, decoded.response)
  }
  const read = dlt698.readings(first, parts)
  if (!read.ok) throw new Error(read.malformed.message)
  return { kind: 'readings', readings: read.readings, parts } as const
}

function read(device: Device, items: readonly string[], nowMs = NOON_MS): readonly Reading[] {
  const { requests, unsupported } = dlt698.plan(items, profile)
  expect(unsupported).toEqual([])
  return requests.flatMap((request) => {
    const got = exchange(device, request, nowMs)
    if (got.kind !== 'readings') throw new Error(JSON.stringify(got))
    return got.readings
  })
}

function valueOfItem(readings: readonly Reading[], item: string): string | null {
  const found = readings.find((reading) => reading.item === item)
  return found ? valueText(found.value) : null
}

function ask(device: Device, body: Apdu, nowMs = NOON_MS) {
  return exchange(device, { kind: 'apdu', address, client: 0x10, apdu: body }, nowMs)
}

function order(device: Device, action: RelayAction, expiresAt = soon) {
  const [request] = dlt698.order?.({ action, expiresAt }, profile).requests ?? []
  if (!request) throw new Error('no order')
  return exchange(device, request)
}

describe('a DL/T 698.45 meter', () => {
  it('shows the registers and the moment of its physics', () => {
    const { meter, device } = fieldOf()
    const readings = read(device, [
      '1.8.0',
      '1.8.1',
      '2.8.0',
      '16.7.0',
      '32.7.0',
      '52.7.0',
      '14.7.0',
    ])
    const registers = meter.registersAt(NOON_MS, 10_000)
    expect(valueOfItem(readings, '1.8.0')).toBe((registers.import.total / 100).toFixed(2))
    const now = meter.momentaryAt(NOON_MS)
    expect(valueOfItem(readings, '16.7.0')).toBe((now.totalActiveDeciW / 10_000).toFixed(4))
    expect(valueOfItem(readings, '52.7.0')).toBe(((now.voltageDeciV[1] ?? 0) / 10).toFixed(1))
  })

  it('answers every code that the protocol reads but those of a purse', () => {
    const { device } = fieldOf()
    const codes = [
      '15.8.0',
      '3.8.0',
      '8.8.0',
      '9.8.0',
      '61.8.0',
      '22.8.0',
      '1.6.0',
      '1.6.2',
      '2.6.0',
    ]
    const more = [
      '3.6.0',
      '91.7.0',
      '81.7.40',
      '13.7.0',
      '151.7.0',
      '69.7.0',
      '32.7.124',
      '31.7.124',
    ]
    const rest = [
      '1.4.0',
      '3.4.0',
      '9.4.0',
      '0.0.96.9.0',
      '0.0.96.6.3',
      '0.0.96.5.3',
      '0.4.2',
      '0.4.3',
    ]
    const texts = ['0.0.96.1.0', '0.0.96.1.1', '0.0.96.1.2', '0.0.96.3.10', '0.0.1.0.0', '0.9.1']
    const all = [...codes, ...more, ...rest, ...texts]
    const found = new Set(read(device, all).map(({ item }) => item))
    expect(all.filter((code) => !found.has(code as never))).toEqual([])
  })

  it('says no to what it does not have, and to an index out of range', () => {
    const { device } = fieldOf()
    const get = (object: string) => ask(device, apdu('GetRequestNormal', 1, { object }))
    expect(get('202C0200')).toEqual({ kind: 'refusal', code: 'dlt698.undefined-object' })
    expect(get('00100209')).toEqual({ kind: 'refusal', code: 'dlt698.range' })
    expect(ask(device, apdu('GetRequestMD5', 1, { object: '40010200' })).kind).toBe('refusal')
  })

  it('is silent to others, to broadcasts, to other senders, and to noise', () => {
    const { device } = fieldOf()
    const get = apdu('GetRequestNormal', 1, { object: '00100200' })
    const to = (other: string) =>
      device.receive(
        dlt698.encode({ kind: 'apdu', address: other, client: 16, apdu: get }),
        NOON_MS,
      )
    expect(to('330120000041')).toEqual([])
    expect(to('AA')).toEqual([])
    const [answer] = to('AAAAAAAAAAAA')
    expect(dlt698.describe(answer ?? new Uint8Array()).address).toBe(address)
    expect(device.receive(answer ?? new Uint8Array(), NOON_MS)).toEqual([])
    expect(device.receive(fromHex('6817004305') ?? new Uint8Array(), NOON_MS)).toEqual([])
    device.reset()
    expect(to(address)).toHaveLength(1)
  })

  it('sends long lists in blocks and long answers in fragments', () => {
    const items = ['1.8.0', '2.8.0', '3.8.0', '4.8.0', '5.8.0', '6.8.0'].map((code) => `${code}`)
    const whole = read(fieldOf().device, items)
    const { device } = fieldOf({ apduBytesMax: 60 })
    expect(read(device, items)).toEqual(whole)
    const fragments = fieldOf({ frameDataMax: 20 }).device
    expect(read(fragments, items)).toEqual(whole)
    const next = ask(device, apdu('GetRequestNext', 1, { block: 7 }))
    expect(next.kind).toBe('refusal')
  })

  it('connects who asks for nothing, and releases', () => {
    const { device } = fieldOf()
    const abilities = {
      version: 16,
      services: new Uint8Array(8).fill(255),
      functions: new Uint8Array(16).fill(255),
      sendMax: 1024,
      receiveMax: 1024,
      window: 1,
      apduMax: 1024,
      timeout: 100,
    }
    const open = { ...abilities, mechanism: { kind: 'none', value: null } } as const
    expect(ask(device, apdu('CONNECT-Request', 1, open)).kind).toBe('readings')
    const secret = { kind: 'password', value: Uint8Array.of(1) } as const
    const closed = apdu('CONNECT-Request', 1, { ...abilities, mechanism: secret })
    expect(ask(device, closed).kind).toBe('refusal')
    expect(ask(device, apdu('RELEASE-Request', 1, null)).kind).toBe('readings')
  })
})

describe('records of a DL/T 698.45 meter', () => {
  it('are daily freezes with their times, the latest first', () => {
    const { meter, device } = fieldOf()
    const readings = read(device, ['50040200:2/1.8.0'])
    const days = [1, 2].map((nth) => meter.dailyFreeze(nth, NOON_MS))
    expect(readings.map(({ dataClass, at }) => [dataClass, at])).toEqual(
      days.map((day) => ['daily', { kind: 'wall', time: day?.wall }]),
    )
    const totals = days.map((day) => meter.registersAt(day?.ms ?? 0, 10_000).import.total)
    expect(readings.map(({ value }) => valueText(value))).toEqual(
      totals.map((total) => (total / 100).toFixed(2)),
    )
  })

  it('are curves, hours and months from a moment on', () => {
    const { device } = fieldOf()
    const times = (item: string) =>
      read(device, [item]).map(({ at }) => (at?.kind === 'wall' ? meterTimeText(at.time) : null))
    expect(times('50020200:3@2026-11-22T10:00/1.8.0')).toEqual([
      '2026-11-22T10:00:00',
      '2026-11-22T10:15:00',
      '2026-11-22T10:30:00',
    ])
    expect(times('50030200:2@2026-11-22T08:00/1.8.0')).toEqual([
      '2026-11-22T08:00:00',
      '2026-11-22T09:00:00',
    ])
    expect(times('50060200:2@2026-10-01/1.8.0')).toEqual([
      '2026-10-01T00:00:00',
      '2026-11-01T00:00:00',
    ])
    expect(times('50040200@2026-11-20/1.8.0')).toEqual(['2026-11-20T00:00:00'])
    expect(times('50020200:1/1.8.0')).toEqual(['2026-11-22T11:00:00'])
    expect(times('50040200@2020-11-20/1.8.0')).toEqual([])
  })

  it('agree with the registers of the moment, whatever the blocks', () => {
    const item = '50020200:96@2026-11-21T00:00/1.8.0+2.8.0+32.7.0'
    const whole = read(fieldOf({ apduBytesMax: 8_000, frameDataMax: 8_000 }).device, [item])
    expect(whole).toHaveLength(96 * 3)
    expect(read(fieldOf({ apduBytesMax: 300 }).device, [item])).toEqual(whole)
    expect(read(fieldOf({ apduBytesMax: 8_000, frameDataMax: 100 }).device, [item])).toEqual(whole)
  })

  it('are none where the table or a column is not there', () => {
    const { device } = fieldOf()
    for (const item of ['50040200:1/202C0200', '30110200:1', '50010200:1']) {
      const [request] = dlt698.plan([item], profile).requests
      if (!request) throw new Error('no request')
      expect(exchange(device, request)).toEqual({
        kind: 'refusal',
        code: 'dlt698.undefined-object',
      })
    }
  })

  it('tell trips as events, and report the latest once', () => {
    const { device } = fieldOf()
    expect(device.report(NOON_MS)).toBe(null)
    expect(order(device, 'trip').kind).toBe('readings')
    const later = NOON_MS + 10_000
    const [time] = read(device, ['301F0200:1/201E0200'], later)
    expect(time?.at).toEqual({ kind: 'wall', time: { ...soon, minute: 7, second: 13 } })
    const report = device.report(later)
    const said = dlt698.unasked?.(report ?? new Uint8Array(), soon)
    expect(said).toMatchObject({ kind: 'report', address })
    expect(device.receive(said?.answer ?? new Uint8Array(), later)).toEqual([])
    expect(device.report(later)).toBe(null)
  })
})

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

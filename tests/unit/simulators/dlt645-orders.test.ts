import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, type Dlt645Order, type Dlt645Request, dlt645 } from '#protocols/dlt645'
import { type MeterProfile, type MeterTime, type RelayAction, valueText } from '#protocols/model'
import { type Dlt645FaceOptions, dlt645Face, standardDlt645 } from '#simulators/faces'
import type { SimulatedMeter } from '#simulators/meter'
import { meterOf, NOON_MS, SLOT_MS } from './field.ts'

const address = '330120000042'
const operator = '00001234'
const access = { password: '02000000', operator }
const profile: MeterProfile = { address, profile: null, access }
/** The clock of the meter at NOON_MS is 11:07:13. */
const noon: MeterTime = { year: 2026, month: 11, day: 22, hour: 12, minute: 0, second: 0 }
const past: MeterTime = { ...noon, hour: 11, minute: 7, second: 12 }
const words: Dlt645FaceOptions = { ...standardDlt645, controlAnswers: 'words' }
const MINUTE_MS = 60_000

/** What came back: control code and data, as hex. */
function send(meter: SimulatedMeter, request: Dlt645Request, nowMs = NOON_MS, options = words) {
  const face = dlt645Face([meter], options)
  const frames = face
    .receive(dlt645.encode(request), nowMs)
    .flatMap((bytes) => dlt645.scanner().push(bytes))
  const [frame] = frames
  if (!frame) return 'silent'
  const decoded = dlt645.decode(frame)
  if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
  expect(dlt645.answers(request, decoded.response)).toBe(true)
  const { control, data } = decoded.response
  return `${toHex(Uint8Array.of(control))} ${toHex(data)}`.trim()
}

function order(action: RelayAction, expiresAt = noon): Dlt645Request {
  const [request] = dlt645.order?.({ action, expiresAt }, profile).requests ?? []
  if (!request) throw new Error(`no order ${action}`)
  return request
}

/** Command bytes that no action of the product sends. */
function command(byte: number, expiresAt: MeterTime | null = noon): Dlt645Order {
  return { kind: 'control', address, access, command: byte, reserved: 0, expiresAt }
}

function write(dataId: string, data: readonly number[], password = '02000000'): Dlt645Order {
  const bytes = Uint8Array.from(data)
  return { kind: 'write', address, access: { password, operator }, dataId, data: bytes }
}

function read(meter: SimulatedMeter, dataId: string, nowMs = NOON_MS) {
  const request: Dlt645Request = { kind: 'read', address: meter.address, dataId, load: null }
  const face = dlt645Face([meter])
  const frames = face
    .receive(dlt645.encode(request), nowMs)
    .flatMap((bytes) => dlt645.scanner().push(bytes))
  return frames.flatMap((frame) =>
    dlt645.describe(frame).readings.map(({ value }) => valueText(value)),
  )
}

describe('a relay order over DL/T 645', () => {
  it('opens and closes the relay, and the status word follows in four seconds', () => {
    const meter = meterOf({ address })
    expect(send(meter, order('trip'))).toBe('9C 0400')
    expect(meter.isClosedAt(NOON_MS)).toBe(false)
    expect(read(meter, '04000503', NOON_MS + 3_000)).toContain('0040')
    expect(read(meter, '04000503', NOON_MS + 5_000)).toEqual(['0050', 'open'])
    expect(send(meter, order('allow-close'), NOON_MS + 10_000)).toBe('9C 0200')
    expect(meter.isClosedAt(NOON_MS + 60_000)).toBe(false)
    meter.supply.pressButton(NOON_MS + 70_000)
    expect(meter.isClosedAt(NOON_MS + 70_000)).toBe(true)
    expect(send(meter, order('trip'), NOON_MS + 80_000, standardDlt645)).toBe('9C')
    expect(send(meter, order('close'), NOON_MS + 90_000, standardDlt645)).toBe('9C')
    expect(meter.isClosedAt(NOON_MS + 90_000)).toBe(true)
  })

  it('is refused after its expiry, by the clock of the meter', () => {
    const meter = meterOf({ address })
    expect(send(meter, order('trip', past))).toBe('DC 1000')
    expect(send(meter, order('trip', past), NOON_MS, standardDlt645)).toBe('DC 01')
    expect(meter.isClosedAt(NOON_MS)).toBe(true)
    const slow = meterOf({ address, offsetMs: -60_000 })
    expect(send(slow, order('trip', past))).toBe('9C 0400')
    expect(send(meterOf({ address }), command(0x1a, null))).toBe('DC 1000')
  })

  it('is refused without the right password, at any level that needs a cipher', () => {
    const meter = meterOf({ address })
    const trip = order('trip')
    if (trip.kind !== 'control') throw new Error('not a relay order')
    for (const password of ['02000001', '98000000', '00000000']) {
      const wrong = { ...trip, access: { password, operator } }
      expect(send(meter, wrong)).toBe('DC 0400')
      expect(send(meter, wrong, NOON_MS, standardDlt645)).toBe('DC 04')
    }
    expect(send(meter, { ...trip, command: 0x55 })).toBe('DC 01')
    expect(meter.isClosedAt(NOON_MS)).toBe(true)
  })

  it('waits as long as the meter was told to: accepted is not open', () => {
    const meter = meterOf({ address })
    expect(send(meter, write('04001401', [0x15, 0x00]))).toBe('94')
    expect(read(meter, '04001401')).toEqual(['15'])
    expect(send(meter, order('trip'))).toBe('9C 0800')
    expect(read(meter, '04000503', NOON_MS + MINUTE_MS)).toEqual(['00C0', 'closed'])
    expect(meter.isClosedAt(NOON_MS + 15 * MINUTE_MS - 1)).toBe(true)
    expect(meter.isClosedAt(NOON_MS + 15 * MINUTE_MS)).toBe(false)
  })

  it('is held back while the current is high', () => {
    const meter = meterOf({ address, customerClass: 'factory' })
    const currents = meter.momentaryAt(NOON_MS).currentMilliA
    const answer = send(meter, order('trip'))
    expect(answer).toBe(Math.max(...currents) > 30_000 ? '9C 2000' : '9C 0400')
    expect(meter.isClosedAt(NOON_MS + 1_440 * MINUTE_MS)).toBe(false)
  })

  it('is refused while supply is kept, and alarms are shown', () => {
    const meter = meterOf({ address })
    expect(send(meter, order('protect'))).toBe('9C 0001')
    expect(send(meter, order('trip'))).toBe('DC 2000')
    expect(read(meter, '04000503')).toContain('1000')
    expect(send(meter, order('unprotect'))).toBe('9C 0002')
    expect(send(meter, order('alarm'))).toBe('9C 0004')
    expect(read(meter, '04000503')).toContain('0080')
    expect(send(meter, order('clear-alarm'))).toBe('9C 0008')
  })

  it('comes back by itself where it was told so', () => {
    const meter = meterOf({ address })
    expect(send(meter, command(0x1d))).toBe('9C 1000')
    expect(meter.isClosedAt(NOON_MS + 299_000)).toBe(false)
    expect(meter.isClosedAt(NOON_MS + 300_000)).toBe(true)
    expect(send(meter, command(0x1e), NOON_MS + SLOT_MS)).toBe('9C 1000')
    expect(meter.isClosedAt(NOON_MS + 2 * SLOT_MS)).toBe(false)
  })

  it('is written down with who gave it, and what was counted then', () => {
    const meter = meterOf({ address })
    send(meter, order('trip'))
    send(meter, order('close'), NOON_MS + MINUTE_MS)
    const late = NOON_MS + 2 * MINUTE_MS
    expect(read(meter, '1D000001', late)).toEqual(['1'])
    const [time, by, energy] = read(meter, '1D00FF01', late)
    expect([time, by]).toEqual(['2026-11-22T11:07:13', operator])
    expect(read(meter, '00010000', NOON_MS + MINUTE_MS)).toEqual([energy])
    expect(read(meter, '1D000301', late)).toEqual([energy])
    expect(read(meter, '1E000101', late)).toEqual(['2026-11-22T11:08:13'])
    expect(read(meter, '1E00FF02', late)).toEqual([])
  })

  it('goes on over a restart that keeps the memory', () => {
    const before = meterOf({ address })
    send(before, write('04001401', [0x10, 0x00]))
    send(before, order('trip'))
    const after = meterOf({ address, memory: JSON.parse(JSON.stringify(before.memory)) })
    expect(after.isClosedAt(NOON_MS + 10 * MINUTE_MS - 1)).toBe(true)
    expect(after.isClosedAt(NOON_MS + 10 * MINUTE_MS)).toBe(false)
    expect(read(after, '04001401')).toEqual(['10'])
  })
})

describe('the other orders over DL/T 645', () => {
  it('freeze at once, for one meter or for all', () => {
    const meter = meterOf({ address })
    expect(send(meter, { kind: 'freeze', address, when: '99999999' })).toBe('96')
    const all: Dlt645Order = { kind: 'freeze', address: '999999999999', when: '99999999' }
    expect(dlt645Face([meter]).receive(dlt645.encode(all), NOON_MS + 4 * SLOT_MS)).toEqual([])
    const late = NOON_MS + 8 * SLOT_MS
    expect(read(meter, '05010002', late)).toEqual(['2026-11-22T11:07:00'])
    expect(read(meter, '05010102', late)[0]).toBe(read(meter, '00010000')[0])
    expect(read(meter, '05010001', late)).toEqual(['2026-11-22T12:07:00'])
    expect(read(meter, '05010003', late)).toEqual([])
    expect(send(meter, { kind: 'freeze', address, when: 'AA999999' })).toBe('D6 01')
  })

  it('echo a baud rate that is known and an output that is there', () => {
    const meter = meterOf({ address })
    expect(send(meter, { kind: 'change-baud', address, baud: 9_600 })).toBe('97 20')
    expect(send(meter, { kind: 'change-baud', address, baud: 2_400 })).toBe('97 08')
    expect(send(meter, { kind: 'change-baud', address, baud: 19_200 })).toBe('D7 08')
    expect(send(meter, { kind: 'output', address, output: 1 })).toBe('9D 01')
    expect(send(meter, { kind: 'output', address, output: 9 })).toBe('DD 01')
  })

  it('clear demand, events and the whole meter', () => {
    const meter = meterOf({ address })
    send(meter, order('trip'))
    send(meter, order('close'))
    const energy = Number(read(meter, '00010000')[0])
    expect(energy).toBeGreaterThan(0)
    expect(read(meter, '01010000')).not.toEqual(['0.0000'])
    expect(send(meter, { kind: 'clear-demand', address, access })).toBe('99')
    expect(read(meter, '01010000')).toEqual(['0.0000'])
    const events = 'FFFFFFFF'
    const late = NOON_MS + 1
    expect(send(meter, { kind: 'clear-events', address, access, events }, late)).toBe('9B')
    expect(read(meter, '1D000001', late)).toEqual(['0'])
    expect(send(meter, { kind: 'clear-events', address, access, events: '030100FF' })).toBe('DB 02')
    expect(send(meter, { kind: 'clear-meter', address, access })).toBe('9A')
    expect(read(meter, '00010000')).toEqual(['0.00'])
    expect(read(meter, '03300100')).toEqual(['1'])
    const grown = Number(read(meter, '00010000', NOON_MS + 96 * SLOT_MS)[0])
    expect(grown).toBeGreaterThan(0)
    expect(grown).toBeLessThan(energy)
    const wrong = { password: '02000009', operator }
    for (const kind of ['clear-demand', 'clear-meter'] as const) {
      expect(send(meter, { kind, address, access: wrong })).toMatch(/^D[9A] 04$/)
    }
  })

  it('find no security chip to authenticate with', () => {
    const data = new Uint8Array(24)
    const request: Dlt645Order = {
      kind: 'authenticate',
      address,
      dataId: '070000FF',
      operator,
      data,
    }
    expect(send(meterOf({ address }), request)).toBe('C3 0400')
  })

  it('are refused in a form that is none, and functions nobody knows are not answered', () => {
    const face = dlt645Face([meterOf({ address })])
    const ask = (control: number) =>
      face.receive(buildFrame({ address, control, data: Uint8Array.of(1) }), NOON_MS)
    expect(toHex(ask(0x1c)[0] ?? new Uint8Array())).toContain('68DC0134')
    expect(ask(0x1f)).toEqual([])
    expect(ask(0x05)).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { type Dlt645Order, type Dlt645Request, dlt645 } from '#protocols/dlt645'
import { type MeterProfile, type MeterTime, type RelayAction, valueText } from '#protocols/model'
import { type Dlt645FaceOptions, dlt645Face, standardDlt645 } from '#simulators/faces'
import type { SimulatedMeter } from '#simulators/meter'
import { meterOf, NOON_MS } from './field.ts'

const address = '330120000042'
const operator = '00001234'
const access = { password: '02000000', operator }
const profile: MeterProfile = { address, profile: null, access }
/** The clock of the meter at NOON_MS is 11:07:13. */
const noon: MeterTime = { year: 2026, month: 11, day: 22, hour: 12, minute: 0, second: 0 }
const _past: MeterTime = { ...noon, hour: 11, minute: 7, second: 12 }
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
function _command(byte: number, expiresAt: MeterTime | null = noon): Dlt645Order {
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

describe('a write over DL/T 645', () => {
  it('sets the clock whole or by halves, and enters it as programmed', () => {
    const meter = meterOf({ address, offsetMs: 400_000 })
    const request = dlt645.setClock?.(noon, profile)
    if (!request) throw new Error('no clock')
    expect(send(meter, request)).toBe('94')
    expect(meter.clock.wallAt(NOON_MS)).toEqual(noon)
    expect(send(meter, write('04000102', [0x05, 0x30, 0x08]))).toBe('94')
    expect(send(meter, write('04000101', [0x01, 0x23, 0x11, 0x26]))).toBe('94')
    expect(read(meter, '0400010C')).toEqual(['2026-11-23T08:30:05'])
    expect(read(meter, '03300000')).toEqual(['1'])
    const record = read(meter, '03300001')
    expect(record.slice(1, 5)).toEqual([operator, '0400010C', '04000102', '04000101'])
    expect(read(meter, '03300400')).toEqual(['3'])
  })

  it('is refused where the time is none, the length wrong, the item unknown, the password wrong', () => {
    const meter = meterOf({ address })
    expect(send(meter, write('04000102', [0x60, 0x30, 0x08]))).toBe('D4 01')
    expect(send(meter, write('04000102', [0x0a, 0x30, 0x08]))).toBe('D4 01')
    expect(send(meter, write('04000101', [0x00, 0x31, 0x02, 0x26]))).toBe('D4 01')
    expect(send(meter, write('0400010C', [0x00]))).toBe('D4 01')
    expect(send(meter, write('04001401', [0x15]))).toBe('D4 01')
    expect(send(meter, write('04000503', [0, 0]))).toBe('D4 02')
    expect(send(meter, write('04000204', [0x64]))).toBe('D4 40')
    expect(send(meter, write('04001401', [0x15, 0x00], '02123456'))).toBe('D4 04')
    expect(read(meter, '04001401')).toEqual(['0'])
  })

  it('keeps zones, periods, holidays and prices, and shows them again', () => {
    const meter = meterOf({ address })
    const period = [0x01, 0x00, 0x00, 0x02, 0x30, 0x08]
    expect(send(meter, write('04010001', period))).toBe('94')
    expect(read(meter, '04010001')).toEqual(['000001', '083002'])
    expect(send(meter, write('04030001', [0x02, 0x01, 0x01, 0x27]))).toBe('94')
    expect(read(meter, '04030001')).toEqual(['27010102'])
    expect(send(meter, write('04050101', [0x53, 0x56, 0x00, 0x00]))).toBe('94')
    expect(read(meter, '04050101')).toEqual(['0.5653'])
    expect(send(meter, write('04010001', [0x01, 0x00]))).toBe('D4 02')
  })

  it('changes a password, with the old one or that of a higher level', () => {
    const meter = meterOf({ address })
    const change = (password: string, newPassword: string, dataId = '04000C03') =>
      send(meter, { kind: 'change-password', address, dataId, password, newPassword })
    expect(change('02999999', '02112233')).toBe('D8 04')
    expect(change('04000000', '02112233')).toBe('D8 04')
    expect(change('02000000', '02112233')).toBe('98 02332211')
    expect(send(meter, order('trip'))).toBe('DC 0400')
    expect(change('02112233', '04445566', '04000C05')).toBe('98 04665544')
    expect(change('02112233', '01445566', '04000C02')).toBe('D8 02')
    expect(send(meter, write('04001401', [0, 0], '04445566'))).toBe('94')
    expect(read(meter, '04000C03')).toEqual([])
  })

  it('sets an address only while somebody holds the button inside', () => {
    const meter = meterOf({ address })
    const newAddress = '000000000077'
    const request: Dlt645Order = { kind: 'write-address', address: 'AAAAAAAAAAAA', newAddress }
    expect(send(meter, request)).toBe('silent')
    meter.book.holdProgrammingButton(NOON_MS + MINUTE_MS)
    expect(send(meter, request)).toBe('95')
    expect(meter.address).toBe('000000000077')
    expect(read(meter, '04000401')).toEqual(['000000000077'])
    const face = dlt645Face([meter])
    meter.book.setAddress('000000000078', NOON_MS)
    const ask = (to: string) =>
      face.receive(dlt645.encode({ kind: 'read-address', address: to }), NOON_MS).length
    expect([ask('000000000077'), ask('000000000078'), ask('AAAAAAAAAAAA')]).toEqual([0, 1, 1])
  })
})

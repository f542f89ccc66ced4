import { expect, test } from 'vitest'
import {
  type Dlt645Order,
  type Dlt645Request,
  type Dlt645Response,
  dlt645,
} from '#protocols/dlt645'
import { type MeterTime, valueText } from '#protocols/model'
import { dlt645Face } from '#simulators/faces'
import type { SimulatedMeter } from '#simulators/meter'
import { meterOf, NOON_MS, SLOT_MS } from './field.ts'

const address = '330120000042'
const operator = '00001234'
const access = { password: '02000000', operator }
const LATER_MS = NOON_MS + 60_000

/** The code of the refusal, or what all frames of the answer read. */
function exchange(meter: SimulatedMeter, first: Dlt645Request, nowMs: number) {
  const face = dlt645Face([meter])
  const parts: Dlt645Response[] = []
  let request: Dlt645Request | null = first
  while (request) {
    const frames = face.receive(dlt645.encode(request), nowMs)
    const [frame] = frames.flatMap((bytes) => dlt645.scanner().push(bytes))
    const decoded = frame ? dlt645.decode(frame) : null
    if (!decoded || decoded.kind === 'malformed') throw new Error('no answer')
    if (decoded.kind === 'refusal') return decoded.refusal.code
    parts.push(decoded.response)
    request = dlt645.follow(request, decoded.response)
  }
  const values = dlt645.readings(first, parts)
  if (!values.ok) throw new Error(values.malformed.message)
  return values.readings.map(({ value }) => valueText(value))
}

/** What an item reads; the code of the refusal where there is none. */
function read(meter: SimulatedMeter, dataId: string, nowMs = LATER_MS, records?: number) {
  const load = records === undefined ? null : { records, from: null }
  return exchange(meter, { kind: 'read', address, dataId, load }, nowMs)
}

function done(meter: SimulatedMeter, order: Dlt645Order, nowMs = NOON_MS): void {
  expect(exchange(meter, order, nowMs)).toEqual([])
}

test('a supply that failed twice has two records of it', () => {
  const meter = meterOf({ address })
  expect(read(meter, '03110000')).toEqual(['2'])
  expect(read(meter, '03110001')).toEqual(['2021-11-28T16:20:31', '2021-11-28T16:32:31'])
  expect(read(meter, '03110002')).toEqual(['2021-10-09T09:05:02', '2021-10-09T09:17:02'])
  expect(read(meter, '03110003')).toBe('dlt645.no-such-data')
  done(meter, { kind: 'clear-events', address, access, events: 'FFFFFFFF' })
  expect(read(meter, '03110000')).toEqual(['0'])
  expect(read(meter, '03110001')).toBe('dlt645.no-such-data')
})

test('the clearing of the meter is counted and recorded with what was lost', () => {
  const meter = meterOf({ address })
  const energies = ['00010000', '00020000', '00150000'].map((item) => read(meter, item, NOON_MS))
  done(meter, { kind: 'clear-meter', address, access })
  expect(read(meter, '03300100')).toEqual(['1'])
  const record = read(meter, '03300101')
  expect(record.slice(0, 2)).toEqual(['2026-11-22T11:07:13', operator])
  expect([[record[2]], [record[3]], [record[8]]]).toEqual(energies)
  expect(record).toHaveLength(26)
  expect(read(meter, '03300102')).toBe('dlt645.no-such-data')
})

test('the clearing of demands and of events is counted and recorded', () => {
  const meter = meterOf({ address })
  const [demand] = read(meter, '01010000', NOON_MS)
  done(meter, { kind: 'clear-demand', address, access })
  expect(read(meter, '03300200')).toEqual(['1'])
  const record = read(meter, '03300201')
  expect(record.slice(0, 3)).toEqual(['2026-11-22T11:07:13', operator, demand])
  expect(Number(demand)).toBeGreaterThan(0)
  done(meter, { kind: 'clear-events', address, access, events: 'FFFFFFFF' })
  expect(read(meter, '03300300')).toEqual(['1'])
  // All events are FFFFFFFF, which reads as nothing in particular.
  expect(read(meter, '03300301')).toEqual(['2026-11-22T11:07:13', operator, null])
  expect(read(meter, '03300200')).toEqual(['0'])
})

test('clearings are counted on beyond the ten records, also over a restart', () => {
  const meter = meterOf({ address })
  for (let nth = 0; nth < 12; nth++) {
    done(meter, { kind: 'clear-demand', address, access }, NOON_MS + nth * 1_000)
  }
  const after = meterOf({ address, memory: JSON.parse(JSON.stringify(meter.memory)) })
  expect(read(after, '03300200')).toEqual(['12'])
  expect(read(after, '03300201')[0]).toBe('2026-11-22T11:07:24')
  expect(read(after, '0330020A')[0]).toBe('2026-11-22T11:07:15')
})

test('a set clock is recorded with both times and who set it; a broadcast is not', () => {
  const meter = meterOf({ address, offsetMs: 120_000 })
  const time: MeterTime = { year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }
  const broadcast: Dlt645Request = { kind: 'set-clock', address: '999999999999', time }
  dlt645Face([meter]).receive(dlt645.encode(broadcast), NOON_MS)
  expect(read(meter, '03300400')).toEqual(['0'])
  const data = Uint8Array.of(0x00, 0x00, 0x12)
  done(meter, { kind: 'write', address, access, dataId: '04000102', data }, LATER_MS)
  expect(read(meter, '03300400')).toEqual(['1'])
  const record = read(meter, '03300401')
  expect(record).toEqual([operator, '2026-11-22T11:08:12', '2026-11-22T12:00:00'])
})

test('a cleared meter has neither its load profile nor its freezes', () => {
  const meter = meterOf({ address })
  const freeze: Dlt645Order = { kind: 'freeze', address, when: '99999999' }
  done(meter, freeze)
  const items = ['06000002', '06000000', '05060101', '05010001', '05040101']
  const readAll = (nowMs: number) =>
    items.map((item) => read(meter, item, nowMs, item.startsWith('06') ? 1 : undefined))
  expect(readAll(LATER_MS)).not.toContain('dlt645.no-such-data')
  done(meter, { kind: 'clear-meter', address, access }, LATER_MS)
  expect(readAll(LATER_MS + 1)).toEqual(items.map(() => 'dlt645.no-such-data'))
  const later = LATER_MS + SLOT_MS
  expect(read(meter, '06000002', later, 1)).not.toBe('dlt645.no-such-data')
})

test.each([
  ['04000103', [0xaa]],
  ['04000105', [0x00, 0x1f]],
  ['04000106', [0x00, 0x00, 0x01, 0x01, 0xa6]],
  ['04001401', [0x0a, 0x00]],
  ['04010001', [0x01, 0x00, 0xaa]],
])('a write of %s that is not decimal is refused, and the old value stays', (dataId, bytes) => {
  const meter = meterOf({ address })
  const before = read(meter, dataId)
  const data = Uint8Array.from(bytes)
  const order: Dlt645Order = { kind: 'write', address, access, dataId, data }
  expect(exchange(meter, order, NOON_MS)).toBe('dlt645.other')
  expect(read(meter, dataId)).toEqual(before)
})

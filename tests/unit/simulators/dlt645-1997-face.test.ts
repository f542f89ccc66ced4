import { describe, expect, it } from 'vitest'
import {
  buildFrame,
  type Dlt645v1997Request,
  detectEdition,
  dlt645v1997,
  type Edition,
  probeEdition,
} from '#protocols/dlt645'
import { meterTimeText, type Reading, valueText } from '#protocols/model'
import { dlt645Face, dlt645v1997Face, standardDlt645v1997 } from '#simulators/faces'
import type { SimulatedMeter } from '#simulators/meter'
import { meterOf, NOON_MS } from './field.ts'

const address = '330120000042'

function read(dataId: string, to = address): Dlt645v1997Request {
  return { kind: 'read', address: to, dataId, afterwards: [], trailingBytes: 0 }
}

/** Asks as a head-end does, to the end of the chain. */
function ask(meter: SimulatedMeter, first: Dlt645v1997Request, options = standardDlt645v1997) {
  const face = dlt645v1997Face([meter], options)
  const parts = []
  for (let request: Dlt645v1997Request | null = first; request; ) {
    const [bytes] = face.receive(dlt645v1997.encode(request), NOON_MS)
    const [frame] = bytes ? dlt645v1997.scanner().push(bytes) : []
    if (!frame) return { kind: 'silent' as const }
    const decoded = dlt645v1997.decode(frame)
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    if (decoded.kind === 'refusal') return { kind: 'refusal' as const, code: decoded.refusal.code }
    expect(dlt645v1997.answers(request, decoded.response)).toBe(true)
    parts.push(decoded.response)
    request = dlt645v1997.follow(request, decoded.response)
  }
  const values = dlt645v1997.readings(first, parts)
  if (!values.ok) throw new Error(values.malformed.message)
  return { kind: 'answer' as const, parts: parts.length, readings: values.readings }
}

function readingsOf(meter: SimulatedMeter, dataId: string): readonly Reading[] {
  const answer = ask(meter, read(dataId))
  if (answer.kind !== 'answer') throw new Error(`${dataId}: ${answer.kind}`)
  return answer.readings
}

const texts = (readings: readonly Reading[]) => readings.map(({ value }) => valueText(value))

describe('the DL/T 645-1997 face', () => {
  const meter = meterOf()

  it('tells the registers of the meter, present and of the past', () => {
    const now = meter.registersAt(NOON_MS, 10_000)
    const [total, ...rates] = readingsOf(meter, '901F').map(({ value }) => value)
    expect(total).toMatchObject({ digits: now.import.total, scale: 2 })
    expect(rates.map((value) => value.kind === 'number' && value.digits)).toEqual(now.import.rates)
    const [before] = readingsOf(meter, '9410').map(({ value }) => value)
    const then = meter.settlement(0, NOON_MS)?.ms ?? 0
    expect(before).toMatchObject({ digits: meter.registersAt(then, 10_000).import.total })
    expect(readingsOf(meter, '9140')[0]?.item).toBe('8.8.0')
    expect(ask(meter, read('90F0'))).toEqual({ kind: 'refusal', code: 'dlt645.no-such-data' })
  })

  it('rounds what it measures to the decimals of this edition', () => {
    const now = meter.momentaryAt(NOON_MS)
    expect(texts(readingsOf(meter, 'B61F'))).toEqual(
      now.voltageDeciV.map((value) => String(Math.round(value / 10))),
    )
    expect(texts(readingsOf(meter, 'B630'))).toEqual([(now.totalActiveDeciW / 10_000).toFixed(4)])
    expect(readingsOf(meter, 'B62F')).toHaveLength(3)
    expect(readingsOf(meter, 'B64F')).toHaveLength(4)
    expect(readingsOf(meter, 'B65F')).toHaveLength(4)
    const single = meterOf({ phases: 1 })
    expect(texts(readingsOf(single, 'B61F')).slice(1)).toEqual([null, null])
    expect(ask(single, read('B612'))).toMatchObject({ kind: 'refusal' })
    expect(ask(single, read('B670'))).toMatchObject({ kind: 'refusal' })
  })

  it('tells a maximum demand that a reader dates by its clock', () => {
    const [request] = dlt645v1997.plan(['1.6.0', '1.6.1'], { address, profile: null }).requests
    if (!request) throw new Error('no plan')
    const answer = ask(meter, request)
    if (answer.kind !== 'answer') throw new Error(answer.kind)
    const month = meter.settlement(0, NOON_MS)?.ms ?? 0
    const { import: mark, importRates } = meter.demandsBetween(month, NOON_MS)
    const [total, ...rates] = answer.readings
    expect(total?.value).toMatchObject({ digits: mark.deciW, scale: 4 })
    expect(total?.at?.kind === 'wall' && meterTimeText(total.at.time)).toBe(
      mark.wall && meterTimeText({ ...mark.wall, second: 0 }),
    )
    expect(rates).toHaveLength(importRates.length)
    expect(ask(meter, read('A030'))).toMatchObject({ kind: 'refusal' })
  })

  it('tells its number, its settings and its status', () => {
    expect(texts(readingsOf(meter, 'C032'))).toEqual([address])
    expect(texts(readingsOf(meter, 'C010'))).toEqual(['2026-11-22'])
    expect(texts(readingsOf(meter, 'C011'))).toEqual(['11:07:13'])
    expect(texts(readingsOf(meter, 'C313'))).toEqual(['4'])
    expect(texts(readingsOf(meter, 'C020'))).toEqual(['00'])
    expect(texts(readingsOf(meterOf({ phases: 1 }), 'C021'))).toEqual(['06'])
    expect(ask(meter, read('C0F0'))).toMatchObject({ kind: 'refusal' })
    expect(ask(meter, read('D110'))).toMatchObject({ kind: 'refusal' })
  })

  it('says a long answer in parts, and the last of them again', () => {
    const options = { ...standardDlt645v1997, dataBytesMax: 8 }
    const answer = ask(meter, read('901F'), options)
    expect(answer).toMatchObject({ kind: 'answer', parts: 4 })
    const face = dlt645v1997Face([meter], options)
    const send = (request: Dlt645v1997Request) => {
      const [bytes] = face.receive(dlt645v1997.encode(request), NOON_MS)
      return bytes ? dlt645v1997.describe(bytes) : null
    }
    expect(send({ kind: 'repeat', address })).toBeNull()
    const first = send(read('901F'))
    const again = send({ kind: 'repeat', address })
    expect(again).toMatchObject({ control: '83', extras: first?.extras })
    const other: Dlt645v1997Request = {
      kind: 'read-more',
      address,
      dataId: '902F',
      afterwards: [],
      trailingBytes: 0,
    }
    expect(send(other)).toMatchObject({ control: 'C2' })
  })

  it('answers what was sent to all under its own address', () => {
    for (const to of ['999999999999', 'AAAAAAAAAAAA', 'AAAAAAAA0042']) {
      const answer = ask(meter, read('C032', to))
      expect(answer).toMatchObject({ kind: 'answer' })
    }
    expect(ask(meter, read('9010', '000000000001'))).toEqual({ kind: 'silent' })
  })

  it('obeys a small broadcast of the time, and a write under its password', () => {
    const late = meterOf({ offsetMs: -60_000 })
    const time = { year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }
    expect(ask(late, { kind: 'set-clock', address: '999999999999', time })).toEqual({
      kind: 'silent',
    })
    expect(texts(readingsOf(late, 'C011'))).toEqual(['11:07:13'])
    const access = { password: '00000000' }
    const request = dlt645v1997.setClock?.(
      { ...time, day: 23, hour: 12 },
      { address, profile: null, access },
    )
    if (!request) throw new Error('no request')
    expect(ask(late, request)).toEqual({ kind: 'refusal', code: 'dlt645.unauthorised' })
    const open = { ...standardDlt645v1997, password: '00000000' }
    expect(ask(late, request, open)).toMatchObject({ kind: 'answer', parts: 2 })
    expect(texts(readingsOf(late, 'C010'))).toEqual(['2026-11-23'])
    expect(texts(readingsOf(late, 'C011'))).toEqual(['12:07:13'])
  })

  it('refuses what it may not do and what it cannot', () => {
    const open = { ...standardDlt645v1997, password: '00123456' }
    const write = (dataId: string, bytes: number): Dlt645v1997Request => {
      const data = new Uint8Array(bytes)
      return { kind: 'write', address, dataId, password: '00123456', data, afterwards: [] }
    }
    for (const request of [write('C010', 4), write('C010', 3), write('C030', 3)]) {
      expect(ask(meter, request, open)).toEqual({ kind: 'refusal', code: 'dlt645.illegal-data' })
    }
    expect(ask(meter, { kind: 'clear-demand', address, password: '00123456' })).toEqual({
      kind: 'refusal',
      code: 'dlt645.unauthorised',
    })
    const toAll = '999999999999'
    expect(ask(meter, { kind: 'write-address', address: toAll, newAddress: address })).toEqual({
      kind: 'silent',
    })
  })

  it('stays silent to the newer edition and to what is no request', () => {
    const face = dlt645v1997Face([meter])
    const probe = probeEdition(address, [])
    expect(probe && face.receive(probe.frame, NOON_MS)).toEqual([])
    const reply = buildFrame({ address, control: 0x81, data: new Uint8Array(6) })
    expect(face.receive(reply, NOON_MS)).toEqual([])
    face.receive(reply.subarray(0, 5), NOON_MS)
    face.reset()
    expect(face.receive(dlt645v1997.encode(read('9010')), NOON_MS)).toHaveLength(1)
  })

  it.each([
    ['dlt645-2007', dlt645Face([meter])],
    ['dlt645-1997', dlt645v1997Face([meter])],
  ] as const)('lets a search find that it speaks %s', (edition, face) => {
    const tried: Edition[] = []
    for (;;) {
      const probe = probeEdition(address, tried)
      if (!probe) throw new Error('found nothing')
      const [answer] = face.receive(probe.frame, NOON_MS)
      const found = answer ? detectEdition(answer) : null
      if (found) {
        expect(found).toMatchObject({ edition, address, refused: false })
        return
      }
      tried.push(probe.edition)
    }
  })
})

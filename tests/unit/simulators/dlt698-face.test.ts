import { describe, expect, it } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { apdu, dlt698 } from '#protocols/dlt698'
import { meterTimeText, valueText } from '#protocols/model'
import {
  address,
  ask,
  exchange,
  fieldOf,
  order,
  profile,
  read,
  soon,
  valueOfItem,
} from './dlt698-field.ts'
import { NOON_MS } from './field.ts'

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
    const found = new Set<string | null>(read(device, all).map(({ item }) => item))
    expect(all.filter((code) => !found.has(code))).toEqual([])
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
    for (const item of ['50040200:1/202C0200', '30140200:1', '50010200:1']) {
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

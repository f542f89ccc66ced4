import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { frozenItems, type Gdw376Request, gdw376 } from '#protocols/gdw376'
import { valueText } from '#protocols/model'
import { NOON_MS } from './field.ts'
import {
  address,
  ask,
  centi,
  exchange,
  fieldOf,
  now,
  profile,
  shown,
  soon,
  whole,
} from './gdw376-field.ts'

const secret = '00112233445566778899AABBCCDDEEFF'

describe('a terminal of 376.1', () => {
  it('answers registers of its metering points, total and rates', () => {
    const { terminal, meters } = fieldOf()
    const readings = ask(terminal, ['1.8.0', '1.8.3', '5.8.0'])
    const registers = meters[1]?.registersAt(NOON_MS, 10_000)
    expect(shown(readings, '1.8.0')).toEqual([centi(registers?.import.total ?? -1)])
    expect(shown(readings, '1.8.3')).toEqual([centi(registers?.import.rates[2] ?? -1)])
    expect(shown(readings, '5.8.0')).toHaveLength(1)
  })

  it('answers power, voltage and current in one frame', () => {
    const { terminal } = fieldOf()
    const { requests } = gdw376.plan(['32.7.0', '16.7.0', '71.7.0', '13.7.0'], profile)
    expect(requests).toHaveLength(1)
    const readings = ask(terminal, ['32.7.0', '16.7.0'])
    expect(Number(shown(readings, '32.7.0')[0])).toBeGreaterThan(200)
    expect(shown(readings, '72.7.0')).toHaveLength(1)
  })

  it('keeps what was at the end of each day, and nothing of days to come', () => {
    const { terminal, meters } = fieldOf()
    const [item = ''] = frozenItems(['1.8.0'], 'daily', { ...now, day: 20 })
    expect(item).toBe('0D-F161:20261120')
    const readings = ask(terminal, [item])
    const midnight = Date.UTC(2026, 10, 20, 16)
    const registers = meters[1]?.registersAt(midnight, 10_000)
    expect(shown(readings, '1.8.0')).toEqual([centi(registers?.import.total ?? -1)])
    expect(readings[0]?.dataClass).toBe('daily')
    expect(readings[0]?.at).toMatchObject({ time: { day: 21, hour: 0 } })
    const [request] = gdw376.plan(['0D-F161:20261122'], profile).requests
    if (!request) throw new Error('not planned')
    expect(exchange(terminal, request)).toEqual({ kind: 'refusal', code: 'gdw376.denied' })
  })

  it('keeps months and maximum demands with their times', () => {
    const { terminal } = fieldOf()
    const readings = ask(terminal, ['0D-F177:202610', '0D-F193:202610', '1.6.0'])
    expect(readings.filter(({ item }) => item === '1.8.0')[0]?.at).toMatchObject({
      time: { month: 11, day: 1 },
    })
    const demands = readings.filter(({ item }) => item === '1.6.0')
    expect(demands.map(({ at }) => (at?.kind === 'wall' ? at.time.month : null))).toEqual([10, 11])
  })

  it('answers curves point by point', () => {
    const { terminal, meters } = fieldOf()
    const readings = ask(terminal, ['0D-F101:4@2026-11-21T10:00', '0D-F89:3@2026-11-21T10:00/60'])
    const at = Date.UTC(2026, 10, 21, 2, 45)
    const total = meters[1]?.registersAt(at, 10_000).import.total ?? -1
    expect(shown(readings, '1.8.0').at(-1)).toBe((total / 100).toFixed(2))
    expect(readings.map((reading) => reading.at)).toMatchObject([
      { time: { hour: 10, minute: 0 } },
      { time: { hour: 10, minute: 15 } },
      { time: { hour: 10, minute: 30 } },
      { time: { hour: 10, minute: 45 } },
      { time: { hour: 10 } },
      { time: { hour: 11 } },
      { time: { hour: 12 } },
    ])
  })

  it('sends a long answer in parts that are fetched one by one', () => {
    const { terminal } = fieldOf({ bytesMax: 60 })
    const [request] = gdw376.plan(['1.8.0', '2.8.0', '3.8.0', '4.8.0'], profile).requests
    if (!request) throw new Error('not planned')
    const outcome = exchange(terminal, request)
    expect(outcome).toMatchObject({ kind: 'answer', frames: 3 })
    expect(outcome.kind === 'answer' && shown(outcome.readings, '4.8.0')).toHaveLength(1)
  })

  it('denies points and classes that it does not have', () => {
    const { terminal } = fieldOf()
    for (const [item, to] of [
      ['0C-F129', `${address}/9`],
      ['0C-F57', `${address}/1`],
    ] as const) {
      const [request] = gdw376.plan([item], { ...profile, address: to }).requests
      if (!request) throw new Error('not planned')
      expect(exchange(terminal, request)).toEqual({ kind: 'refusal', code: 'gdw376.denied' })
    }
  })

  it('is silent to the address of another', () => {
    const { terminal } = fieldOf()
    const [request] = gdw376.plan(['1.8.0'], { ...profile, address: '4401-0106/2' }).requests
    expect(request && exchange(terminal, request)).toEqual({ kind: 'silence' })
  })

  it('shows and takes its clock', () => {
    const { terminal } = fieldOf()
    expect(shown(ask(terminal, ['0.0.1.0.0'], whole), '0.0.1.0.0')).toEqual(['2026-11-22T11:07:13'])
    const set = gdw376.setClock(soon, whole)
    expect(set && exchange(terminal, set).kind).toBe('answer')
    expect(shown(ask(terminal, ['0.0.1.0.0'], whole), '0.0.1.0.0')).toEqual(['2026-11-22T11:17:13'])
  })

  it('trips and closes the meter of a round, unless supply is kept', () => {
    const { terminal, meters } = fieldOf()
    const order = (action: 'trip' | 'allow-close' | 'protect' | 'unprotect') => {
      const to = action.endsWith('protect') ? whole : profile
      const [request] = gdw376.order({ action, expiresAt: soon }, to).requests
      if (!request) throw new Error('not ordered')
      return exchange(terminal, request).kind
    }
    expect(order('trip')).toBe('answer')
    expect(meters[1]?.isClosedAt(NOON_MS + 1)).toBe(false)
    expect(meters[0]?.isClosedAt(NOON_MS + 1)).toBe(true)
    expect(shown(ask(terminal, ['0C-F161']), '0.0.96.3.10')).toEqual(['open'])
    expect(order('allow-close')).toBe('answer')
    expect(meters[1]?.isClosedAt(NOON_MS + 1)).toBe(true)
    expect(order('protect')).toBe('answer')
    expect(order('trip')).toBe('refusal')
    expect(order('unprotect')).toBe('answer')
    expect(order('trip')).toBe('answer')
  })

  it('does not obey an order that came too late', () => {
    const { terminal, meters } = fieldOf()
    const past = { ...now, minute: 6 }
    const [request] = gdw376.order({ action: 'trip', expiresAt: past }, profile).requests
    expect(request && exchange(terminal, request)).toEqual({ kind: 'silence' })
    expect(meters[1]?.isClosedAt(NOON_MS + 1)).toBe(true)
  })

  it('obeys its password only', () => {
    const { terminal, meters } = fieldOf({ password: secret })
    const trip = (password: string) => {
      const meter = { ...profile, access: { password } }
      const [request] = gdw376.order({ action: 'trip', expiresAt: soon }, meter).requests
      if (!request) throw new Error('not ordered')
      return exchange(terminal, request).kind
    }
    expect(trip('0'.repeat(32))).toBe('refusal')
    expect(meters[1]?.isClosedAt(NOON_MS + 1)).toBe(true)
    expect(trip(secret)).toBe('answer')
    expect(meters[1]?.isClosedAt(NOON_MS + 1)).toBe(false)
  })

  it('reports a trip as an event that waits to be fetched', () => {
    const { terminal } = fieldOf()
    const [trip] = gdw376.order({ action: 'trip', expiresAt: soon }, profile).requests
    if (trip) exchange(terminal, trip)
    const [frame] = terminal.receive(gdw376.encode(clockRequest()), NOON_MS)
    expect(frame && (frame[6] ?? 0) & 0x20).toBe(0x20)
    const readings = ask(terminal, ['0E-F1:0-1'])
    expect(readings[0]).toMatchObject({ name: 'ERC5 Remote trip' })
    expect(valueText(readings[0]?.value ?? { kind: 'text', text: '' })).toBe('2026-11-22T11:07')
    expect(terminal.report()).toBeNull()
  })

  it('sends an event by itself, which is acknowledged', () => {
    const { terminal } = fieldOf()
    const [trip] = gdw376.order({ action: 'trip', expiresAt: soon }, profile).requests
    if (trip) exchange(terminal, trip)
    const report = terminal.report()
    const unasked = report && gdw376.unasked(report)
    expect(unasked).toMatchObject({ kind: 'report', address })
    expect(unasked?.answer && gdw376.describe(unasked.answer).dataId).toBe('00-F1')
  })

  it('logs in, shows that it lives, and leaves', () => {
    const { terminal } = fieldOf()
    for (const [frame, kind] of [
      [terminal.login(), 'login'],
      [terminal.heartbeat(), 'heartbeat'],
      [terminal.logout(), 'logout'],
    ] as const) {
      const unasked = gdw376.unasked(frame)
      expect(unasked).toMatchObject({ kind, address })
      expect(unasked?.answer && terminal.receive(unasked.answer, NOON_MS)).toEqual([])
    }
  })

  it('keeps what was set, and lists its meters by number', () => {
    const { terminal } = fieldOf()
    const readings = ask(terminal, ['0A-F10:2'])
    expect(readings.map(({ value }) => valueText(value))).toContain('330120000042')
    expect(readings.map(({ value }) => valueText(value))).not.toContain('330120000041')
    expect(ask(terminal, ['0A-F25', '09-F1']).length).toBeGreaterThan(10)
  })

  it('forgets half a request with the connection it came on', () => {
    const { terminal } = fieldOf()
    const frame = gdw376.encode(clockRequest())
    expect(terminal.receive(frame.subarray(0, 9), NOON_MS)).toEqual([])
    terminal.reset()
    expect(terminal.receive(frame.subarray(9), NOON_MS)).toEqual([])
    expect(terminal.receive(frame, NOON_MS).map(toHex)).toHaveLength(1)
  })
})

function clockRequest(): Gdw376Request {
  const [request] = gdw376.plan(['0C-F2'], profile).requests
  if (!request) throw new Error('not planned')
  return request
}

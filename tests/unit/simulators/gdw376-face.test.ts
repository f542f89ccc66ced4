import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  frozenItems,
  type Gdw376Request,
  type Gdw376Response,
  gdw376,
  writeData,
} from '#protocols/gdw376'
import { type MeterProfile, type Reading, type Value, valueText } from '#protocols/model'
import {
  dlt645Face,
  type Gdw376TerminalOptions,
  gdw376Face,
  standardBytesMax,
} from '#simulators/faces'
import { Site } from '#simulators/meter'
import { meterOf, NOON_MS } from './field.ts'

const address = '4401-0105'
const profile: MeterProfile = { address: `${address}/2`, profile: null }
const whole: MeterProfile = { address, profile: null }
const secret = '00112233445566778899AABBCCDDEEFF'
/** The moment of the tests on the wall of the site, and a little later. */
const now = { year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }
const soon = { ...now, minute: 17 }

function fieldOf(options: Partial<Gdw376TerminalOptions> = {}) {
  const meters = [meterOf({ seed: 5, address: '330120000041' }), meterOf()]
  const port = dlt645Face(meters)
  const terminal = gdw376Face({
    address,
    site: new Site('Asia/Shanghai', 7),
    points: meters.map((meter, index) => ({ point: index + 1, meter })),
    port,
    password: null,
    bytesMax: standardBytesMax,
    ...options,
  })
  return { terminal, meters }
}

type Terminal = ReturnType<typeof fieldOf>['terminal']

/** Exchanges as a head-end does, with confirmations of parts. */
function exchange(terminal: Terminal, first: Gdw376Request, nowMs = NOON_MS) {
  const parts: Gdw376Response[] = []
  for (let request: Gdw376Request | null = first; request; ) {
    const [frame] = terminal.receive(gdw376.encode(request), nowMs)
    if (!frame) return { kind: 'silence' } as const
    const decoded = gdw376.decode(frame)
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    expect(gdw376.answers(request, decoded.response)).toBe(true)
    if (decoded.kind === 'refusal') return { kind: 'refusal', code: decoded.refusal.code } as const
    parts.push(decoded.response)
    request = gdw376.follow(request, decoded.response)
  }
  const read = gdw376.readings(first, parts)
  if (!read.ok) throw new Error(read.malformed.message)
  return { kind: 'answer', readings: read.readings, frames: parts.length } as const
}

function ask(terminal: Terminal, items: readonly string[], meter = profile): readonly Reading[] {
  const { requests, unsupported } = gdw376.plan(items, meter)
  expect(unsupported).toEqual([])
  return requests.flatMap((request) => {
    const outcome = exchange(terminal, request)
    return outcome.kind === 'answer' ? outcome.readings : []
  })
}

const shown = (readings: readonly Reading[], code: string) =>
  readings.filter(({ item }) => item === code).map(({ value }) => valueText(value))

/** Hundredths of a kilowatt-hour with four decimals. */
const centi = (value: number) => (value / 100).toFixed(2).concat('00')

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

  it('tells when remote control opened and closed the supply last', () => {
    const { terminal, meters } = fieldOf()
    const told = (nowMs: number) => {
      const [request] = gdw376.plan(['0C-F161'], profile).requests
      const outcome = request && exchange(terminal, request, nowMs)
      const readings = outcome?.kind === 'answer' ? outcome.readings : []
      return readings.map(({ value }) => (value.kind === 'missing' ? null : valueText(value)))
    }
    const order = (action: 'trip' | 'allow-close', nowMs: number) => {
      const expiresAt = { ...now, minute: now.minute + 10 }
      const [request] = gdw376.order({ action, expiresAt }, profile).requests
      expect(request && exchange(terminal, request, nowMs).kind).toBe('answer')
    }
    expect(told(NOON_MS)).toEqual(['closed', null, null])
    order('trip', NOON_MS)
    expect(told(NOON_MS + 60_000)).toEqual(['open', null, '2026-11-22T11:07'])
    // Allowing only allows: who closes stands at the meter.
    order('allow-close', NOON_MS + 60_000)
    expect(told(NOON_MS + 120_000)).toEqual(['closed', null, '2026-11-22T11:07'])
    // Orders to the meter itself are remote control too.
    const supply = meters[1]?.supply
    supply?.order('trip', '00000001', NOON_MS + 180_000)
    supply?.order('close', '00000001', NOON_MS + 240_000)
    expect(told(NOON_MS + 400_000)).toEqual(['closed', '2026-11-22T11:11', '2026-11-22T11:10'])
    // What was yesterday was yesterday.
    expect(told(NOON_MS - 60_000)).toEqual(['closed', null, null])
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

  it('keeps tasks as they were set, and tells their data while they run', () => {
    const { terminal, meters } = fieldOf()
    const task: MeterProfile = { address: `${address}/9`, profile: null }
    const set = (fn: number, values: readonly Value[]) =>
      exchange(terminal, settingOf(task, fn, values)).kind
    const asked = (item: string) => {
      const [request] = gdw376.plan([item], task).requests
      if (!request) throw new Error('not planned')
      return exchange(terminal, request)
    }
    for (const item of ['0A-F65', '0A-F67', '0B-F1', '0B-F2:2026-11-20T00:00']) {
      expect(asked(item), item).toEqual({ kind: 'refusal', code: 'gdw376.denied' })
    }
    // Every 15 minutes: the registers (F129) and the switch (F161) of both meters, and the clock.
    const head = [text('0F'), text('2026-11-22T00:00:00'), number(1)]
    expect(set(65, [...head, number(3), ...['03010110', '03010114', '00000200'].map(text)])).toBe(
      'answer',
    )
    expect(asked('0B-F1')).toMatchObject({ kind: 'refusal' })
    expect(set(67, [text('started')])).toBe('answer')
    const kept = asked('0A-F65')
    const words = kept.kind === 'answer' ? kept.readings.map(({ value }) => valueText(value)) : []
    expect(words).toEqual(['0F', '2026-11-22T00:00:00', '1', '03010110', '03010114', '00000200'])
    expect(asked('0A-F67')).toMatchObject({
      kind: 'answer',
      readings: [{ value: text('started') }],
    })
    const told = asked('0B-F1')
    const readings = told.kind === 'answer' ? told.readings : []
    const totals = meters.map((meter) => centi(meter.registersAt(NOON_MS, 10_000).import.total))
    expect(shown(readings, '1.8.0')).toEqual(totals)
    expect(shown(readings, '0.0.96.3.10')).toEqual(['closed', 'closed'])
    expect(shown(readings, '0.0.1.0.0')).toEqual(['2026-11-22T11:07:13'])
    expect(set(67, [text('stopped')])).toBe('answer')
    expect(asked('0B-F1')).toMatchObject({ kind: 'refusal' })
  })

  it('tells days, months and curves of a task of class 2, from the time that was asked for', () => {
    const { terminal, meters } = fieldOf({ bytesMax: 120 })
    const task: MeterProfile = { address: `${address}/3`, profile: null }
    // Once a day: freezes of the day (F161) and the month (F177), and the curve F101 of meter 2.
    const head = [text('81'), text('2026-11-22T00:00:00'), number(2)]
    const ids = ['02010114', '02010116', '0201100C'].map(text)
    exchange(terminal, settingOf(task, 66, [...head, number(3), ...ids]))
    exchange(terminal, settingOf(task, 68, [text('started')]))
    const since = (time: string) => {
      const [request] = gdw376.plan([`0B-F2:${time}`], task).requests
      const told = request && exchange(terminal, request)
      return told?.kind === 'answer' ? told.readings : []
    }
    const readings = since('2026-11-20T08:00').filter(({ item }) => item === '1.8.0')
    const before = [Date.UTC(2026, 10, 20, 16)].map(
      (ms) => meters[1]?.registersAt(ms, 10_000).import.total ?? -1,
    )
    expect(readings.slice(0, 1).map(({ value }) => valueText(value))).toEqual(before.map(centi))
    const curve = readings.filter(({ dataClass }) => dataClass === 'interval')
    expect(curve).toHaveLength(48)
    expect(curve.slice(0, 2).map(({ at }) => at)).toMatchObject([
      { time: { day: 20, hour: 8, minute: 0 } },
      { time: { day: 20, hour: 8, minute: 30 } },
    ])
    // Of November, which has not ended, there is nothing; of October there is.
    expect(readings.filter(({ dataClass }) => dataClass === 'monthly')).toEqual([])
    const months = since('2026-10-03T00:00').filter(({ dataClass }) => dataClass === 'monthly')
    expect(months.length).toBeGreaterThan(0)
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

const text = (value: string): Value => ({ kind: 'text', text: value })
const number = (digits: number): Value => ({ kind: 'number', digits, scale: 0 })

/** AFN 04 for the point of an address. */
function settingOf(to: MeterProfile, fn: number, values: readonly Value[]): Gdw376Request {
  const data = writeData(0x04, fn, values)
  const [clock] = gdw376.plan(['0C-F2'], to).requests
  const pn = Number(to.address.split('/')[1] ?? 0)
  if (!data || !clock) throw new Error('not written')
  return { ...clock, afn: 0x04, units: [{ pn, fn, data }], password: '00'.repeat(16) }
}

function clockRequest(): Gdw376Request {
  const [request] = gdw376.plan(['0C-F2'], profile).requests
  if (!request) throw new Error('not planned')
  return request
}

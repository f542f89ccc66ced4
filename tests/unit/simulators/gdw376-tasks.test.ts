import { describe, expect, it } from 'vitest'
import { type Gdw376Request, gdw376, writeData } from '#protocols/gdw376'
import { type MeterProfile, type Value, valueText } from '#protocols/model'
import { NOON_MS } from './field.ts'
import { address, centi, exchange, fieldOf, now, profile, shown } from './gdw376-field.ts'

describe('a terminal of 376.1 with tasks', () => {
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
})

describe('a terminal of 376.1 whose meters are switched', () => {
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

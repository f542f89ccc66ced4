import { describe, expect, it } from 'vitest'
import type { Reading } from '#protocols/model'
import { type PolledMeter, type PollPlan, PushSlots } from '#src/acquisition'
import type { SlotOutcome } from '#src/collection'
import { civilTime, idOf, minutes, seconds } from '#src/core'
import { ManualClock } from '#tests/support'

const reports: PollPlan = {
  id: idOf(9),
  name: 'reports',
  protocol: 'mqtt',
  dataClass: 'current',
  items: ['1.8.0', '16.7.0'],
  cycle: minutes(15),
  offset: seconds(0),
  priority: 20,
  catchUp: null,
}

const meterOf = (id: number, protocol: PolledMeter['protocol'] = 'mqtt'): PolledMeter => {
  return { id: idOf(id), address: `m${id}`, protocol, profile: null }
}

const power: Reading = {
  item: '16.7.0',
  dataId: 'power',
  name: 'Active power',
  unit: 'kW',
  value: { kind: 'number', digits: 1, scale: 0 },
  dataClass: 'current',
  at: null,
}

function start(startMinute = 1) {
  const clock = new ManualClock(Date.UTC(2026, 10, 22, 4, startMinute))
  const meters = [meterOf(1), meterOf(2), meterOf(3, 'dlt645-2007')]
  const held: PollPlan[] = [reports]
  const ended: SlotOutcome[] = []
  const stop = new AbortController()
  const slots = new PushSlots({
    plans: () => held,
    meters: () => meters,
    intake: {
      settled: async (more) => void ended.push(...more),
    },
    clock,
    civil: civilTime('Asia/Shanghai'),
  })
  const running = slots.run(stop.signal)
  const end = async () => {
    stop.abort()
    await running
  }
  return { clock, slots, meters, held, ended, end }
}

describe('meters that report by themselves', () => {
  it('owe a report a cycle, which the first one pays', async () => {
    const { clock, slots, held, ended, end } = start()
    await clock.advance(minutes(1))
    const slotStart = Date.UTC(2026, 10, 22, 4, 0)
    expect(slots.heard(idOf(1), [power])).toEqual([
      { planId: 9, meterId: 1, slotStart, attempts: 0, kind: 'answered', answeredAt: clock.now() },
    ])
    expect(slots.heard(idOf(1), [power])).toEqual([])
    await clock.advance(minutes(14))
    expect(ended).toEqual([
      { planId: 9, meterId: 2, slotStart, attempts: 1, kind: 'missing', reason: 'silent' },
    ])
    // Of a plan that ends the ledger says itself what its slots are.
    held.pop()
    await clock.advance(minutes(15))
    expect(ended).toHaveLength(1)
    expect(slots.heard(idOf(1), [power])).toEqual([])
    await end()
  })

  it('do not pay with what was not expected of them', async () => {
    const { clock, slots, end } = start()
    await clock.advance(minutes(1))
    const missing: Reading = { ...power, value: { kind: 'missing', flag: 'absent' } }
    expect(slots.heard(idOf(1), [{ ...power, item: '14.7.0' }, missing])).toEqual([])
    expect(slots.heard(idOf(3), [power])).toEqual([])
    expect(slots.heard(idOf(1), [power])).toHaveLength(1)
    await end()
  })

  it('owe nothing for a slot that was half over at the start, nor before they were known', async () => {
    const { clock, meters, slots, end } = start(9)
    await clock.advance(minutes(5))
    expect(slots.heard(idOf(1), [power])).toEqual([])
    meters.push(meterOf(4))
    await clock.advance(minutes(2))
    for (const id of [1, 2, 4]) expect(slots.heard(idOf(id), [power])).toHaveLength(1)
    await end()
  })
})

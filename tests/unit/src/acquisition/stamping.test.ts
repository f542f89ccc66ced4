import { describe, expect, it } from 'vitest'
import type { Reading, Stamp } from '#protocols/model'
import { stampReadings } from '#src/acquisition'
import { civilTime, idOf, instant } from '#src/core'

const civil = civilTime('Asia/Shanghai')
const receivedAt = instant(Date.parse('2026-11-22T04:00:00Z'))
const arrival = { meterId: idOf<'meter'>(1), receivedAt, source: 'poll' } as const

const wall = (day: number, month = 11): Stamp => ({
  kind: 'wall',
  time: { year: 2026, month, day, hour: 0, minute: 0, second: 0 },
})

const reading = (change: Partial<Reading>): Reading => ({
  item: '1.8.0',
  dataId: '00010000',
  name: 'Active energy import, total',
  unit: 'kWh',
  value: { kind: 'number', digits: 12345, scale: 2 },
  dataClass: 'current',
  at: null,
  ...change,
})

describe('the moment of a reading', () => {
  it('is that of the answer for a present value', () => {
    const { stored } = stampReadings([reading({})], arrival, civil)
    expect(stored).toMatchObject([{ measuredAt: receivedAt, timeSource: 'head-end' }])
  })

  it("is the meter's word where it sends one, read in the utility's zone", () => {
    const { stored } = stampReadings(
      [reading({ dataClass: 'daily', at: wall(22) })],
      arrival,
      civil,
    )
    expect(stored).toMatchObject([
      { measuredAt: Date.parse('2026-11-21T16:00:00Z'), timeSource: 'meter' },
    ])
  })

  it('is told by the time that was frozen with it', () => {
    const frozenAt = reading({
      item: null,
      dataId: '05060001',
      dataClass: 'daily',
      at: wall(22),
      value: { kind: 'text', text: '2026-11-22 00:00' },
    })
    const value = reading({ dataId: '05060101', dataClass: 'daily' })
    const { stored, dropped } = stampReadings([frozenAt, value], arrival, civil)
    expect(stored).toMatchObject([{ measuredAt: Date.parse('2026-11-21T16:00:00Z') }])
    expect(dropped.unknown).toBe(0)
  })

  it('is not taken from another freeze, and a frozen value without one is not kept', () => {
    const otherDay = reading({ item: null, dataId: '05060002', dataClass: 'daily', at: wall(21) })
    const value = reading({ dataId: '05060101', dataClass: 'daily' })
    const { stored, dropped } = stampReadings([otherDay, value], arrival, civil)
    expect(stored).toEqual([])
    expect(dropped['no-time']).toBe(1)
  })

  it('is not lent by one row of a table to another', () => {
    const dataId = '7:1.0.99.1.0.255:2/3:1.0.1.8.0.255:2'
    const rows = [reading({ dataId, dataClass: 'interval', at: wall(22) })]
    const lost = reading({ dataId, dataClass: 'interval' })
    const { stored, dropped } = stampReadings([...rows, lost], arrival, civil)
    expect(stored).toHaveLength(1)
    expect(dropped['no-time']).toBe(1)
  })

  it('must be possible and not in the future', () => {
    const impossible = reading({ dataClass: 'daily', at: wall(31, 2) })
    const ahead = reading({ dataClass: 'daily', at: wall(24) })
    const { stored, dropped } = stampReadings([impossible, ahead], arrival, civil)
    expect(stored).toEqual([])
    expect(dropped['bad-time']).toBe(2)
  })
})

describe('a value that cannot be stored', () => {
  it('is counted by reason', () => {
    const { stored, dropped } = stampReadings(
      [reading({ value: { kind: 'missing', flag: 'absent' } }), reading({ item: null })],
      arrival,
      civil,
    )
    expect(stored).toEqual([])
    expect(dropped).toMatchObject({ empty: 1, unknown: 1 })
  })
})

import { describe, expect, test } from 'vitest'
import { dlt645 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import type { DeviceEvent, KnownEvent } from '#protocols/model'

describe('a pull of what is new', () => {
  const none: readonly KnownEvent[] = []
  const now = { year: 2026, month: 11, day: 22, hour: 8, minute: 0, second: 0 }
  const number = (dataId: string, digits: number) =>
    ({
      item: null,
      dataId,
      name: '',
      unit: '',
      value: { kind: 'number', digits, scale: 0 },
      dataClass: 'current',
      at: null,
    }) as const

  test('of DL/T 645 asks the counts, and nothing more where none rose', () => {
    const pull = dlt645.pullEvents?.(
      ['03110000'],
      [{ series: '031100', phase: null, sequence: 4, at: null, isOpen: false }],
      now,
    )
    expect(pull?.next(null)).toEqual(['03110000'])
    expect(pull?.next({ readings: [number('03110000', 4)], events: [] })).toEqual([])
  })

  test('of DL/T 645 asks as many records as the count rose by, and those that went on', () => {
    const known: readonly KnownEvent[] = [
      { series: '031100', phase: null, sequence: 4, at: null, isOpen: false },
      { series: '031100', phase: null, sequence: 2, at: null, isOpen: true },
    ]
    const pull = dlt645.pullEvents?.(['03110000'], known, now)
    pull?.next(null)
    expect(pull?.next({ readings: [number('03110000', 6)], events: [] })).toEqual([
      '03110001',
      '03110002',
      '03110005',
    ])
    expect(pull?.next({ readings: [], events: [] })).toEqual(['03110000'])
    expect(pull?.next({ readings: [number('03110000', 6)], events: [] })).toEqual([])
  })

  test('of DL/T 645 reads again what moved while it read', () => {
    const pull = dlt645.pullEvents?.(['03110000'], none, now)
    pull?.next(null)
    expect(pull?.next({ readings: [number('03110000', 1)], events: [] })).toEqual(['03110001'])
    expect(pull?.next({ readings: [], events: [] })).toEqual(['03110000'])
    expect(pull?.next({ readings: [number('03110000', 2)], events: [] })).toEqual([
      '03110001',
      '03110002',
    ])
  })

  test('of 376.1 asks from the pointer behind the last record, across the end of the pointers', () => {
    const at = now
    const pull = gdw376.pullEvents?.(
      ['0E-F1', '0E-F2'],
      [{ series: 'ERC14', phase: null, sequence: 252, at, isOpen: false }],
    )
    expect(pull?.next(null)).toEqual(['0C-F7'])
    const counters = [number('0C-F7', 2), number('0C-F7', 3)]
    expect(pull?.next({ readings: counters, events: [] })).toEqual(['0E-F1:253-2'])
    expect(pull?.next({ readings: [], events: [] })).toEqual(['0E-F2:0-3'])
    expect(pull?.next({ readings: [], events: [] })).toEqual([])
  })

  test('of 698.45 asks the last record, and the others where its number is further on', () => {
    const pull = dlt698.pullEvents?.(
      ['30110200'],
      [{ series: '3011', phase: null, sequence: 35, at: now, isOpen: false }],
      now,
    )
    expect(pull?.next(null)).toEqual(['30110200:1'])
    const last: DeviceEvent = {
      code: 'power-failure',
      eventId: '3011',
      series: '3011',
      phase: null,
      of: null,
      raisedAt: null,
      clearedAt: null,
      sequence: 38,
      place: null,
      details: [],
      raw: '',
    }
    expect(pull?.next({ readings: [], events: [last] })).toEqual(['30110200:3'])
    expect(pull?.next({ readings: [], events: [] })).toEqual([])
  })
})

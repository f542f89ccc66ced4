import { describe, expect, it } from 'vitest'
import type { Reading } from '#protocols/model'
import { entriesOf376, entriesOf698 } from '#src/acquisition'
import type { ReadItem } from '#src/collection'
import { archivedAs, compare, remarksOf, verdictOf, waysOf, wordsOf } from '#src/commissioning'
import { civilTime, idOf, instant } from '#src/core'

const civil = civilTime('Asia/Shanghai')
const meter = (id: number, address: string, channel = 1) => ({
  id: idOf<'meter'>(id),
  address,
  protocol: 'dlt645-2007' as const,
  channelId: idOf<'channel'>(channel),
})
const found = (address: string, place = '') => ({
  address,
  place,
  protocol: 'dlt645-2007' as const,
})

describe('the comparison with the archive', () => {
  it('tells known, new, missing, moved and duplicate meters apart', () => {
    const archive = [meter(1, 'A'), meter(2, 'B'), meter(3, 'C', 2), meter(4, '2347-0001/5')]
    const seen = [
      found('A'),
      found('C'),
      found('N'),
      found('D'),
      found('D', 'x'),
      found('E', '2347-0001/5'),
    ]
    expect(compare(seen, archive, 1).map(({ address, match }) => [address, match])).toEqual([
      ['A', 'known'],
      ['C', 'moved'],
      ['N', 'new'],
      ['D', 'duplicate'],
      ['D', 'duplicate'],
      ['E', 'known'],
      ['B', 'missing'],
    ])
  })

  it('enters a metering point of a terminal as one, and other meters by their address', () => {
    expect(archivedAs(found('A', '2347-0001/5'))).toEqual({
      address: '2347-0001/5',
      protocol: 'gdw376',
    })
    expect(archivedAs(found('A'))).toEqual({ address: 'A', protocol: 'dlt645-2007' })
  })

  it('searches as suits the channel', () => {
    const kinds = (kind: 'dialin' | 'mqtt' | 'modbus-tcp', identity: string) =>
      waysOf({ kind, settings: { identity } }, []).map((way) => way.kind)
    expect(kinds('dialin', '2347-0001')).toEqual(['gdw376'])
    expect(kinds('dialin', '330100000001')).toEqual(['dlt645'])
    expect(kinds('modbus-tcp', '')).toEqual(['modbus'])
    expect(kinds('mqtt', '')).toEqual([])
  })
})

describe('archives that terminals tell', () => {
  it('are lists of 376.1, entry by entry', () => {
    const values = ['1', '3', '61', '30', '330120000001', '2', '0', '61', '30', '330120000002']
    const names = ['Number', 'Metering point', 'Baud rate and port', 'Protocol', 'Address']
    const readings = values.map((text, at): Reading => {
      const value = { kind: 'text', text } as const
      const name = names[at % names.length] ?? ''
      return { item: null, dataId: '0A-F10', name, unit: '', value, dataClass: 'current', at: null }
    })
    expect(entriesOf376(readings)).toEqual([
      { point: '3', protocol: '30', address: '330120000001' },
    ])
  })

  it('are one value of 698.45', () => {
    const text = '[{1, {05330120000042, 6, 3, F2010201, , 4}, {05000000000000, , 1}, []}]'
    expect(entriesOf698(text)).toEqual([{ place: '1', protocol: '3', address: '330120000042' }])
  })
})

describe('the verdict of a first read', () => {
  const answeredAt = instant(Date.parse('2026-11-22T10:00:00+08:00'))
  const read = (values: Readonly<Record<string, string>>): readonly ReadItem[] =>
    Object.entries(values).map(([item, value]) => ({
      ...{ meterId: idOf<'meter'>(1), item, state: 'answered', value, unit: '', at: null },
      ...{ answeredAt, reason: null },
      readings: [{ register: item, name: '', value, unit: '', at: null, flag: null }],
    }))
  const codes = (values: Readonly<Record<string, string>>, before: string | null = null) =>
    remarksOf(
      {
        protocol: 'dlt645-1997',
        items: read(values),
        before: before === null ? null : { at: instant(0), value: before },
      },
      civil,
    ).map(({ code }) => code)
  const clock = { '0.9.2': '2026-11-22', '0.9.1': '10:00:05' }

  it('is ready where register and clock are as they should be', () => {
    expect(codes({ '1.8.0': '12.34', ...clock })).toEqual([])
    expect(verdictOf([])).toBe('ready')
  })

  it('tells clocks that are off, wrong and impossible', () => {
    expect(codes({ '1.8.0': '1', ...clock, '0.9.1': '10:02:00' })).toEqual(['clock.off'])
    expect(codes({ '1.8.0': '1', ...clock, '0.9.1': '11:00:00' })).toEqual(['clock.wrong'])
    expect(codes({ '1.8.0': '1', ...clock, '0.9.2': '2026-02-31' })).toEqual(['clock.impossible'])
  })

  it('tells a register that is absent, and one that fell', () => {
    expect(codes(clock)).toEqual(['register.absent'])
    expect(codes({ '1.8.0': '12.34', ...clock }, '13')).toEqual(['register.fell'])
  })

  it('tells what the wiring shows', () => {
    const wired = { '32.7.0': '220.0', '31.7.0': '1.000', '36.7.0': '-0.2200' }
    expect(codes({ '1.8.0': '1', ...clock, ...wired })).toEqual(['wiring.current.reversed'])
  })

  it.each([
    ['exchange.timeout', 'meter.silent'],
    ['dlt645.other-edition', 'meter.other-edition'],
    ['read.offline', 'channel.offline'],
    ['exchange.damaged', 'meter.garbled'],
    ['dlt645.password', 'meter.refuses'],
  ])('calls %s %s, and has words for it', (code, remark) => {
    const [one] = read({ '1.8.0': '1' })
    if (one === undefined) throw new Error('no item')
    const item: ReadItem = { ...one, state: 'failed', readings: [], reason: { code, message: 'x' } }
    const remarks = remarksOf({ protocol: 'dlt645-2007', items: [item], before: null }, civil)
    expect(remarks).toEqual([{ code: remark, severity: 'fault', evidence: 'x' }])
    expect(wordsOf(remark).zh).not.toBe(remark)
  })
})

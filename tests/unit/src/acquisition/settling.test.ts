import { describe, expect, it } from 'vitest'
import type { Reading, Stamp } from '#protocols/model'
import { itemsOf, type MeterReadout, type PollPlan, settleVisit } from '#src/acquisition'
import { civilTime, hours, idOf, instant, minutes, seconds } from '#src/core'

const civil = civilTime('Asia/Shanghai')
const at = instant(Date.parse('2026-11-22T10:20:00+08:00'))
const meterId = idOf<'meter'>(1)
const slotAt = (text: string) => instant(Date.parse(`2026-11-${text}+08:00`))

const profile: PollPlan = {
  id: idOf(3),
  name: 'load profile',
  protocol: 'dlt645-2007',
  dataClass: 'interval',
  items: ['06040002:4'],
  cycle: minutes(15),
  offset: seconds(120),
  priority: 10,
  catchUp: { span: hours(7 * 24), items: ['06040001:{count}@{from}'], slotsMax: 8 },
}

const freeze: PollPlan = {
  ...profile,
  id: idOf(2),
  dataClass: 'daily',
  items: ['05060001', '05060101'],
  cycle: hours(24),
  offset: seconds(1_800),
  catchUp: { span: hours(31 * 24), items: ['050600{nth}', '050601{nth}'], slotsMax: 1 },
}

const wall = (day: number, hour: number, minute: number): Stamp => ({
  kind: 'wall',
  time: { year: 2026, month: 11, day, hour, minute, second: 0 },
})

const record = (dataId: string, stamp: Stamp | null): Reading => ({
  item: '1.8.0',
  dataId,
  name: 'Active energy import, total',
  unit: 'kWh',
  value: { kind: 'number', digits: 1, scale: 2 },
  dataClass: 'interval',
  at: stamp,
})

const readoutOf = (...readings: readonly Reading[]): MeterReadout => ({
  readings: readings.map((reading) => ({ ...reading, roundTripMs: 5 })),
  refusals: [],
  unsupported: [],
  unusable: [],
  failure: null,
  roundTripMs: 5,
})

describe('what a visit says of the slots of its plan', () => {
  const visit = { plan: profile, meterId, items: profile.items, at, elsewhere: null } as const
  const ownSlot = slotAt('22T10:17:00')

  it('fills the slot of each record, its own and those that came along', () => {
    const readout = readoutOf(
      record('06040002', wall(22, 10, 0)),
      record('06040002', wall(22, 10, 15)),
    )
    const outcomes = settleVisit({ ...visit, slots: [ownSlot], readout }, civil)
    expect(outcomes).toEqual([
      { planId: 3, meterId, slotStart: ownSlot, attempts: 1, kind: 'answered', answeredAt: at },
      {
        planId: 3,
        meterId,
        slotStart: slotAt('22T10:02:00'),
        attempts: 0,
        kind: 'found',
        answeredAt: at,
      },
    ])
  })

  it('leaves a slot open whose record the meter has not written yet', () => {
    const readout = readoutOf(record('06040002', wall(22, 10, 0)))
    const outcomes = settleVisit({ ...visit, slots: [ownSlot], readout }, civil)
    expect(outcomes.map(({ kind, slotStart }) => [kind, slotStart])).toEqual([
      ['found', slotAt('22T10:02:00')],
    ])
  })

  it('says of each slot of the past whether its record came', () => {
    const slots = [slotAt('22T08:02:00'), slotAt('22T08:17:00')]
    const items = ['06040001:2@2026-11-22T08:00']
    const readout = readoutOf(record('06040001', wall(22, 8, 15)))
    const outcomes = settleVisit(
      { ...visit, slots, items, readout, elsewhere: 'other-time' },
      civil,
    )
    expect(outcomes).toMatchObject([
      { slotStart: slots[0], kind: 'missing', reason: 'other-time' },
      { slotStart: slots[1], kind: 'answered' },
    ])
  })

  it('takes the time of a freeze from the meter, and counts a refused one as missing', () => {
    const slots = [slotAt('20T00:30:00')]
    const items = ['05060003', '05060103']
    const frozen = record('05060003', wall(20, 0, 0))
    const plan = { ...visit, plan: freeze, slots, items, elsewhere: 'other-time' } as const
    expect(settleVisit({ ...plan, readout: readoutOf(frozen) }, civil)).toMatchObject([
      { planId: 2, slotStart: slots[0], kind: 'answered' },
    ])
    const refusals = [{ code: 'dlt645.no-such-data', message: 'none' }]
    expect(settleVisit({ ...plan, readout: { ...readoutOf(), refusals } }, civil)).toMatchObject([
      { kind: 'missing', reason: 'refused', attempts: 1 },
    ])
  })
})

describe('a visit that brought nothing of what it was for', () => {
  const visit = { plan: profile, meterId, items: profile.items, at, elsewhere: null } as const
  const slots = [slotAt('22T10:17:00')]
  const reasonOf = (readout: MeterReadout) =>
    settleVisit({ ...visit, slots, readout }, civil).map((outcome) =>
      outcome.kind === 'missing' ? outcome.reason : outcome.kind,
    )

  it('may have come before the record was written', () => {
    expect(reasonOf(readoutOf())).toEqual(['other-time'])
  })

  it('need not be made again where the protocol has no word for it', () => {
    expect(reasonOf({ ...readoutOf(), unsupported: profile.items })).toEqual(['unsupported'])
    expect(reasonOf(readoutOf(record('02010100', null)))).toEqual(['unsupported'])
  })
})

describe('how the past is asked for', () => {
  const meter = { id: meterId, address: '1', protocol: 'dlt645-2007', profile: null } as const

  it('names the first record by the wall clock of the meter, and how many', () => {
    const slots = [slotAt('21T23:47:00'), slotAt('22T00:02:00'), slotAt('22T00:17:00')]
    expect(itemsOf({ plan: profile, meter, slots }, at, civil)).toEqual([
      '06040001:3@2026-11-21T23:45',
    ])
  })

  it('names the last record, too, for those who ask from one time to another', () => {
    const span = profile.catchUp
    if (!span) throw new Error('no plan here looks back')
    const plan = { ...profile, catchUp: { ...span, items: ['7:1:2@{from}..{to}:59'] } }
    const slots = [slotAt('21T23:47:00'), slotAt('22T00:02:00'), slotAt('22T00:17:00')]
    const alone = slots.slice(0, 1)
    expect(itemsOf({ plan, meter, slots }, at, civil)).toEqual([
      '7:1:2@2026-11-21T23:45..2026-11-22T00:15:59',
    ])
    expect(itemsOf({ plan, meter, slots: alone }, at, civil)).toEqual([
      '7:1:2@2026-11-21T23:45..2026-11-21T23:45:59',
    ])
  })

  it('names a freeze by the day that ended with it', () => {
    const span = freeze.catchUp ?? profile.catchUp
    if (!span) throw new Error('no plan here looks back')
    const plan = { ...freeze, catchUp: { ...span, items: ['0D-F161:{day}'] } }
    const asked = itemsOf({ plan, meter, slots: [slotAt('01T00:30:00')] }, at, civil)
    expect(asked).toEqual(['0D-F161:20261031'])
  })

  it('counts freezes from that of the last midnight, also before their own slot is due', () => {
    const slots = [slotAt('20T00:30:00')]
    const errand = { plan: freeze, meter, slots }
    expect(itemsOf(errand, at, civil)).toEqual(['05060003', '05060103'])
    expect(itemsOf(errand, slotAt('22T00:10:00'), civil)).toEqual(['05060003', '05060103'])
    const longAgo = { ...errand, slots: [slotAt('01T00:30:00')] }
    expect(itemsOf(longAgo, at, civil)).toEqual(['05060016', '05060116'])
  })
})

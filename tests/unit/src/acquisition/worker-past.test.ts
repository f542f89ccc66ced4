import { describe, expect, it } from 'vitest'
import type { PollPlan } from '#src/acquisition'
import type { Collection } from '#src/collection'
import { hours, type Instant, instant, minutes } from '#src/core'
import { daily, field, meters, missesOf, quarterly } from './worker-field.ts'

const ASKED_FOR_THE_PAST = 7
const slotStart = instant(Date.UTC(2026, 10, 21, 16))
const past: PollPlan = {
  ...daily,
  catchUp: { span: hours(24), items: [String(ASKED_FOR_THE_PAST)], slotsMax: 4 },
}

/** A ledger in which the first meter owes slots of the past, tried so often and missed for this. */
function ledgerOf(
  owed: () => readonly { slotStart: Instant; attempts: number; reason: string | null }[],
  looks: number[] = [],
  now: () => number = () => 0,
): Collection['open'] {
  return async ({ planId, meterIds: [meterId] }) => {
    looks.push(now())
    if (meterId === undefined || meterId !== meters[0]?.id) return []
    return owed().map((slot) => ({ planId, meterId, due: slot.slotStart, ...slot }))
  }
}

describe('what a channel still owes of the past', () => {
  it('is asked for again a quarter of an hour after two lost frames, also of a daily task', async () => {
    const { clock, asked, caughtUp, awake, end } = field({
      awake: [2, 3],
      plans: [past],
      owed: ledgerOf(() => [{ slotStart, attempts: 1, reason: 'timeout' }]),
    })
    await clock.advance(minutes(13))
    expect(asked.filter(([address]) => address === 1)).toHaveLength(2)
    awake.add(1)
    // The ledger is looked at every ten minutes.
    await clock.advance(minutes(8))
    expect(asked.filter(([address]) => address === 1)).toHaveLength(3)
    expect(caughtUp.at(-1)?.[0].meter.address).toBe('1')
    await end()
  })

  it('is looked for when the pause of a silent meter ends, though nothing else is missed', async () => {
    const looks: number[] = []
    let now = () => 0
    const { clock, end } = field({
      awake: [2, 3],
      plans: [past],
      owed: ledgerOf(
        () => [{ slotStart, attempts: 1, reason: 'timeout' }],
        looks,
        () => now(),
      ),
    })
    now = () => clock.now()
    await clock.advance(hours(8))
    // After 15, 30 and 60 minutes, and then every hour.
    const waits = looks.slice(2).map((at, index) => at - (looks[index + 1] ?? at))
    expect(Math.max(...waits)).toBeLessThan(minutes(75))
    await end()
  })

  it('is tried with one slot while the meter is silent, and fetched at once when it is back', async () => {
    const slots = [3, 2, 1, 0].map((quarter) => instant(slotStart + quarter * minutes(15)))
    const curve: PollPlan = { ...quarterly, catchUp: past.catchUp }
    let isThere = false
    const { clock, caughtUp, awake, end } = field({
      awake: [2, 3],
      plans: [curve],
      owed: ledgerOf(() =>
        isThere ? [] : slots.map((start) => ({ slotStart: start, attempts: 3, reason: 'timeout' })),
      ),
    })
    await clock.advance(hours(3))
    // At first it had failed only once.
    const tried = caughtUp.slice(1).map(([{ slots: some }]) => some)
    expect(tried.length).toBeGreaterThan(1)
    expect(tried.every((some) => some.length === 1 && some[0] === slots[0])).toBe(true)
    awake.add(1)
    await clock.advance(hours(1) + minutes(15))
    isThere = true
    expect(caughtUp.at(-1)?.[0].slots).toEqual([...slots].reverse())
    await end()
  })

  it('asks for a record that is not there yet later and later, and leaves it at last', async () => {
    let attempts = 1
    const began = instant(Date.UTC(2026, 10, 22, 4))
    const { clock, asked, end } = field({
      plans: [past],
      owed: ledgerOf(() => [{ slotStart: began, attempts, reason: 'other-time' }]),
    })
    const visits: number[] = []
    for (let minute = 1; minute < hours(99) / minutes(1); minute += 5) {
      const before = asked.length
      await clock.advance(minutes(5))
      if (!asked.slice(before).some(([, item]) => item === ASKED_FOR_THE_PAST)) continue
      attempts++
      visits.push(Math.round((clock.now() - began) / minutes(10)))
    }
    // In tens of minutes.
    expect(visits).toEqual([2, 4, 8, 16, 32, 64, 128])
    await end()
  })

  it('is looked for though the ledger never said that it has what was sent', async () => {
    const looks: number[] = []
    let now = () => 0
    const { clock, end } = field({
      awake: [1, 2],
      plans: [past],
      storing: hours(99),
      owed: ledgerOf(
        () => [],
        looks,
        () => now(),
      ),
    })
    now = () => clock.now()
    await clock.advance(minutes(20))
    expect(looks).toHaveLength(1)
    await clock.advance(minutes(20))
    expect(looks).toHaveLength(2)
    // What comes only then is not forgotten.
    await clock.advance(minutes(10))
    expect(looks).toHaveLength(3)
    await end()
  })
})

describe('a round that is answered with values of another time', () => {
  it('says so, and the backlog brings it back', async () => {
    const looks: number[] = []
    let now = () => 0
    const { clock, outcomes, end } = field({
      plans: [past],
      owed: ledgerOf(
        () => [],
        looks,
        () => now(),
      ),
    })
    now = () => clock.now()
    await clock.advance(minutes(15))
    expect(missesOf(outcomes)).toEqual([
      [1, 'other-time'],
      [2, 'other-time'],
      [3, 'other-time'],
    ])
    expect(looks).toHaveLength(2)
    await end()
  })

  it('is left to the next round where that comes soon', async () => {
    const { clock, outcomes, end } = field({ plans: [{ ...quarterly, catchUp: past.catchUp }] })
    await clock.advance(minutes(5))
    expect(missesOf(outcomes).map(([, missed]) => missed)).toEqual([null, null, null])
    await end()
  })
})

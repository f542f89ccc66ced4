import { describe, expect, it } from 'vitest'
import type { PollPlan } from '#src/acquisition'
import { hours, instant, minutes, seconds } from '#src/core'
import { settle } from '#tests/support'

import { daily, field, meters, quarterly } from './worker-field.ts'

describe('the worker of a channel that has missed something', () => {
  it('shares the line between gaps of today and the round, newest gaps first', async () => {
    const day = Date.UTC(2026, 10, 21, 16)
    const slots = [3, 2, 1, 0].map((quarter) => instant(day + quarter * minutes(15)))
    const [meter] = meters
    if (!meter) throw new Error('there is a meter')
    const looks: number[] = []
    const past: PollPlan = {
      ...quarterly,
      dataClass: 'interval',
      catchUp: { span: hours(24), items: ['7'], slotsMax: 2 },
    }
    const { clock, asked, caughtUp, end } = field({
      plans: [past],
      owed: async () => {
        looks.push(clock.now())
        return looks.length > 1
          ? []
          : slots.map((slotStart) => {
              const due = instant(slotStart + minutes(15))
              return {
                planId: past.id,
                meterId: meter.id,
                slotStart,
                due,
                attempts: 0,
                reason: null,
              }
            })
      },
    })
    await clock.advance(minutes(5))
    expect(asked).toEqual([
      [1, 3],
      [1, 7],
      [2, 3],
      [1, 7],
      [3, 3],
    ])
    // The newest first, neighbours together, no more than the plan says.
    expect(caughtUp.map(([errand]) => errand.slots)).toEqual([
      [slots[1], slots[0]],
      [slots[3], slots[2]],
    ])
    // What was answered is looked for once more, since its values had no time; then there is peace.
    await clock.advance(hours(2))
    expect(looks).toHaveLength(2)
    await end()
  })

  it('goes on with what was missed on the next connection', async () => {
    const [meter] = meters
    if (!meter) throw new Error('there is a meter')
    const slotStart = instant(Date.UTC(2026, 10, 22, 3))
    const past: PollPlan = { ...daily, catchUp: { span: hours(24), items: ['7'], slotsMax: 1 } }
    let isOwed = true
    const { clock, awake, caughtUp, cut, mend, end } = field({
      plans: [past],
      owed: async () => {
        const slot = { planId: past.id, meterId: meter.id, slotStart, due: slotStart }
        const owed = isOwed ? [{ ...slot, attempts: 0, reason: null }] : []
        isOwed = false
        awake.clear()
        return owed
      },
    })
    await settle()
    await settle()
    await cut()
    await clock.advance(seconds(5))
    expect(caughtUp).toEqual([])
    awake.add(1)
    mend()
    await clock.advance(minutes(5))
    expect(caughtUp.map(([, items]) => items)).toEqual([['7']])
    await end()
  })

  it('asks for the rest where the meter refuses the oldest, and leaves a silent one alone', async () => {
    const slots = [1, 0].map((quarter) =>
      instant(Date.UTC(2026, 10, 22, 3) + quarter * minutes(15)),
    )
    const past: PollPlan = {
      ...quarterly,
      catchUp: { span: hours(24), items: ['66'], slotsMax: 8 },
    }
    const { clock, asked, caughtUp, end } = field({
      awake: [1, 2],
      plans: [past],
      owed: async ({ meterIds }) =>
        meterIds.flatMap((meterId) =>
          slots.map((slotStart) => {
            const slot = { planId: past.id, meterId, slotStart, due: slotStart }
            return { ...slot, attempts: 0, reason: null }
          }),
        ),
    })
    await clock.advance(minutes(1))
    expect(asked.filter(([, item]) => item === 66).map(([address]) => address)).toEqual([
      1, 1, 2, 2,
    ])
    expect(caughtUp.map(([{ slots: asked }]) => asked.length)).toEqual([1, 1, 1, 1])
    await end()
  })

  it('tries again behind the others after one lost frame, and gives up a silent meter', async () => {
    const past: PollPlan = { ...quarterly, catchUp: { span: hours(24), items: ['7'], slotsMax: 1 } }
    const slots = [0, 1].map((quarter) =>
      instant(Date.UTC(2026, 10, 22, 3) + quarter * minutes(15)),
    )
    const errandsAfter = async (times: number) => {
      let isOwed = true
      const { clock, asked, caughtUp, end } = field({
        plans: [past],
        lost: { address: 1, item: 7, times },
        owed: async ({ meterIds }) => {
          const owing = isOwed ? meterIds.slice(0, 2) : []
          isOwed = false
          return owing.flatMap((meterId) =>
            slots.map((slotStart) => {
              const slot = { planId: past.id, meterId, slotStart, due: slotStart }
              return { ...slot, attempts: 0, reason: null }
            }),
          )
        },
      })
      await clock.advance(minutes(2))
      await end()
      const whom = asked.filter(([, item]) => item === 7).map(([address]) => address)
      const told = caughtUp.map(
        ([
          {
            meter,
            slots: [slot],
          },
        ]) => [Number(meter.id), slot],
      )
      return { whom, told }
    }
    const [older, newer] = slots
    expect(await errandsAfter(1)).toEqual({
      whom: [1, 2, 1, 2, 1],
      told: [
        [2, newer],
        [1, older],
        [2, older],
        [1, newer],
      ],
    })
    expect(await errandsAfter(9)).toEqual({
      whom: [1, 2, 1, 2],
      told: [
        [2, newer],
        [1, older],
        [2, older],
      ],
    })
  })

  it('leaves older gaps until the round is over, but for every tenth visit', async () => {
    const [meter] = meters
    if (!meter) throw new Error('there is a meter')
    const past: PollPlan = { ...daily, catchUp: { span: hours(99), items: ['7'], slotsMax: 1 } }
    const days = [20, 19].map((day) => instant(Date.UTC(2026, 10, day - 1, 16)))
    let isOwed = true
    const { clock, asked, end } = field({
      plans: [past, { ...quarterly, items: ['3', '4', '5', '6'] }],
      owed: async () => {
        const owed = isOwed ? days : []
        isOwed = false
        return owed.map((slotStart) => {
          const slot = { planId: past.id, meterId: meter.id, slotStart, due: slotStart }
          return { ...slot, attempts: 0, reason: null }
        })
      },
    })
    await clock.advance(minutes(5))
    const first = asked.findIndex(([, item]) => item === 7)
    expect(asked.slice(0, first).map(([, item]) => item)).not.toContain(7)
    expect([asked.length, asked.at(-1)]).toEqual([3 + 3 * 4 + 2, [1, 7]])
    await end()
  })

  it('halves a visit that was lost, and tries longer ones again once all goes well', async () => {
    const past: PollPlan = {
      ...quarterly,
      catchUp: { span: hours(24), items: ['7'], slotsMax: 8 },
    }
    const slots = Array.from({ length: 8 }, (_, quarter) =>
      instant(Date.UTC(2026, 10, 22, 3) - quarter * minutes(15)),
    )
    let looks = 0
    const { clock, caughtUp, end } = field({
      plans: [past],
      lost: { address: 1, item: 7, times: 1 },
      owed: async ({ meterIds: [meterId] }) => {
        looks++
        if (meterId === undefined || looks > 1) return []
        return slots.map((slotStart) => {
          const slot = { planId: past.id, meterId, slotStart, due: slotStart }
          return { ...slot, attempts: 0, reason: null }
        })
      },
    })
    await clock.advance(minutes(2))
    expect(caughtUp.map(([{ slots: some }]) => [some.length, some.at(-1)])).toEqual([
      [4, slots[0]],
      [4, slots[4]],
    ])
    await end()
  })

  it('asks a terminal again later that had nothing of the time yet', async () => {
    const past: PollPlan = { ...daily, catchUp: { span: hours(24), items: ['7'], slotsMax: 1 } }
    const slotStart = instant(Date.UTC(2026, 10, 22, 4))
    const { clock, asked, end } = field({
      awake: [1],
      plans: [past],
      owed: async (query) => {
        const [meterId] = query.meterIds
        const isOwed = query.reasons.includes('no-value')
        if (!isOwed || meterId === undefined) return []
        const slot = { planId: past.id, meterId, slotStart, due: slotStart }
        return [{ ...slot, attempts: 1, reason: 'no-value' }]
      },
    })
    await clock.advance(minutes(15))
    const times = () => asked.filter(([, item]) => item === 7).length
    expect(times()).toBe(0)
    // Ten minutes after it began, and twice as long with each attempt.
    await clock.advance(minutes(10))
    expect(times()).toBe(1)
    await end()
  })

  it('does not look for what is missing while something is on its way to the ledger', async () => {
    const past: PollPlan = { ...daily, catchUp: { span: hours(24), items: ['7'], slotsMax: 1 } }
    const looks: number[] = []
    const { clock, end } = field({
      awake: [1, 2],
      plans: [past],
      storing: minutes(15),
      owed: async () => {
        looks.push(clock.now())
        return []
      },
    })
    const startedAt = clock.now()
    await clock.advance(minutes(14))
    expect(looks).toEqual([startedAt])
    await clock.advance(minutes(2))
    expect(looks).toHaveLength(2)
    await end()
  })
})

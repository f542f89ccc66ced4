import { describe, expect, it } from 'vitest'
import { PermitOffice, type VisitResult } from '#src/acquisition'
import { hours, idOf, instant, milliseconds, minutes, seconds } from '#src/core'
import { settle } from '#tests/support'

import { daily, field, meters, missesOf, quarterly } from './worker-field.ts'

describe('the worker of a channel', () => {
  it('reads every meter of the slot that is due, once, and then waits for the next slot', async () => {
    const { clock, asked, outcomes, finished, end } = field()
    await clock.advance(minutes(10))
    expect(asked.map(([address]) => address)).toEqual([1, 2, 3])
    expect(missesOf(outcomes)).toEqual([
      [1, null],
      [2, null],
      [3, null],
    ])
    expect(finished).toEqual(['present values'])
    await clock.advance(minutes(4))
    expect(asked).toHaveLength(6)
    await end()
  })

  it('begins as soon as the line is open, whatever it was doing then', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { clock, asked, end } = field({ turns })
      await clock.advance(seconds(1))
      expect([turns, asked.length]).toEqual([turns, 3])
      await end()
    }
  })

  it('leaves a present-value slot that is half over at its start, but not a frozen one', async () => {
    const { clock, asked, end } = field({ plans: [quarterly, daily], startMinute: 9 })
    await clock.advance(minutes(5))
    expect(asked.map(([, item]) => item)).toEqual([5, 5, 5])
    await clock.advance(minutes(2))
    expect(asked.map(([, item]) => item)).toEqual([5, 5, 5, 3, 3, 3])
    await end()
  })

  it('serves rounds by priority', async () => {
    const monthly = { ...daily, id: idOf<'poll_plan'>(3), items: ['4'], priority: 30 }
    const { clock, asked, end } = field({ plans: [monthly, daily] })
    await clock.advance(seconds(10))
    expect(asked.map(([, item]) => item)).toEqual([5, 5, 5, 4, 4, 4])
    await end()
  })

  it('reads more of present values than of what meters remember, whatever the priority', async () => {
    const { clock, asked, end } = field({ plans: [daily, quarterly] })
    await clock.advance(seconds(10))
    expect(asked.map(([, item]) => item)).toEqual([3, 3, 3, 5, 5, 5])
    await end()
  })

  it('tries a silent meter once more at the end, then costs one timeout a round, then pauses', async () => {
    const { clock, asked, outcomes, awake, end } = field({ awake: [1, 3] })
    const askedOf = (address: number) => asked.filter(([one]) => one === address).length
    await clock.advance(seconds(10))
    expect(asked.map(([address]) => address)).toEqual([1, 2, 3, 2])
    expect(missesOf(outcomes).at(-1)).toEqual([2, 'timeout'])
    await clock.advance(minutes(15))
    expect(missesOf(outcomes).at(-2)).toEqual([2, 'paused'])
    expect(askedOf(2)).toBe(2)
    await clock.advance(minutes(15))
    expect(askedOf(2)).toBe(3)
    awake.add(2)
    await clock.advance(hours(3))
    expect(missesOf(outcomes).slice(-3)).toEqual([
      [1, null],
      [2, null],
      [3, null],
    ])
    await end()
  })

  it('puts a read that somebody waits for ahead of the round', async () => {
    const { clock, worker, asked, end } = field({ awake: [2, 3] })
    await settle()
    const [meter] = meters.slice(2)
    const result = new Promise<VisitResult>((done) => {
      if (meter) worker.visit({ meter, items: ['9'], patientUntil: clock.now(), done })
    })
    await clock.advance(seconds(20))
    expect(await result).toMatchObject({
      kind: 'read',
      readout: { readings: [{ value: { digits: 42 } }] },
    })
    expect(asked.slice(0, 3)).toEqual([
      [1, 3],
      [3, 9],
      [2, 3],
    ])
    await end()
  })

  it('puts it between two frames of a visit of the round as well', async () => {
    const { clock, worker, asked, end } = field({
      plans: [{ ...quarterly, items: ['3', '4', '5'] }],
      pace: seconds(1),
    })
    await clock.advance(seconds(1))
    const [, , meter] = meters
    const answered = new Promise<VisitResult>((done) => {
      if (meter) worker.visit({ meter, items: ['9'], patientUntil: clock.now(), done })
    })
    await clock.advance(seconds(20))
    expect((await answered).kind).toBe('read')
    // One frame was in the air when it came; it is the next.
    expect(asked.slice(0, 4)).toEqual([
      [1, 3],
      [1, 4],
      [3, 9],
      [1, 5],
    ])
    await end()
  })

  it('takes an order before what somebody asks, and both between two frames of a round', async () => {
    const { clock, worker, asked, end } = field({
      plans: [{ ...quarterly, items: ['3', '4', '5'] }],
      pace: seconds(1),
    })
    await clock.advance(seconds(1))
    const [, , meter] = meters
    const told: string[] = []
    if (meter) worker.visit({ meter, items: ['9'], patientUntil: clock.now(), done: () => {} })
    worker.order({
      patientUntil: clock.now(),
      async use(line) {
        told.push(`order on an ${line.open ? 'open' : 'ended'} line, ${asked.length} were asked`)
      },
      refuse: () => told.push('refused'),
    })
    await clock.advance(seconds(20))
    expect(told).toEqual(['order on an open line, 2 were asked'])
    expect(asked.slice(0, 4)).toEqual([
      [1, 3],
      [1, 4],
      [3, 9],
      [1, 5],
    ])
    await end()
  })

  it('waits for what it shares with other channels, and lets people through meanwhile', async () => {
    const permits = new PermitOffice()
    const pools = [{ name: 'cell', visitsMax: 1 }]
    const taken = permits.ask(pools, () => {})
    const { clock, worker, asked, end } = field({ pools, permits })
    await clock.advance(seconds(5))
    expect(asked).toEqual([])
    const [, meter] = meters
    if (meter) worker.visit({ meter, items: ['9'], patientUntil: clock.now(), done: () => {} })
    await clock.advance(seconds(5))
    expect(asked).toEqual([[2, 9]])
    taken.giveBack()
    await clock.advance(seconds(5))
    expect(asked.slice(1)).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ])
    expect(permits.usage()).toEqual([{ name: 'cell', used: 0, waiting: 0 }])
    await end()
  })

  it('learns how long each meter takes, so that a lost frame of a quick one costs little', async () => {
    const { clock, asked, awake, end } = field({
      limits: { firstByte: seconds(60), gap: milliseconds(100) },
      paceOf: (address) => seconds(address === 3 ? 20 : 0.05),
    })
    await clock.advance(minutes(3))
    const before = asked.length
    awake.clear()
    const askedAt: number[] = []
    // Meter 1 answered at once each time: it is waited for 1.5 s, not for the minute of meter 3.
    await clock.advance(minutes(11))
    while (asked.length < before + 2 && askedAt.length < 100) {
      askedAt.push(clock.now())
      await clock.advance(milliseconds(500))
    }
    expect(asked.length).toBeGreaterThanOrEqual(before + 2)
    expect(askedAt.length).toBeLessThan(10)
    await end()
  })

  it('answers who waits when the line is down, and resumes the round when it is back', async () => {
    const { clock, worker, cut, mend, outcomes, end } = field({ awake: [] })
    await settle()
    await cut()
    await clock.advance(seconds(5))
    const [meter] = meters
    const result = await new Promise<VisitResult>((done) => {
      if (meter) worker.visit({ meter, items: ['9'], patientUntil: clock.now(), done })
    })
    expect(result).toMatchObject({ kind: 'offline' })
    mend()
    await clock.advance(minutes(5))
    expect(missesOf(outcomes)).toHaveLength(3)
    await end()
  })

  it('lets a patient visit wait for the line, and no longer than it wants to', async () => {
    const { clock, worker, cut, mend, end } = field({ awake: [1, 2] })
    await settle()
    await cut()
    await clock.advance(seconds(5))
    const results: [string, VisitResult['kind']][] = []
    const ask = (name: string, address: number, patience: number) => {
      const meter = meters[address - 1]
      if (!meter) throw new Error('no such meter')
      const patientUntil = instant(clock.now() + patience)
      worker.visit({
        meter,
        items: ['9'],
        patientUntil,
        done: ({ kind }) => results.push([name, kind]),
      })
    }
    ask('short of it', 1, seconds(20))
    ask('patient', 2, minutes(10))
    await clock.advance(seconds(15))
    expect(results).toEqual([])
    await clock.advance(seconds(10))
    expect(results).toEqual([['short of it', 'offline']])
    mend()
    await clock.advance(minutes(2))
    expect(results).toEqual([
      ['short of it', 'offline'],
      ['patient', 'read'],
    ])
    await end()
  })

  it('tells who still waits at the stop that it stopped, also the one in the air', async () => {
    const { worker, asked, end } = field({ awake: [] })
    await settle()
    const kinds: VisitResult['kind'][] = []
    for (const meter of meters.slice(0, 2)) {
      const visit = { meter, items: ['9'], patientUntil: instant(0) }
      worker.visit({ ...visit, done: ({ kind }) => kinds.push(kind) })
    }
    expect(asked).toHaveLength(1)
    await end()
    expect(kinds).toEqual(['stopped', 'stopped'])
  })

  it('records what an overtaken round did not reach, with the reason', async () => {
    const { clock, cut, outcomes, finished, end } = field()
    await cut()
    await clock.advance(minutes(15))
    // One may have been in the air as the line was cut: it waits at the end of its round.
    expect(missesOf(outcomes).toSorted()).toEqual([
      [1, 'offline'],
      [2, 'offline'],
      [3, 'offline'],
    ])
    expect(finished).toEqual(['present values'])
    await end()
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LaneTurns, PermitOffice, type ScheduleLane } from '#src/acquisition'

const turnsOf = (turns: number, busy: readonly ScheduleLane[]) => {
  const lanes = new LaneTurns()
  return Array.from({ length: turns }, () => lanes.next((lane) => busy.includes(lane)))
}

describe('the lanes of a channel', () => {
  it('share a busy line: gaps of today and rounds in turn, old gaps every tenth time', () => {
    const turns = turnsOf(1_000, ['urgent', 'periodic', 'backfill'])
    const shareOf = (lane: ScheduleLane) => turns.filter((turn) => turn === lane).length
    expect(turns.slice(0, 4)).toEqual(['urgent', 'periodic', 'urgent', 'periodic'])
    expect(shareOf('backfill')).toBe(100)
    expect(Math.min(shareOf('urgent'), shareOf('periodic'))).toBeGreaterThanOrEqual(400)
  })

  it('give present values nine times the part of what devices remember', () => {
    const turns = turnsOf(103, ['momentary', 'urgent', 'periodic', 'backfill', 'bulk'])
    const shareOf = (lane: ScheduleLane) => turns.filter((turn) => turn === lane).length
    expect(turns[0]).toBe('momentary')
    const lanes = ['momentary', 'urgent', 'periodic', 'backfill', 'bulk'] as const
    expect(lanes.map(shareOf)).toEqual([81, 9, 9, 2, 2])
    expect(turnsOf(10, ['momentary', 'urgent']).filter((turn) => turn === 'urgent')).toHaveLength(1)
  })

  it.each([
    [10, ['urgent', 'periodic', 'backfill']],
    [12, ['momentary', 'urgent', 'periodic']],
    [55, ['momentary', 'urgent', 'periodic', 'backfill', 'bulk']],
  ] as const)(
    'leave none with work waiting longer than %i turns where there are %j',
    (most, all) => {
      const lane = fc.constantFrom<ScheduleLane>(...all)
      fc.assert(
        fc.property(fc.array(fc.uniqueArray(lane), { maxLength: 200 }), (times) => {
          const lanes = new LaneTurns()
          const waited = new Map<ScheduleLane, number>()
          for (const busy of times) {
            const turn = lanes.next((one) => busy.includes(one))
            expect(turn === null).toBe(busy.length === 0)
            if (turn !== null) expect(busy).toContain(turn)
            for (const one of [...waited.keys()]) if (!busy.includes(one)) waited.delete(one)
            for (const one of busy) waited.set(one, one === turn ? 0 : (waited.get(one) ?? 0) + 1)
            for (const turns of waited.values()) expect(turns).toBeLessThanOrEqual(most)
          }
        }),
      )
    },
  )
})

describe('the permits of pools', () => {
  it('never let more in than a pool takes, serve in order, and forget nobody', () => {
    const pools = [
      { name: 'a', visitsMax: 1 },
      { name: 'b', visitsMax: 2 },
      { name: 'c', visitsMax: 3 },
    ]
    const wish = fc.subarray(pools, { minLength: 1 })
    const step = fc.oneof(fc.record({ ask: wish }), fc.record({ giveBack: fc.nat({ max: 20 }) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const office = new PermitOffice()
        const held: {
          readonly pools: readonly string[]
          leave: ReturnType<PermitOffice['ask']>
        }[] = []
        for (const one of steps) {
          if ('ask' in one) {
            held.push({
              pools: one.ask.map(({ name }) => name),
              leave: office.ask(one.ask, () => {}),
            })
          } else {
            const [gone] = held.splice(one.giveBack % Math.max(1, held.length), 1)
            gone?.leave.giveBack()
            gone?.leave.giveBack()
          }
          for (const { name, visitsMax } of pools) {
            const users = held.filter(
              (other) => other.leave.isGranted && other.pools.includes(name),
            )
            expect(users.length).toBeLessThanOrEqual(visitsMax)
          }
        }
        // Whoever is left is served when those before give back.
        while (held.length > 0) {
          const index = held.findIndex(({ leave }) => leave.isGranted)
          expect(index).toBeGreaterThanOrEqual(0)
          held.splice(index, 1)[0]?.leave.giveBack()
        }
        for (const { used, waiting } of office.usage()) expect([used, waiting]).toEqual([0, 0])
      }),
    )
  })

  it('tell who waited, in the order of asking, and not who got it at once', () => {
    const office = new PermitOffice()
    const told: string[] = []
    const ask = (who: string) => office.ask([{ name: 'cell', visitsMax: 1 }], () => told.push(who))
    const first = ask('first')
    const second = ask('second')
    const third = ask('third')
    expect([first, second, third].map(({ isGranted }) => isGranted)).toEqual([true, false, false])
    second.giveBack()
    first.giveBack()
    expect(told).toEqual(['third'])
    expect(third.isGranted).toBe(true)
  })
})

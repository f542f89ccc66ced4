import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allInterlocks,
  budgets,
  type Interlock,
  type Permit,
  purposes,
} from '#src/acquisition/gate'
import { instant } from '#src/core'
import { type Fault, faults, type Left, play, type Step, step } from './history.ts'

/** Faults that no frame may leave with, whatever it orders; the others matter to cutting alone. */
const alwaysWrong: ReadonlySet<Fault> = new Set(
  faults.filter(
    (fault) => !['none', 'used', 'old epoch', 'upkeep', 'nobody approved'].includes(fault),
  ),
)
const wrongForCuts: ReadonlySet<Fault> = new Set(['old epoch', 'upkeep', 'nobody approved'])

/** What must hold of every history; the number of the invariant that does not. */
function broken(left: readonly Left[]): string | null {
  for (const { fault, cuts, permit } of left) {
    if (alwaysWrong.has(fault)) return `I1 ${fault}`
    if (cuts && wrongForCuts.has(fault)) return `I1 ${fault}`
    const uses = left.filter((other) => other.permit?.id === permit?.id)
    if (uses.length > 1) return 'I11'
  }
  const trips = left.filter(({ cuts }) => cuts)
  if (trips.some(({ stopped }) => stopped)) return 'I7'
  if (trips.some(({ armed }) => !armed)) return 'armed'
  for (const { window, scope, max } of budgets) {
    for (const end of trips) {
      const inside = trips.filter(
        ({ at, via }) =>
          at > end.at - window && at <= end.at && (scope === 'fleet' || via === end.via),
      )
      if (inside.length > max) return `I3 ${inside.length} in ${window} ms`
    }
  }
  return null
}

const history = fc.array(step, { minLength: 1, maxLength: 40 })

/** One with which even a gate that is off by very little is found out within a few hundred histories. */
const SEED = 29

async function counterexample(interlocks: readonly Interlock[], runs: number): Promise<unknown> {
  const checked = await fc.check(
    fc.asyncProperty(history, async (steps) => broken(await play(steps, interlocks)) === null),
    { numRuns: runs, seed: SEED, endOnFailure: true },
  )
  return checked.failed ? checked.counterexample : null
}

/** An interlock that is off by a little, by showing it other facts than there are. */
function shifted(
  name: string,
  shift: (question: Parameters<Interlock['against']>[0]) => object,
): {
  readonly name: string
  readonly interlocks: readonly Interlock[]
} {
  return {
    name: `${name}, off by one`,
    interlocks: allInterlocks.map((interlock) =>
      interlock.name === name
        ? {
            name,
            against: (question) => interlock.against({ ...question, ...shift(question) }),
          }
        : interlock,
    ),
  }
}

const permitWith = (permit: Permit | null, change: Partial<Permit>) => ({
  permit: permit && { ...permit, ...change },
})

const mutants = [
  ...allInterlocks.map(({ name }) => ({
    name: `without ${name}`,
    interlocks: allInterlocks.filter((interlock) => interlock.name !== name),
  })),
  shifted('budget', ({ record }) => ({ record: { ...record, cuts: record.cuts.slice(1) } })),
  shifted('budget', ({ record }) => ({ record: { ...record, fleet: 26_000 } })),
  shifted('short life', ({ permit }) =>
    permitWith(permit, { expiresAt: instant((permit?.expiresAt ?? 0) - 1) }),
  ),
  shifted('not over', ({ now }) => ({ now: instant(now - 1) })),
  shifted('begun', ({ now }) => ({ now: instant(now + 1) })),
  shifted('order expiry', ({ permit }) =>
    permitWith(permit, { expiresAt: instant((permit?.expiresAt ?? 0) + 1_000) }),
  ),
  shifted('epoch', ({ record }) => ({ record: { ...record, epoch: record.epoch - 1 } })),
]

describe('whatever is sent in whatever order', () => {
  it('no frame breaks an invariant', async () => {
    expect(await counterexample(allInterlocks, 150)).toBeNull()
  })

  it('right orders do pass', async () => {
    const right: Step[] = [
      { kind: 'order', fault: 'none', action: 'trip', via: 'line 1' },
      { kind: 'order', fault: 'none', action: 'close', via: 'line 1' },
    ]
    expect(await play(right, allInterlocks)).toHaveLength(2)
  })

  it('a close passes while trips are stopped, disarmed and used up', async () => {
    const history: Step[] = [
      { kind: 'burst', count: 40, via: null },
      { kind: 'button', on: true },
      { kind: 'file', on: true },
      { kind: 'arm', on: false },
      { kind: 'order', fault: 'none', action: 'close', via: 'line 1' },
    ]
    const left = await play(history, allInterlocks)
    expect(left.filter(({ cuts }) => cuts)).toHaveLength(30)
    expect(left.at(-1)).toMatchObject({ cuts: false, stopped: true, armed: false })
  })

  it.each(mutants)('a gate $name is found out', async ({ interlocks }) => {
    expect(await counterexample(interlocks, 4_000)).not.toBeNull()
  })
})

it('knows a purpose for every permit', () => {
  expect(new Set(purposes).size).toBe(purposes.length)
})

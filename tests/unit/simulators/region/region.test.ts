import { describe, expect, it } from 'vitest'
import { archiveLines, type Pace, pacedClock, type RegionSpec, truthOf } from '#simulators/region'
import { civilTime } from '#src/core'
import { parseArchive } from '#src/registry'
import { ManualClock } from '#tests/support'

const spec: RegionSpec = {
  seed: 7,
  concentrators: 300,
  metersEach: 5,
  faults: 'known',
  loss: 0.1,
  damage: 0.02,
  zone: 'Asia/Shanghai',
}

describe('a simulated region', () => {
  it('is the same again by its seed, and another by another', () => {
    const truth = [...truthOf(spec)]
    expect([...truthOf(spec)]).toEqual(truth)
    expect([...truthOf({ ...spec, seed: 8 })]).not.toEqual(truth)
  })

  it('says of each meter of the archive once whether it can be read, and if not, why', () => {
    const truth = [...truthOf(spec)]
    const file = new TextEncoder().encode([...archiveLines(spec)].join(''))
    const archive = parseArchive(file, civilTime(spec.zone))
    if (!archive.ok) throw new Error(archive.error[0]?.message)
    expect(archive.value.map(({ meterAddress }) => meterAddress)).toEqual(
      truth.map(({ meterAddress }) => meterAddress),
    )
    expect(truth.every(({ reachable, cause }) => reachable === (cause === null))).toBe(true)
    const share = truth.filter(({ reachable }) => !reachable).length / truth.length
    expect(share).toBeGreaterThan(0.03)
    expect(share).toBeLessThan(0.1)
  })

  it('has kinds of faults in one set that the other does not have, and none without faults', () => {
    const faultsOf = (faults: RegionSpec['faults']) =>
      new Set([...truthOf({ ...spec, faults })].map(({ fault }) => fault))
    const [known, keptBack] = [faultsOf('known'), faultsOf('kept-back')]
    expect([...keptBack].filter((fault) => !known.has(fault)).length).toBeGreaterThan(5)
    expect([...known].filter((fault) => !keptBack.has(fault)).length).toBeGreaterThan(5)
    expect([...faultsOf('none')]).toEqual([null])
  })

  it('has a third set that shares no kind with the others, and causes of every sort', () => {
    const truth = [...truthOf({ ...spec, faults: 'blind', metersEach: 10 })]
    const faults = new Set(truth.flatMap(({ fault }) => fault ?? []))
    for (const others of ['known', 'kept-back'] as const) {
      const theirs = new Set([...truthOf({ ...spec, faults: others })].map(({ fault }) => fault))
      expect([...faults].filter((fault) => theirs.has(fault))).toEqual([])
    }
    expect(faults.size).toBeGreaterThan(20)
    expect(new Set(truth.flatMap(({ cause }) => cause ?? [])).size).toBeGreaterThan(8)
  })

  it('has a fourth set of neighbourhoods, hours and faults that come together', () => {
    const truth = [...truthOf({ ...spec, faults: 'unseen', metersEach: 10 })]
    const faults = new Set(truth.flatMap(({ fault }) => fault ?? []))
    for (const others of ['known', 'kept-back', 'blind'] as const) {
      const theirs = new Set([...truthOf({ ...spec, faults: others })].map(({ fault }) => fault))
      expect([...faults].filter((fault) => theirs.has(fault))).toEqual([])
    }
    expect(faults.size).toBeGreaterThan(25)
    expect(new Set(truth.flatMap(({ cause }) => cause ?? [])).size).toBeGreaterThan(6)
    // Where a repeater is dead, some of the meters are heard and some are not.
    const behind = truth.filter(({ fault }) => fault === 'behind-repeater')
    const before = truth.filter(({ fault }) => fault === 'dead-repeater')
    const [theirs, its] = [behind, before].map((each) => new Set(each.map((m) => m.concentrator)))
    expect(theirs).toEqual(its)
    expect(before.every(({ reachable }) => reachable)).toBe(true)
  })
})

describe('a clock at a pace', () => {
  const pace: Pace = {
    realMs: 1_000,
    legs: [
      { fromMs: 500_000, factor: 10 },
      { fromMs: 600_000, factor: 100 },
    ],
  }

  it('runs slowly first and fast later, and waits as long as it shows', async () => {
    const real = new ManualClock()
    const begun = real.now()
    const clock = pacedClock(real, { ...pace, realMs: begun })
    expect(clock.now()).toBe(500_000)
    const rung: number[] = []
    clock.after(50_000, () => rung.push(clock.now()))
    // Half of it before the pace changes, half after.
    clock.after(200_000, () => rung.push(clock.now()))
    await real.advance(4_999)
    expect(rung).toEqual([])
    await real.advance(1)
    expect(rung).toEqual([550_000])
    await real.advance(5_999)
    expect(rung).toHaveLength(1)
    await real.advance(1)
    expect(rung).toEqual([550_000, 700_000])
  })
})

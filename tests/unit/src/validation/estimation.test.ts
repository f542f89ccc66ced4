import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { civilTime, hours, type Instant, instant } from '#src/core'
import { estimateGap, type Facts, historyOf, type Known, type Method } from '#src/validation'

const civil = civilTime('Europe/Berlin')
const start = civil.startOf(civil.dateOf(instant(Date.UTC(2026, 2, 10))))
const QUARTER = 900_000

/** A register that grows as it likes over five weeks, through the change of the clocks. */
const registers = fc
  .array(fc.bigInt(0n, 400n), { minLength: 400, maxLength: 1_200 })
  .map((parts) => {
    let value = 0n
    return parts.map((part, index): Known => {
      value += part
      return { at: instant(start + index * QUARTER), value }
    })
  })

const codes = ['linear', 'reference-shape', 'similar-days', 'generation', 'average', 'proration']
const methods = fc
  .constantFrom(...codes)
  .map((code): Method[] => [
    { code, version: 1, parameters: { days: 4, daysMin: 1, latitude: 50, longitude: 10 } },
  ])

interface Cut {
  readonly points: readonly Known[]
  readonly from: number
  readonly to: number
}

const cuts = fc.tuple(registers, fc.nat(), fc.nat()).map(([points, a, b]): Cut => {
  const from = a % (points.length - 10)
  return { points, from, to: from + 3 + (b % (points.length - from - 4)) }
})

function factsOf({ points, from, to }: Cut): Facts {
  const known = [...points.slice(0, from + 1), ...points.slice(to)]
  const reference = new Map(
    [...historyOf(civil, points, QUARTER).days].map(([date, slots]) => [
      date,
      slots.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n),
    ]),
  )
  const history = historyOf(civil, known, QUARTER)
  return { register: '2.8.0', civil, history, reference, place: null }
}

function gapOf({ points, from, to }: Cut, keep: (index: number) => boolean = () => true) {
  const [first, last] = [points[from], points[to]]
  if (first === undefined || last === undefined) throw new Error('a cut lies inside')
  const moments = points.slice(from + 1, to).flatMap(({ at }, index) => (keep(index) ? [at] : []))
  return { from: first, to: last, moments }
}

describe('what is estimated between two known values', () => {
  it('never falls, never passes them, and so sums to their difference', () => {
    fc.assert(
      fc.property(cuts, methods, (cut, list) => {
        const gap = gapOf(cut)
        const estimate = estimateGap(gap, list, factsOf(cut))
        if (estimate === undefined) return
        expect(estimate.values).toHaveLength(gap.moments.length)
        const all = [gap.from.value, ...estimate.values, gap.to.value]
        const parts = all.slice(1).map((value, index) => value - (all[index] ?? 0n))
        expect(parts.every((part) => part >= 0n)).toBe(true)
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(gap.to.value - gap.from.value)
      }),
      { numRuns: 60 },
    )
  })

  it('is the same at a moment whatever other moments are asked for', () => {
    fc.assert(
      fc.property(cuts, methods, fc.integer({ min: 2, max: 9 }), (cut, list, nth) => {
        const facts = factsOf(cut)
        const all = estimateGap(gapOf(cut), list, facts)?.values
        const some = estimateGap(
          gapOf(cut, (index) => index % nth === 0),
          list,
          facts,
        )?.values
        expect(some).toEqual(all?.filter((_, index) => index % nth === 0))
      }),
      { numRuns: 30 },
    )
  })

  it('goes on without falling where the end is not known', () => {
    fc.assert(
      fc.property(cuts, methods, (cut, list) => {
        const { from, moments } = gapOf(cut)
        const values = estimateGap({ from, to: null, moments }, list, factsOf(cut))?.values ?? []
        const all = [from.value, ...values]
        expect(values.every((value, index) => value >= (all[index] ?? 0n))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

describe('which method', () => {
  const at = (hour: number): Instant => instant(start + hours(hour))
  const gap = {
    from: { at: at(0), value: 0n },
    to: { at: at(3), value: 9n },
    moments: [at(1), at(2)],
  }
  const facts: Facts = {
    ...{ register: '1.8.0', civil, reference: null, place: null },
    history: historyOf(civil, [], QUARTER),
  }
  const list: readonly Method[] = [
    { code: 'generation', version: 3, parameters: { registers: ['2.8.0'] } },
    { code: 'linear', version: 2, parameters: { missingMax: 2 } },
    { code: 'similar-days', version: 1, parameters: {} },
    { code: 'proration', version: 4, parameters: {} },
  ]

  it('is the first whose conditions hold and that has what it needs', () => {
    expect(estimateGap(gap, list, facts)).toMatchObject({
      method: { code: 'linear', version: 2 },
      values: [3n, 6n],
    })
    const longer = { ...gap, moments: [at(0.5), at(1), at(2)] }
    expect(estimateGap(longer, list, facts)?.method.code).toBe('proration')
    expect(estimateGap({ ...longer, to: null }, list, facts)).toBeUndefined()
  })

  it('lets nothing generate at night, and most at noon', () => {
    const place = { latitude: 52.5, longitude: 13.4 }
    const moments = Array.from({ length: 23 }, (_, index) => at(index + 1))
    const day = { from: { at: at(0), value: 0n }, to: { at: at(24), value: 10_000n }, moments }
    const sunny = estimateGap(day, list, { ...facts, register: '2.8.0', place })
    expect(sunny?.method).toMatchObject({ code: 'generation', version: 3 })
    const values = [0n, ...(sunny?.values ?? []), 10_000n]
    const flow = values.slice(1).map((value, index) => Number(value - (values[index] ?? 0n)))
    // On the 10th of March the sun is up in Berlin from half past six until six.
    expect(flow.slice(0, 6)).toEqual(Array(6).fill(0))
    expect(flow.slice(18)).toEqual(Array(6).fill(0))
    expect(flow.indexOf(Math.max(...flow))).toBe(12)
  })
})

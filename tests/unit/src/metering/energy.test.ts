import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hours, type Instant, instant, minutes } from '#src/core'
import { energyOf, type Metered, type RegisterPoint } from '#src/metering'

const begin = Date.UTC(2026, 2, 1)
const at = (minute: number): Instant => instant(begin + minutes(minute))
const unit = 10_000n

const meter: Metered = {
  ...{ meterId: 1, from: instant(0), to: null, numerator: 1n, denominator: 1n },
  // Four digits before the point, and 60 kW.
  ...{ width: 10_000_000_000n, perHour: 60_000_000n },
}

const point = (minute: number, hundredths: bigint, change: Partial<RegisterPoint> = {}) => ({
  ...{ at: at(minute), micro: hundredths * unit, scale: 2, quality: 'measured' as const },
  ...change,
})

const energy = (
  points: readonly RegisterPoint[],
  from: number,
  to: number,
  installed: Metered = meter,
) => energyOf(installed, points, [{ start: at(from), end: at(to) }])[0]

/** What flowed by any minute, in hundredths; never more than the meter can count. */
const flows = fc.record({
  first: fc.constantFrom(0n, 5_000n, 999_900n, 999_999n),
  growth: fc.array(fc.integer({ min: 0, max: 1_400 }), { minLength: 3, maxLength: 60 }),
  step: fc.constantFrom(5, 15, 30, 60),
  gaps: fc.array(fc.nat({ max: 60 }), { maxLength: 20 }),
  ratio: fc.constantFrom([1n, 1n] as const, [80n, 1n] as const, [2n, 3n] as const),
})

type Flow = typeof flows extends fc.Arbitrary<infer T> ? T : never

function readOf({ first, growth, step, gaps }: Flow) {
  let flowed = first
  const known: { readonly minute: number; readonly flowed: bigint }[] = []
  for (const [index, more] of growth.entries()) {
    // At most 60 kW, so that a roll-over is known for one.
    flowed += BigInt(Math.floor((more * step) / 15))
    if (!gaps.includes(index)) known.push({ minute: index * step, flowed })
  }
  const points = known.map((one) => point(one.minute, one.flowed % 1_000_000n))
  return { known, points }
}

describe('energy of a register', () => {
  test('between two readings is what flowed, however often it rolled over', () => {
    fc.assert(
      fc.property(flows, fc.nat(), fc.nat(), (flow, one, other) => {
        const { known, points } = readOf(flow)
        fc.pre(known.length >= 2)
        const [from, to] = [one % known.length, other % known.length].sort((a, b) => a - b)
        const [start, end] = [known[from ?? 0], known[to ?? 0]]
        if (start === undefined || end === undefined || start === end) return
        const found = energy(points, start.minute, end.minute)
        const quality = 'measured'
        expect(found).toMatchObject({ energy: (end.flowed - start.flowed) * unit, quality })
      }),
    )
  })

  test('over a period is the sum of its parts, wherever it is cut', () => {
    const cuts = fc.array(fc.nat({ max: 3_600 }), { minLength: 3, maxLength: 8 })
    fc.assert(
      fc.property(flows, cuts, (flow, unsorted) => {
        const { points } = readOf(flow)
        const installed = { ...meter, numerator: flow.ratio[0], denominator: flow.ratio[1] }
        const moments = [...new Set(unsorted)].sort((a, b) => a - b)
        const [first = 0, last = 0] = [moments[0], moments.at(-1)]
        const parts = moments.slice(1).map((to, index) => {
          return energy(points, moments[index] ?? 0, to, installed)
        })
        const whole = energy(points, first, last, installed)
        const isKnown = [whole, ...parts].every(
          (part) => part?.kind === 'energy' && part.quality !== 'incomplete',
        )
        if (!isKnown || whole?.kind !== 'energy') return
        const sum = parts.reduce(
          (all, part) => all + (part?.kind === 'energy' ? part.energy : 0n),
          0n,
        )
        expect(sum).toBe(whole.energy)
      }),
    )
  })

  test('is never made of one wrong value, whatever it says', () => {
    const wrong = fc.record({ index: fc.nat({ max: 95 }), hundredths: fc.bigInt(0n, 999_999n) })
    fc.assert(
      fc.property(wrong, fc.bigInt(1n, 300n), ({ index, hundredths }, growth) => {
        const truth = (quarter: number) => 400_000n + BigInt(quarter) * growth
        const points = Array.from({ length: 97 }, (_, quarter) =>
          point(quarter * 15, quarter === index ? hundredths : truth(quarter)),
        )
        // Between its neighbours nobody can tell; else what touches it is lost, and only that where
        // it lies beyond what is read within two hours: nearer, it might be others that are wrong.
        const isPlain = hundredths >= truth(index - 1) && hundredths <= truth(index + 1)
        const isNear = hundredths >= truth(index - 8) && hundredths <= truth(index + 8)
        const isEnd = index === 0
        if (isPlain || isEnd) return
        const periods = points.slice(1).map(({ at: end }, quarter) => {
          return { start: at(quarter * 15), end }
        })
        const found = energyOf(meter, points, periods).map((one) =>
          one.kind === 'energy' ? one.energy : one.kind,
        )
        const touched = [index - 1, index]
        expect(found).toEqual(
          found.map((one, quarter) => {
            const isLost = touched.includes(quarter) || (isNear && one === 'fallen')
            return isLost ? 'fallen' : growth * unit
          }),
        )
      }),
    )
  })

  test('does not come from a dip of hours that recovers with a leap', () => {
    const points = Array.from({ length: 97 }, (_, quarter) =>
      point(quarter * 15, quarter >= 20 && quarter < 44 ? 0n : 400_000n + BigInt(quarter)),
    )
    const found = Array.from({ length: 96 }, (_, quarter) =>
      energy(points, quarter * 15, quarter * 15 + 15),
    )
    const kinds = found.map((one) => (one?.kind === 'energy' ? one.energy : one?.kind))
    expect(kinds[18]).toBe(unit)
    expect(kinds[19]).toBe('fallen')
    expect(kinds[43]).toBe('fallen')
    expect(kinds.slice(44)).toEqual(kinds.slice(44).map(() => unit))
    // The day around it has the difference of its ends.
    expect(energy(points, 0, 96 * 15)).toMatchObject({ energy: 96n * unit, quality: 'measured' })
  })

  test('rolls over only where the width is known and the way around is short enough', () => {
    const rolling = [point(0, 999_900n), point(60, 100n)]
    expect(energy(rolling, 0, 60)).toMatchObject({ energy: 200n * unit })
    const unknown = { ...meter, width: null }
    expect(energy(rolling, 0, 60, unknown)).toEqual({ kind: 'fallen' })
    // 60 kW bring 60 kWh in an hour, and a unit may be rounded.
    expect(energy([point(0, 993_900n), point(60, 0n)], 0, 60)).toMatchObject({ kind: 'energy' })
    expect(energy([point(0, 993_899n), point(60, 1n)], 0, 60)).toEqual({ kind: 'fallen' })
  })

  test('goes around exactly where it is interpolated across the roll-over', () => {
    const rolling = [point(0, 999_950n), point(60, 50n)]
    const halves = [energy(rolling, 0, 30), energy(rolling, 30, 60)]
    expect(halves).toMatchObject([{ energy: 50n * unit }, { energy: 50n * unit }])
    const ratio = { ...meter, numerator: 2n, denominator: 3n }
    const parts = [0, 15, 30, 45].map((from) => energy(rolling, from, from + 15, ratio))
    const sum = parts.reduce((all, part) => all + (part?.kind === 'energy' ? part.energy : 0n), 0n)
    expect(energy(rolling, 0, 60, ratio)).toMatchObject({ energy: sum })
  })

  test('says what of it rests on values that no meter said', () => {
    const made = { quality: 'estimated' as const }
    const points = [
      ...[point(0, 0n), point(60, 10n), point(120, 20n), point(180, 40n, made)],
      ...[point(240, 50n, { quality: 'edited' }), point(300, 60n)],
    ]
    expect(energy(points, 0, 120)).toMatchObject({ estimated: 0n, quality: 'measured' })
    expect(energy(points, 0, 180)).toMatchObject({ estimated: 20n * unit, quality: 'estimated' })
    expect(energy(points, 180, 300)).toMatchObject({ estimated: 20n * unit, quality: 'estimated' })
    expect(energy(points, 180, 240)).toMatchObject({ estimated: 10n * unit, quality: 'edited' })
    // What is estimated inside changes nothing between two readings.
    expect(energy(points, 60, 300)).toMatchObject({ estimated: 0n, quality: 'measured' })
  })

  test('is only begun where an end is not known', () => {
    const points = [point(0, 0n), point(60, 10n), point(200, 30n)]
    expect(energy(points, 0, 120)).toMatchObject({ energy: 10n * unit, quality: 'incomplete' })
    expect(energy(points, 70, 120)).toEqual({ kind: 'unknown' })
    expect(energy([], 0, 60)).toEqual({ kind: 'unknown' })
    const later = { ...meter, from: instant(begin + hours(9)) }
    expect(energy(points, 0, 60, later)).toEqual({ kind: 'unknown' })
  })
})

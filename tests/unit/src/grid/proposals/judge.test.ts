import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CONFIDENCE_MIN, judgeVoltages, type Suspect, type VoltageCurve } from '#src/grid/proposals'

const SLOTS_PER_DAY = 96
const DAYS = 10
const wires = ['A', 'B', 'C'] as const

/** The same for the same seed. */
function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647 - 0.5
  }
}

/** Two areas with six single-phase points on each wire; what a wire does, all on it see. */
function suspects(seed: number): Suspect[] {
  const next = noise(seed)
  const slots = SLOTS_PER_DAY * DAYS
  const all = Array.from({ length: slots }, () => 4 * next())
  let id = 0
  return [1, 2].flatMap((area) =>
    wires.flatMap((wire) => {
      const course = all.map((common) => 230 + common + 2 * next())
      return Array.from({ length: 6 }, (): Suspect => {
        const volts = course.map((value) => (next() > 0.45 ? Number.NaN : value + next()))
        id++
        return { id, area, curves: [{ wire, volts }] }
      })
    }),
  )
}

const pause = async () => {}
const judged = async (given: readonly Suspect[]) =>
  new Map((await judgeVoltages(given, SLOTS_PER_DAY, pause)).map((one) => [one.id, one]))

const moved = (one: Suspect, area: number, curves: readonly VoltageCurve[]): Suspect => ({
  ...one,
  area,
  curves,
})

describe('the voltage of neighbours', () => {
  test('confirms an archive that is right', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const right = suspects(seed)
        const found = await judged(right)
        for (const { id, area, curves } of right) {
          expect(found.get(id)).toMatchObject({ area, wire: curves[0]?.wire })
        }
      }),
      { numRuns: 5 },
    )
  })

  test('finds who is in the wrong area or on the wrong wire, and is sure of it', async () => {
    const given = suspects(7)
    const [first, , third] = given
    if (first === undefined || third === undefined) throw new Error('there are 36')
    const volts = third.curves[0]?.volts ?? []
    const wrong = given.map((one) => {
      if (one === first) return moved(one, 2, one.curves)
      return one === third ? moved(one, 1, [{ wire: 'C', volts }]) : one
    })
    const found = await judged(wrong)
    expect(found.get(first.id)).toMatchObject({ area: 1, wire: 'A', days: DAYS, areaDays: DAYS })
    expect(found.get(first.id)?.areaConfidence).toBeGreaterThan(CONFIDENCE_MIN)
    expect(found.get(third.id)).toMatchObject({ area: 1, wire: 'A' })
    expect(found.get(third.id)?.wireConfidence).toBeGreaterThan(CONFIDENCE_MIN)
    expect(found.get(third.id)?.correlation).toBeGreaterThan(found.get(third.id)?.archived ?? 1)
  })

  test('finds the wire of a point of which the archive knows none', async () => {
    const given = suspects(9).map((one) =>
      one.id === 8 ? moved(one, 1, [{ wire: null, volts: one.curves[0]?.volts ?? [] }]) : one,
    )
    expect((await judged(given)).get(8)).toMatchObject({ area: 1, wire: 'B' })
  })

  test('takes a three-phase point by all its wires together', async () => {
    const given = suspects(11)
    const of = (id: number) => given[id - 1]?.curves ?? []
    const rest = given.filter(({ id }) => ![1, 7, 13].includes(id))
    const three = { id: 99, area: 2, curves: [...of(1), ...of(7), ...of(13)] }
    expect((await judged([...rest, three])).get(99)).toMatchObject({ area: 1, wire: null })
  })

  test('says nothing of a point without values, and nothing where nobody is', async () => {
    const given = suspects(13)
    const empty = { id: 100, area: 1, curves: [{ wire: 'A' as const, volts: [] }] }
    expect((await judged([...given, empty])).has(100)).toBe(false)
    expect(await judgeVoltages([], SLOTS_PER_DAY, pause)).toEqual([])
    expect(await judgeVoltages(given.slice(0, 2), SLOTS_PER_DAY, pause)).toEqual([])
  })

  test('is sure of little after two days', async () => {
    const cut = suspects(7).map((one) => {
      const curves = one.curves.map(({ wire, volts }) => ({
        wire,
        volts: Array.from(volts).slice(0, 2 * SLOTS_PER_DAY),
      }))
      return moved(one, one.id === 1 ? 2 : one.area, curves)
    })
    const first = (await judged(cut)).get(1)
    expect(first?.area).toBe(1)
    expect(first?.areaConfidence).toBeLessThan(CONFIDENCE_MIN)
  })
})

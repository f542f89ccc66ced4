import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, type Point, type PointOf, type Sample, type Stage } from './stage.ts'

const good: Sample = { u: [220, 220, 220], i: [2, 2, 2] }
const times = (count: number, sample: Sample): Sample[] =>
  Array.from({ length: count }, () => sample)
const registers = (power: number, steps: readonly number[]): Sample[] => {
  let energy = 100
  return steps.map((step) => {
    energy += step
    return { u: [220], i: [power / 0.22], p: power, pf: 1, energy }
  })
}

interface Row {
  readonly code: string
  readonly fires: readonly Sample[]
  readonly spares: readonly Sample[]
  readonly of?: PointOf
  /** Days on which it is so. */
  readonly days?: number
}

const single: PointOf = { wiring: '1p2w' }
const rows: readonly Row[] = [
  {
    code: 'voltage-lost',
    fires: times(2, { u: [171, 220, 220], i: [0.03, 2, 2] }),
    spares: times(2, { u: [172, 220, 220], i: [0.03, 2, 2] }),
  },
  {
    code: 'under-voltage',
    fires: times(2, { u: [171, 220, 220], i: [0, 2, 2] }),
    spares: times(1, { u: [171, 220, 220], i: [0, 2, 2] }),
  },
  {
    code: 'over-voltage',
    fires: times(2, { ...good, u: [220, 265, 220] }),
    spares: times(2, { ...good, u: [220, 264, 220] }),
  },
  {
    code: 'missing-phase',
    fires: times(2, { u: [220, 220, 130], i: [2, 2, 0.02] }),
    spares: times(2, { u: [220, 220, 133], i: [2, 2, 0.02] }),
  },
  {
    code: 'current-lost',
    fires: times(8, { ...good, i: [0.02, 0.26, 0.26] }),
    spares: times(8, { ...good, i: [0.02, 0.25, 0.25] }),
    days: 2,
  },
  {
    code: 'current-reversed',
    fires: times(3, { ...good, phases: [-0.006, 0.4, 0.4] }),
    spares: times(3, { ...good, phases: [-0.005, 0.4, 0.4] }),
  },
  {
    code: 'voltage-imbalance',
    fires: times(2, { ...good, u: [220, 220, 115] }),
    spares: times(2, { ...good, u: [220, 220, 135] }),
  },
  {
    code: 'current-imbalance-severe',
    fires: times(8, { ...good, i: [6, 0.1, 0.1] }),
    spares: times(8, { ...good, i: [6, 2, 2] }),
    days: 2,
  },
  {
    code: 'current-imbalance',
    fires: times(8, { ...good, i: [3.1, 2, 2] }),
    spares: times(8, { ...good, i: [2.5, 2, 2] }),
    days: 3,
  },
  {
    code: 'neutral-current',
    fires: times(8, { ...good, neutral: 1.1 }),
    spares: times(8, { ...good, neutral: 1 }),
    days: 2,
  },
  {
    code: 'neutral-difference',
    fires: times(3, { u: [220], i: [2], neutral: 2.6 }),
    spares: times(3, { u: [220], i: [2], neutral: 2.4 }),
    of: single,
  },
  {
    code: 'over-current',
    fires: [{ ...good, i: [73, 2, 2] }],
    spares: [{ ...good, i: [72, 2, 2] }],
  },
  { code: 'overload', fires: [{ ...good, p: 47.6 }], spares: [{ ...good, p: 47.5 }] },
  {
    code: 'demand-over-limit',
    // 12 kVA at a power factor of 0.9.
    fires: [{ ...good, p: 10.9, pf: 0.9 }],
    spares: [{ ...good, p: 10.7, pf: 0.9 }],
    of: { capacity: 10 },
  },
  {
    code: 'power-factor-low',
    fires: times(4, { ...good, pf: 0.29 }),
    spares: times(4, { ...good, pf: 0.3 }),
    days: 2,
  },
  {
    code: 'power-inconsistent',
    fires: times(6, { ...good, p: 1.24, pf: 1 }),
    spares: times(6, { ...good, p: 1.26, pf: 1 }),
    days: 2,
  },
  {
    code: 'stopped',
    fires: registers(0.5, [0, 0, 0, 0]),
    spares: registers(0.5, [0, 0, 0.1, 0, 0.2]),
    of: single,
  },
  {
    code: 'running-away',
    fires: registers(0.5, [0, 4]),
    spares: registers(0.5, [0, 3.9]),
    of: single,
  },
  {
    code: 'current-open',
    fires: times(92, { ...good, i: [0, 0, 0] }),
    spares: [...times(80, { ...good, i: [0, 0, 0] }), good],
    days: 3,
  },
]

describe('rules over samples', { shuffle: false }, () => {
  let stage: Stage
  const fired = new Map<string, Point>()
  const spared = new Map<string, Point>()

  beforeAll(async () => {
    stage = await openStage()
    for (const { code, fires, spares, of, days = 1 } of rows) {
      for (const [samples, kept] of [
        [fires, fired],
        [spares, spared],
      ] as const) {
        const one = await stage.point(`${code}-${kept === fired ? 'fires' : 'spares'}`, of)
        kept.set(code, one)
        for (let nth = 30; nth < 30 + days; nth += 1) {
          if (code === 'current-open') await stage.used(one, nth - 3, 5)
          await stage.curve(one, nth, 1, samples)
          await stage.used(one, nth, 5)
        }
      }
    }
    for (const nth of [30, 31, 32]) await stage.follow(nth)
  })
  afterAll(() => stage.database.close())

  it.each(rows)('$code fires, and does not just below', async ({ code }) => {
    const [one, other] = [fired.get(code), spared.get(code)]
    if (one === undefined || other === undefined) throw new Error('no point')
    const said = (of: Point) =>
      stage.db.query(
        'select business_date from anomaly_day where usage_point_id = $1 and code = $2 and is_hit',
        [of.point, code],
      )
    expect((await said(one)).length).toBeGreaterThan(0)
    expect(await said(other)).toEqual([])
    const states = await stage.db.query<{ state: string }>(
      'select state from anomaly where usage_point_id = $1 and code = $2',
      [one.point, code],
    )
    expect(states.length).toBe(1)
  })
})

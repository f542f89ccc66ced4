import { expect, test } from 'vitest'
import { CONFIDENCE_MIN, type Judgement, judgeVoltages } from '#src/grid/proposals'
import { hasFeederData, loadFeeder, loadHouseholds, solve } from './low-voltage-feeder.ts'
import {
  type Archive,
  archiveOf,
  type SimulatedMeter,
  type SimulationSettings,
  SLOTS_PER_DAY,
  simulateAreas,
  usualSettings,
} from './simulated-areas.ts'

/**
 * Three areas, each a copy of a real feeder with 55 customers and real households on it; 5 % of
 * the meters are in a wrong area in the archive and 10 % on a wrong phase. Meters round to 0.1 V.
 */
const why = 'the feeder and the households lie in ../shared/data, which is not here'
const mistakes = { area: 0.05, phase: 0.1 }
const wires = ['A', 'B', 'C']

interface Score {
  readonly proposed: number
  readonly right: number
  readonly wrong: number
}

function scored(
  meters: readonly SimulatedMeter[],
  { suspects, wrongArea, wrongPhase }: Archive,
  judgements: readonly Judgement[],
): { readonly area: Score; readonly phase: Score } {
  const truth = new Map(meters.map((meter) => [meter.id, meter]))
  const archived = new Map(suspects.map((one) => [one.id, one]))
  const areas = judgements.filter(
    ({ id, area, areaConfidence }) =>
      area !== archived.get(id)?.area && areaConfidence >= CONFIDENCE_MIN,
  )
  const phases = judgements.filter(
    ({ id, wire, wireConfidence }) =>
      wire !== archived.get(id)?.curves[0]?.wire && wireConfidence >= CONFIDENCE_MIN,
  )
  const isArea = ({ id, area }: Judgement) => truth.get(id)?.area === area
  const isPhase = ({ id, wire }: Judgement) => wires[truth.get(id)?.phase ?? -1] === wire
  return {
    area: { proposed: areas.length, right: areas.filter(isArea).length, wrong: wrongArea.size },
    phase: {
      proposed: phases.length,
      right: phases.filter(isPhase).length,
      wrong: wrongPhase.size,
    },
  }
}

const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole)

function told(name: string, days: number, { area, phase }: ReturnType<typeof scored>): string {
  const line = ({ proposed, right, wrong }: Score) => {
    const [precision, recall] = [share(right, proposed), share(right, wrong)]
    return `${right}/${proposed} right, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`
  }
  return `${name}, ${days} days: area ${line(area)}; phase ${line(phase)}`
}

async function judged(settings: SimulationSettings, name: string, spans: readonly number[]) {
  const meters = simulateAreas(settings)
  const scores = []
  for (const days of spans) {
    const cut = meters.map((meter) => ({
      ...meter,
      volts: meter.volts.subarray(0, days * SLOTS_PER_DAY),
    }))
    const archive = archiveOf(cut, { ...mistakes, seed: settings.seed + 10 })
    const judgements = await judgeVoltages(archive.suspects, SLOTS_PER_DAY, async () => {})
    const score = scored(cut, archive, judgements)
    console.log(told(name, days, score))
    scores.push(score)
  }
  return scores
}

test('the feeder loses what its wires turn into heat', ({ skip }) => {
  if (!hasFeederData()) skip(why)
  const feeder = loadFeeder()
  const kw = loadHouseholds()
    .slice(0, feeder.customers.length)
    .map((household) => 4 * (household[75] ?? 0))
  const sum = kw.reduce((total, one) => total + one, 0)
  const { headKw, volts, sweeps } = solve(feeder, [242, 242, 242], kw)
  expect(sweeps).toBeLessThan(20)
  expect(Math.max(...volts)).toBeLessThan(248)
  expect(headKw / sum).toBeGreaterThan(1.005)
  expect(headKw / sum).toBeLessThan(1.1)
  // Half the power has half the current, a quarter of the loss.
  const half = solve(
    feeder,
    [242, 242, 242],
    kw.map((one) => one / 2),
  )
  expect((half.headKw - sum / 2) / (headKw - sum)).toBeCloseTo(0.24, 1)
})

test('wrong areas and phases are found, and nothing else', async ({ skip }) => {
  if (!hasFeederData()) skip(why)
  for (const seed of [1, 2]) {
    const settings = { seed, days: 14, ...usualSettings }
    const [week, fortnight] = await judged(settings, `usual (seed ${seed})`, [7, 14])
    for (const score of [fortnight?.area, fortnight?.phase]) {
      expect(share(score?.right ?? 0, score?.proposed ?? 1)).toBeGreaterThanOrEqual(0.98)
      expect(share(score?.right ?? 0, score?.wrong ?? 1)).toBeGreaterThanOrEqual(0.95)
    }
    expect(share(week?.area.right ?? 0, week?.area.proposed ?? 1)).toBeGreaterThanOrEqual(0.9)
  }
})

test('where voltage tells little, little is said and hardly anything wrong', async ({ skip }) => {
  if (!hasFeederData()) skip(why)
  // All areas have one source voltage, the load is a fifth, and meters are off by 0.5 V.
  const shakes = { all: 0.8, area: 0, phase: 0 }
  const hard = { seed: 5, days: 14, noiseV: 0.5, loadShare: 0.2, shakes }
  for (const { area, phase } of await judged(hard, 'one source, little load, noise', [3, 14])) {
    for (const { right, proposed } of [area, phase]) {
      expect(share(right, proposed)).toBeGreaterThanOrEqual(0.9)
    }
  }
})

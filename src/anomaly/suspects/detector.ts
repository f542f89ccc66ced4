import { evidenceOf, explain, type Part } from './explain.ts'
import { fallsOf } from './falls.ts'
import { dot } from './regression.ts'
import { type AreaHours, HOURS, type Manner, type Template } from './templates.ts'

/** Numbers of the detector; tuned on one half of the meters it was proved with, see docs. */
export interface DetectorSettings {
  /** A meter comes into the explanation if so much speaks for it. */
  readonly evidenceMin: number
  /** What the fall of a meter's own use counts beside the loss that it explains. */
  readonly supportWeight: number
  /** The evidence of a score of 50, and how fast the score grows. */
  readonly middle: number
  readonly steepness: number
}

export const usualSettings: DetectorSettings = {
  evidenceMin: 60,
  supportWeight: 4,
  middle: 100,
  steepness: 4,
}

/** Beside loss and use: what else speaks against a meter, in points of 100. */
export interface OtherEvidence {
  readonly code: string
  readonly points: number
}

export interface Suspicion extends Template {
  readonly meter: number
  /** 0 to 100. */
  readonly score: number
  readonly evidence: number
  readonly gain: number
  readonly support: number
  readonly coefficient: number
  /** Of its template with what the others leave of the loss: over hours, over days. */
  readonly correlationHours: number
  readonly correlationDays: number
  /** Share by which its use fell since, and in robust deviations of its neighbours. */
  readonly fell: number
  readonly fallZ: number
  /** kWh not metered: the estimate, and at least and at most. */
  readonly energy: number
  readonly energyLow: number
  readonly energyHigh: number
  /** kWh of it by day. */
  readonly days: readonly number[]
}

/** Everybody of an area by how much speaks against them, the most suspect first. */
export function findSuspects(
  area: AreaHours,
  others: readonly (readonly OtherEvidence[])[] = [],
  settings: DetectorSettings = usualSettings,
): readonly Suspicion[] {
  const falls = fallsOf(area)
  const { parts, residual, hoursKnown } = explain(
    area,
    falls,
    settings.evidenceMin,
    settings.supportWeight,
  )
  return parts
    .map((part): Suspicion => {
      const { hours, isChosen, error, ...told } = part
      const without = residual.map((rest, t) =>
        isChosen ? rest + part.coefficient * (hours[t] ?? 0) : rest,
      )
      const points = (others[part.meter] ?? []).reduce((sum, one) => sum + one.points, 0)
      const { fell, z } = falls.of(part.meter, part)
      // Two weeks tell less than two months.
      const evidence =
        evidenceOf(part.gain, part.support, settings.supportWeight) *
        Math.min(1, hoursKnown / (14 * HOURS))
      const margin = marginOf(part)
      return {
        ...told,
        evidence,
        score: scoreOf(evidence, points, settings),
        correlationHours: correlation(hours, without, part.sinceDay * HOURS),
        correlationDays: correlation(byDay(hours), byDay(without), part.sinceDay),
        fell,
        fallZ: z,
        energyLow: part.energy - margin,
        energyHigh: part.energy + margin,
        days: [...byDay(hours)].map((kWh) => part.coefficient * kWh),
      }
    })
    .toSorted((a, b) => b.score - a.score || b.evidence - a.evidence)
}

/** What is left to certainty is taken by the rest: it supports, and convicts nobody alone. */
function scoreOf(
  evidence: number,
  points: number,
  { middle, steepness }: DetectorSettings,
): number {
  const loss = 100 / (1 + (middle / Math.max(evidence, 1e-6)) ** steepness)
  return Math.min(100, loss + ((100 - loss) * Math.min(60, points)) / 100)
}

/** Hours next to each other are alike: the error of independent ones is too small by so much. */
const ALIKE = 3
const NORMAL_95 = 1.96
/** How far what was usual may be from what would have been used, as a share of the estimate. */
const modelError: Readonly<Record<Manner, number>> = {
  share: 0.25,
  shift: 0.3,
  fall: 0.45,
  hours: 0.6,
}
/** kWh a day: registers show no less. */
const LEAST_MARGIN = 0.1

function marginOf({ manner, error, hours, energy, sinceDay }: Part): number {
  const total = hours.reduce((sum, kWh) => sum + Math.abs(kWh), 0)
  const statistical = NORMAL_95 * ALIKE * error * total
  const least = LEAST_MARGIN * (hours.length / HOURS - sinceDay)
  return Math.hypot(statistical, modelError[manner] * energy, least)
}

function byDay(hours: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.floor(hours.length / HOURS) }, (_, day) =>
    hours.subarray(day * HOURS, (day + 1) * HOURS).reduce((sum, kWh) => sum + kWh, 0),
  )
}

function correlation(a: Float64Array, b: Float64Array, from: number): number {
  const [x, y] = [centred(a.subarray(from)), centred(b.subarray(from))]
  const scale = Math.sqrt(dot(x, x) * dot(y, y))
  return scale === 0 ? 0 : dot(x, y) / scale
}

function centred(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length)
  return values.map((one) => one - mean)
}

import { decimalText } from '#protocols/model'
import { hours, type Instant } from '#src/core'
import type { MeteredSpan, UsageItem, UsageQuality } from './types.ts'

/** One reading of a cumulative register, `digits` × 10^-`scale`. */
export interface Point {
  readonly at: Instant
  readonly digits: bigint
  readonly scale: number
  readonly doubtful: boolean
}

export interface Period {
  readonly start: Instant
  readonly end: Instant
}

/** A register at both ends of a period, or of what is known of it. */
export interface Advance {
  readonly fromAt: Instant
  readonly toAt: Instant
  readonly from: bigint
  readonly to: bigint
  readonly scale: number
  readonly quality: UsageQuality
}

export type PeriodFinding =
  | { readonly kind: 'advance'; readonly advance: Advance }
  | { readonly kind: 'fallen' }
  | { readonly kind: 'unknown' }

/** A boundary may be interpolated between readings that are no further apart. */
export const interpolationMax = hours(1)
/** Interpolated values get at least so many decimals. */
const interpolatedScaleMin = 4

/**
 * How far a register advanced in each period. `points` are the readings around and inside, in any
 * order: of several at one time the first counts. A period that touches a fall of the register,
 * the jump onto a value that falls back later, or the jump back from a dip, is `fallen`: what
 * flowed then is for a rule with more knowledge to say.
 */
export function advancesOf(
  points: readonly Point[],
  periods: readonly Period[],
): readonly PeriodFinding[] {
  const series = seriesOf(points)
  return periods.map((period) => advanceOf(series, period))
}

interface Series {
  readonly points: readonly Point[]
  /** All values on one scale. */
  readonly values: readonly bigint[]
  readonly scale: number
  /** How many of the steps that end at or before an index cannot be believed. */
  readonly brokenBefore: readonly number[]
}

function seriesOf(unsorted: readonly Point[]): Series {
  const points: Point[] = []
  for (const point of [...unsorted].sort((a, b) => a.at - b.at)) {
    if (points.at(-1)?.at !== point.at) points.push(point)
  }
  const scale = points.reduce((most, point) => Math.max(most, point.scale), interpolatedScaleMin)
  const values = valuesOn(points, scale)
  let count = 0
  const brokenBefore = brokenSteps(values).map((broken) => {
    count += broken ? 1 : 0
    return count
  })
  return { points, values, scale, brokenBefore }
}

/**
 * The values on one scale. Next to a value with more decimals a rounded one may seem to be a
 * little less than its predecessor; such a difference is not a fall.
 */
function valuesOn(points: readonly Point[], scale: number): bigint[] {
  const values: bigint[] = []
  for (const [index, point] of points.entries()) {
    const value = point.digits * 10n ** BigInt(scale - point.scale)
    const before = values.at(-1) ?? value
    const coarser = Math.min(point.scale, points[index - 1]?.scale ?? point.scale)
    const sameScale = points[index - 1]?.scale === point.scale
    const rounded = !sameScale && value < before && before - value < 10n ** BigInt(scale - coarser)
    values.push(rounded ? before : value)
  }
  return values
}

/** For each value, whether the step onto it is a fall, a spike's rise or a dip's recovery. */
function brokenSteps(values: readonly bigint[]): boolean[] {
  const broken = values.map(() => false)
  let peak = values[0] ?? 0n
  for (let index = 1; index < values.length; index += 1) {
    const before = values[index - 1] ?? 0n
    const value = values[index] ?? 0n
    if (value < before || (before < peak && value >= peak)) broken[index] = true
    if (value > peak) peak = value
  }
  let trough = values.at(-1) ?? 0n
  for (let index = values.length - 1; index > 0; index -= 1) {
    const before = values[index - 1] ?? 0n
    const value = values[index] ?? 0n
    if (before <= trough && trough < value) broken[index] = true
    if (value < trough) trough = value
  }
  return broken
}

interface Boundary {
  readonly at: Instant
  readonly value: bigint
  readonly quality: UsageQuality
  readonly scale: number
  /** Indices of the readings it rests on; equal for an exact one. */
  readonly first: number
  readonly last: number
}

function advanceOf(series: Series, { start, end }: Period): PeriodFinding {
  const from = boundaryAt(series, start) ?? edge(series, indexFrom(series.points, start), end)
  const to = boundaryAt(series, end) ?? edge(series, indexAfter(series.points, end) - 1, start)
  if (from === undefined || to === undefined || to.at <= from.at) return { kind: 'unknown' }
  const broken = (series.brokenBefore[to.last] ?? 0) - (series.brokenBefore[from.first] ?? 0) > 0
  if (broken || to.value < from.value) return { kind: 'fallen' }
  return {
    kind: 'advance',
    advance: {
      fromAt: from.at,
      toAt: to.at,
      scale: Math.max(from.scale, to.scale),
      from: rescaled(from.value, series.scale, Math.max(from.scale, to.scale)),
      to: rescaled(to.value, series.scale, Math.max(from.scale, to.scale)),
      quality: worseQuality(from.quality, to.quality),
    },
  }
}

/** The register at a moment: as read then, or between two readings close by. */
function boundaryAt(series: Series, at: Instant): Boundary | undefined {
  const after = indexFrom(series.points, at)
  const next = series.points[after]
  if (next === undefined) return undefined
  if (next.at === at) return read(series, after, 'measured')
  const previous = series.points[after - 1]
  if (previous === undefined || next.at - previous.at > interpolationMax) return undefined
  const low = series.values[after - 1] ?? 0n
  const high = series.values[after] ?? 0n
  const share = BigInt(at - previous.at)
  return {
    at,
    value: low + ((high - low) * share) / BigInt(next.at - previous.at),
    quality: previous.doubtful || next.doubtful ? 'suspect' : 'interpolated',
    scale: series.scale,
    first: after - 1,
    last: after,
  }
}

/** The outermost reading inside a period whose boundary is not known. */
function edge(series: Series, index: number, opposite: Instant): Boundary | undefined {
  const point = series.points[index]
  if (point === undefined || point.at === opposite) return undefined
  return read(series, index, 'incomplete')
}

function read(series: Series, index: number, quality: UsageQuality): Boundary | undefined {
  const point = series.points[index]
  const value = series.values[index]
  if (point === undefined || value === undefined) return undefined
  return {
    at: point.at,
    value,
    quality: point.doubtful ? worseQuality(quality, 'suspect') : quality,
    scale: point.scale,
    first: index,
    last: index,
  }
}

/** The first index whose point is at or after the moment. */
function indexFrom(points: readonly Point[], at: Instant): number {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    const point = points[middle]
    if (point !== undefined && point.at < at) low = middle + 1
    else high = middle
  }
  return low
}

/** The first index whose point is after the moment. */
const indexAfter = (points: readonly Point[], at: Instant): number => {
  const index = indexFrom(points, at)
  return points[index]?.at === at ? index + 1 : index
}

const rescaled = (value: bigint, from: number, to: number): bigint =>
  from === to ? value : value / 10n ** BigInt(from - to)

const worst: readonly UsageQuality[] = ['measured', 'interpolated', 'suspect', 'incomplete']
export const worseQuality = (a: UsageQuality, b: UsageQuality): UsageQuality =>
  worst.indexOf(a) > worst.indexOf(b) ? a : b

/** An exact decimal. */
export interface Energy {
  readonly digits: bigint
  readonly scale: number
}

/** Decimals kept of a ratio that no decimal fraction can express. */
const endlessDecimals = 6

/**
 * Primary energy of an advance. Where the ratio has no finite decimal expansion both register
 * values are rounded, not their difference, so that neighbouring periods still add up.
 */
export function primaryEnergyOf(ratio: MeteredSpan['ratio']): (advance: Advance) => Energy {
  const decimals = decimalsOf(ratio)
  const factor = ratio.numerator * 10n ** BigInt(decimals)
  const primary = (value: bigint) => (value * factor) / ratio.denominator
  return ({ from, to, scale }) => ({
    digits: primary(to) - primary(from),
    scale: scale + decimals,
  })
}

/** The fewest decimals that express the ratio exactly. */
function decimalsOf({ numerator, denominator }: MeteredSpan['ratio']): number {
  for (let decimals = 0; decimals <= endlessDecimals; decimals += 1) {
    if ((numerator * 10n ** BigInt(decimals)) % denominator === 0n) return decimals
  }
  return endlessDecimals
}

export function addEnergy(a: Energy, b: Energy): Energy {
  const scale = Math.max(a.scale, b.scale)
  const scaled = (energy: Energy) => energy.digits * 10n ** BigInt(scale - energy.scale)
  return { digits: scaled(a) + scaled(b), scale }
}

export const usageItem = (period: Period, energy: Energy, quality: UsageQuality): UsageItem => ({
  start: period.start,
  end: period.end,
  value: decimalText(energy.digits, energy.scale),
  quality,
})

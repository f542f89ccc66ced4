import { hours, type Instant } from '#src/core'
import { isMade, worseQuality } from './quality.ts'
import type { UsageQuality } from './types.ts'

/** What counts of a register at one moment, in 10^-6 of its unit, before any ratio. */
export interface RegisterPoint {
  readonly at: Instant
  readonly micro: bigint
  /** Decimals as they were sent. */
  readonly scale: number
  readonly quality: UsageQuality
}

/** What a register can do. */
export interface RegisterLimits {
  /** Where it rolls over (满度归零), in 10^-6; null where nobody knows. */
  readonly width: bigint | null
  /** The most that the meter can count in an hour, in 10^-6. */
  readonly perHour: bigint
}

/** A boundary may be interpolated between readings that are no further apart. */
export const interpolationMax = hours(1)
/** A value is compared with those so close to it. */
const neighbourhood = hours(1)
/** Where more came than can have flown, it is compared with those of a day and a bit. */
const wideNeighbourhood = hours(26)
/** What has to be known around a period. */
export const evidenceSpan = hours(28)
const microScale = 6
const hourMs = BigInt(hours(1))
/** Whole units that a coarse register may seem to jump. */
const slack = 1_000_000n

/** The points of a register in order, and what can be believed of them. */
export interface RegisterSeries {
  readonly limits: RegisterLimits
  readonly points: readonly RegisterPoint[]
  readonly micros: readonly bigint[]
  /** Stands out from its neighbours: a peak that falls back, or a dip that recovers. */
  readonly odd: readonly boolean[]
  /** How often the register rolled over up to each point. */
  readonly rolls: readonly number[]
}

/** Of several points of one moment the first counts. */
export function seriesOf(
  unsorted: readonly RegisterPoint[],
  limits: RegisterLimits,
): RegisterSeries {
  const points: RegisterPoint[] = []
  for (const point of [...unsorted].sort((a, b) => a.at - b.at)) {
    if (points.at(-1)?.at !== point.at) points.push(point)
  }
  const micros = points.map((point, index) => evened(points[index - 1], point))
  const falls = micros.some((micro, index) => micro < (micros[index - 1] ?? micro))
  const odd = points.map((_, index) => falls && isOdd(points, micros, index, neighbourhood))
  let count = 0
  const rolls = points.map((point, index) => {
    const before = points[index - 1]
    const [from, to] = [micros[index - 1], micros[index]]
    if (before === undefined || from === undefined || to === undefined || to >= from) return count
    const { width } = limits
    const isSound = !odd[index] && !odd[index - 1]
    // A fall is a roll-over where the way around is short enough for the time.
    if (isSound && width !== null && isPossible(to + width - from, point.at - before.at, limits)) {
      count += 1
    }
    return count
  })
  return { limits, points, micros, odd, rolls }
}

/** Whether so much can have flown in so many milliseconds. */
export function isPossible(
  advance: bigint,
  ms: number,
  { perHour }: Pick<RegisterLimits, 'perHour'>,
): boolean {
  return (advance - slack) * hourMs <= perHour * BigInt(ms)
}

/**
 * Next to a value with other decimals one may seem to be a little less than its predecessor; it
 * then counts like that one. Only the neighbour decides, so that it is the same for every period.
 */
function evened(before: RegisterPoint | undefined, point: RegisterPoint): bigint {
  if (before === undefined || before.scale === point.scale) return point.micro
  if (before.micro <= point.micro || point.at - before.at > neighbourhood) return point.micro
  const unit = 10n ** BigInt(Math.max(0, microScale - Math.min(before.scale, point.scale)))
  return before.micro - point.micro < unit ? before.micro : point.micro
}

function isOdd(
  points: readonly RegisterPoint[],
  micros: readonly bigint[],
  index: number,
  span: number,
): boolean {
  const own = points[index]
  const micro = micros[index]
  if (own === undefined || micro === undefined) return false
  const before: bigint[] = []
  for (let other = index - 1; other >= 0; other -= 1) {
    if (own.at - (points[other]?.at ?? 0) > span) break
    before.push(micros[other] ?? micro)
  }
  const after: bigint[] = []
  for (let other = index + 1; other < points.length; other += 1) {
    if ((points[other]?.at ?? 0) - own.at > span) break
    after.push(micros[other] ?? micro)
  }
  if (before.length === 0 || after.length === 0) return false
  const isPeak = least(before) <= least(after) && least(after) < micro
  const isDip = micro < most(before) && most(before) <= most(after)
  return isPeak || isDip
}

const least = (values: readonly bigint[]): bigint => outermost(values, (a, b) => a < b)
const most = (values: readonly bigint[]): bigint => outermost(values, (a, b) => a > b)

function outermost(
  [first = 0n, ...others]: readonly bigint[],
  isFurther: (a: bigint, b: bigint) => boolean,
): bigint {
  let found = first
  for (const value of others) if (isFurther(value, found)) found = value
  return found
}

/** The register at a moment: as it was then, or between two values close by. */
export interface Boundary {
  readonly at: Instant
  readonly micro: bigint
  readonly rolls: number
  readonly quality: UsageQuality
  /** Indices of the points it rests on; equal for an exact one. */
  readonly first: number
  readonly last: number
  readonly isBad: boolean
}

export interface Advance {
  readonly from: Boundary
  readonly to: Boundary
  readonly quality: UsageQuality
}

export type Finding =
  | { readonly kind: 'advance'; readonly advance: Advance }
  | { readonly kind: 'fallen' }
  | { readonly kind: 'unknown' }

/** How far a register advanced between two moments, or as far as that is known. */
export function advanceOf(series: RegisterSeries, start: Instant, end: Instant): Finding {
  const from = boundaryAt(series, start) ?? edge(series, indexFrom(series.points, start))
  const to = boundaryAt(series, end) ?? edge(series, indexAfter(series.points, end) - 1)
  if (from === undefined || to === undefined) return { kind: 'unknown' }
  if (to.at <= from.at || from.at >= end || to.at <= start) return { kind: 'unknown' }
  if (from.isBad || to.isBad) return { kind: 'fallen' }
  const { limits, points, micros } = series
  const total = to.micro - from.micro + BigInt(to.rolls - from.rolls) * (limits.width ?? 0n)
  if (total < 0n) return { kind: 'fallen' }
  if (!isPossible(total, to.at - from.at, limits)) {
    const rests = [from.first, from.last, to.first, to.last]
    const isDoubted = rests.some((index) => isOdd(points, micros, index, wideNeighbourhood))
    if (isDoubted) return { kind: 'fallen' }
  }
  return { kind: 'advance', advance: { from, to, quality: worseQuality(from.quality, to.quality) } }
}

/** The register at a moment; undefined where it was neither read nor can be interpolated. */
export function boundaryAt(series: RegisterSeries, at: Instant): Boundary | undefined {
  const { points, micros, odd, rolls, limits } = series
  const after = indexFrom(points, at)
  const next = points[after]
  if (next === undefined) return undefined
  if (next.at === at) return read(series, after, next.quality)
  const previous = points[after - 1]
  if (previous === undefined || next.at - previous.at > interpolationMax) return undefined
  const [low, high] = [micros[after - 1] ?? 0n, micros[after] ?? 0n]
  const [lowRolls, highRolls] = [rolls[after - 1] ?? 0, rolls[after] ?? 0]
  const width = limits.width ?? 0n
  const distance = high - low + BigInt(highRolls - lowRolls) * width
  const share = (distance * BigInt(at - previous.at)) / BigInt(next.at - previous.at)
  const isPast = highRolls > lowRolls && low + share >= width
  return {
    at,
    micro: low + share - (isPast ? width : 0n),
    rolls: isPast ? highRolls : lowRolls,
    quality: worseQuality('interpolated', worseQuality(previous.quality, next.quality)),
    first: after - 1,
    last: after,
    isBad: odd[after - 1] === true || odd[after] === true || distance < 0n,
  }
}

/** The outermost point inside a period whose boundary is not known. */
const edge = (series: RegisterSeries, index: number): Boundary | undefined =>
  read(series, index, 'incomplete')

function read(
  { points, micros, odd, rolls }: RegisterSeries,
  index: number,
  quality: UsageQuality,
): Boundary | undefined {
  const point = points[index]
  const micro = micros[index]
  if (point === undefined || micro === undefined) return undefined
  return {
    ...{ at: point.at, micro, quality, first: index, last: index },
    rolls: rolls[index] ?? 0,
    isBad: odd[index] === true,
  }
}

/** The stretches of an advance that rest on values which no meter said. */
export function madeStretches(
  series: RegisterSeries,
  { from, to }: Advance,
): readonly (readonly [Boundary, Boundary])[] {
  const isFromMade = isMade(from.quality)
  const isToMade = isMade(to.quality)
  if (!isFromMade && !isToMade) return []
  const inside: number[] = []
  for (let index = from.last; index <= to.first; index += 1) {
    const point = series.points[index]
    if (point === undefined || point.at <= from.at || point.at >= to.at) continue
    if (!isMade(point.quality) && series.odd[index] !== true) inside.push(index)
  }
  const [first, last] = [inside[0], inside.at(-1)]
  const firstRead = first === undefined ? undefined : read(series, first, 'measured')
  const lastRead = last === undefined ? undefined : read(series, last, 'measured')
  if (firstRead === undefined || lastRead === undefined) return [[from, to]]
  return [
    ...(isFromMade ? [[from, firstRead] as const] : []),
    ...(isToMade ? [[lastRead, to] as const] : []),
  ]
}

/** The first index whose point is at or after the moment. */
function indexFrom(points: readonly RegisterPoint[], at: Instant): number {
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
function indexAfter(points: readonly RegisterPoint[], at: Instant): number {
  const index = indexFrom(points, at)
  return points[index]?.at === at ? index + 1 : index
}

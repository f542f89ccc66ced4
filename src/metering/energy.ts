import { decimalText } from '#protocols/model'
import { type Instant, instant } from '#src/core'
import { worseQuality } from './quality.ts'
import {
  type Advance,
  advanceOf,
  type Boundary,
  madeStretches,
  type RegisterLimits,
  type RegisterPoint,
  type RegisterSeries,
  seriesOf,
} from './register.ts'
import type { UsageQuality } from './types.ts'

export interface Period {
  readonly start: Instant
  readonly end: Instant
}

/** A meter at a place for a time with the transformers before it; `to` is null while it lasts. */
export interface Metered extends RegisterLimits {
  readonly from: Instant
  readonly to: Instant | null
  readonly meterId: number
  readonly numerator: bigint
  readonly denominator: bigint
}

/** What one installation adds to one period. */
export type Part =
  | {
      readonly kind: 'energy'
      readonly energy: bigint
      /** What of it rests on values that no meter said. */
      readonly estimated: bigint
      readonly advance: Advance
    }
  | { readonly kind: 'fallen' | 'unknown' }

/** Primary energy of a period, in 10^-6 of the unit. */
export interface PeriodEnergy {
  readonly kind: 'energy'
  readonly energy: bigint
  readonly estimated: bigint
  readonly quality: UsageQuality
  /** Of the register at both ends. */
  readonly fromQuality: UsageQuality
  readonly toQuality: UsageQuality
  readonly meters: number
}

export type PeriodOutcome = PeriodEnergy | { readonly kind: 'fallen' | 'unknown' }

/** Energy by period of one installation, from all that is known of its register. */
export function energyOf(
  installed: Metered,
  points: readonly RegisterPoint[],
  periods: readonly Period[],
): readonly PeriodOutcome[] {
  const series = seriesOf(points, installed)
  return periods.map((period) => {
    const within = clip(period, installed)
    if (within === undefined) return { kind: 'unknown' }
    return periodOf([{ part: partOf(installed, series, within), meterId: installed.meterId }])
  })
}

/** Installed for a part of the period at least. */
export function clip({ start, end }: Period, { from, to }: Pick<Metered, 'from' | 'to'>) {
  const first: Instant = instant(Math.max(start, from))
  const last: Instant = to === null ? end : instant(Math.min(end, to))
  return first < last ? { start: first, end: last } : undefined
}

/** `period` lies within the installation. */
export function partOf(installed: Metered, series: RegisterSeries, period: Period): Part {
  const finding = advanceOf(series, period.start, period.end)
  if (finding.kind !== 'advance') return finding
  const { advance } = finding
  const energy = primaryBetween(installed, advance.from, advance.to)
  const made = madeStretches(series, advance)
    .map(([from, to]) => primaryBetween(installed, from, to))
    .reduce((sum, own) => sum + own, 0n)
  const isAllMade = made > energy
  return { kind: 'energy', energy, estimated: isAllMade ? energy : made, advance }
}

/**
 * Both register values are cut to 10^-6 of primary energy, not their difference, so that
 * neighbouring periods add up exactly; and so is the way around of a roll-over.
 */
export function primaryBetween(
  installed: Pick<Metered, 'numerator' | 'denominator' | 'width'>,
  from: Pick<Boundary, 'micro' | 'rolls'>,
  to: Pick<Boundary, 'micro' | 'rolls'>,
): bigint {
  const { numerator, denominator, width } = installed
  const primary = (micro: bigint) => floored(micro * numerator, denominator)
  const rolled = to.rolls - from.rolls
  const around = rolled === 0 ? 0n : BigInt(rolled) * primary(width ?? 0n)
  return primary(to.micro) - primary(from.micro) + around
}

function floored(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}

/** The sum over what was installed in a period, oldest first; a missing part makes it incomplete. */
export function periodOf(
  parts: readonly { readonly part: Part; readonly meterId: number }[],
): PeriodOutcome {
  if (parts.some(({ part }) => part.kind === 'fallen')) return { kind: 'fallen' }
  const known = parts.flatMap(({ part, meterId }) =>
    part.kind === 'energy' ? [{ ...part, meterId }] : [],
  )
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return { kind: 'unknown' }
  const isWhole = known.length === parts.length
  return {
    kind: 'energy',
    energy: known.reduce((sum, { energy }) => sum + energy, 0n),
    estimated: known.reduce((sum, { estimated }) => sum + estimated, 0n),
    quality: known.reduce<UsageQuality>(
      (worst, { advance }) => worseQuality(worst, advance.quality),
      isWhole ? 'measured' : 'incomplete',
    ),
    fromQuality: first.advance.from.quality,
    toQuality: last.advance.to.quality,
    meters: new Set(known.map(({ meterId }) => meterId)).size,
  }
}

const microDecimals = 6
const decimalsMin = 2

/** 10^-6 as a decimal, without the zeros that say nothing. */
export function energyText(energy: bigint): string {
  let [digits, scale] = [energy, microDecimals]
  while (scale > decimalsMin && digits % 10n === 0n) {
    digits /= 10n
    scale -= 1
  }
  return decimalText(digits, scale)
}

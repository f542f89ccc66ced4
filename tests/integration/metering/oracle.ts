/**
 * Energy as a clerk with paper would work it out: from a list of what hung where and one of what the
 * registers showed. Nothing of the product is used here, not even its types.
 */

/** Values in 10^-6 of the unit, moments in milliseconds. */
export interface Shown {
  readonly at: number
  readonly micro: bigint
  readonly quality: Word
}

export type Word = 'measured' | 'interpolated' | 'suspect' | 'incomplete' | 'estimated' | 'edited'

export interface Hanging {
  readonly meter: number
  readonly from: number
  /** Infinity while it hangs. */
  readonly to: number
  readonly ratio: readonly [bigint, bigint]
  /** Where the register begins again at nothing. */
  readonly width: bigint
  /** What was written down when it was put up and taken down. */
  readonly opening?: bigint
  readonly closing?: bigint
}

export interface Worked {
  readonly energy: bigint
  readonly quality: Word
}

const gravity: readonly Word[] = [
  'measured',
  'interpolated',
  'suspect',
  'estimated',
  'edited',
  'incomplete',
]
const worst = (words: readonly Word[]): Word =>
  words.reduce((a, b) => (gravity.indexOf(a) > gravity.indexOf(b) ? a : b), 'measured')

const HOUR = 3_600_000

/** A register as it would be without its width: every fall is a round. */
function unrolled(list: readonly Shown[], width: bigint): readonly Shown[] {
  let rounds = 0n
  return list.map((one, index) => {
    const before = list[index - 1]
    if (before !== undefined && one.micro < before.micro) rounds += width
    return { ...one, micro: one.micro + rounds }
  })
}

/** At a moment, or on the line between two values of an hour. */
function lookUp(list: readonly Shown[], at: number): Shown | undefined {
  const exact = list.find((one) => one.at === at)
  if (exact !== undefined) return exact
  const before = list.findLast((one) => one.at < at)
  const after = list.find((one) => one.at > at)
  if (before === undefined || after === undefined || after.at - before.at > HOUR) return undefined
  const share = (after.micro - before.micro) * BigInt(at - before.at)
  const micro = before.micro + share / BigInt(after.at - before.at)
  return { at, micro, quality: worst(['interpolated', before.quality, after.quality]) }
}

/** What a register that stands at `micro` without its width is worth behind transformers. */
function worth(micro: bigint, { ratio: [numerator, denominator], width }: Hanging): bigint {
  const cut = (value: bigint) => (value * numerator) / denominator
  return cut(micro % width) + (micro / width) * cut(width)
}

function partOf(
  hangings: readonly Hanging[],
  hanging: Hanging,
  shown: readonly Shown[],
  start: number,
  end: number,
): Worked | undefined {
  // The register goes on where only the transformers change.
  const own = hangings.filter(({ meter }) => meter === hanging.meter)
  let [first, last] = [hanging, hanging]
  for (;;) {
    const earlier = own.find((one) => one.to === first.from)
    const later = own.find((one) => one.from === last.to)
    if (earlier === undefined && later === undefined) break
    first = earlier ?? first
    last = later ?? last
  }
  const chain = own.filter(({ from, to }) => from >= first.from && to <= last.to)
  const written = chain.flatMap(({ from, to, opening, closing }): readonly Shown[] => [
    ...(opening === undefined ? [] : [{ at: from, micro: opening, quality: 'measured' as const }]),
    ...(closing === undefined ? [] : [{ at: to, micro: closing, quality: 'measured' as const }]),
  ])
  const read = shown.filter(
    ({ at }) => at >= first.from && at <= last.to && !written.some((one) => one.at === at),
  )
  const all = [
    ...written.filter((one, index) => written.findIndex((other) => other.at === one.at) === index),
    ...read,
  ]
  const list = unrolled(
    all.sort((a, b) => a.at - b.at),
    hanging.width,
  )
  const inside = list.filter(({ at }) => at >= start && at <= end)
  const from = lookUp(list, start) ?? inside[0]
  const to = lookUp(list, end) ?? inside.at(-1)
  if (from === undefined || to === undefined || to.at <= from.at) return undefined
  const isWhole = from.at === start && to.at === end
  return {
    energy: worth(to.micro, hanging) - worth(from.micro, hanging),
    quality: worst([from.quality, to.quality, isWhole ? 'measured' : 'incomplete']),
  }
}

/** Undefined where nothing is known. */
export function energyBetween(
  hangings: readonly Hanging[],
  shownOf: (meter: number) => readonly Shown[],
  start: number,
  end: number,
): Worked | undefined {
  const parts = hangings.flatMap((hanging): readonly (Worked | undefined)[] => {
    const [from, to] = [Math.max(start, hanging.from), Math.min(end, hanging.to)]
    return from < to ? [partOf(hangings, hanging, shownOf(hanging.meter), from, to)] : []
  })
  const known = parts.filter((part) => part !== undefined)
  if (known.length === 0) return undefined
  return {
    energy: known.reduce((sum, { energy }) => sum + energy, 0n),
    quality: worst([
      ...known.map(({ quality }) => quality),
      known.length < parts.length ? 'incomplete' : 'measured',
    ]),
  }
}

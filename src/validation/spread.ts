import type { Instant } from '#src/core'

/** A register at a moment, in any unit as long as it is one. */
export interface Known {
  readonly at: Instant
  readonly value: bigint
}

/** Where a register is not known: after `from`, before `to` where it is known again. */
export interface Gap {
  readonly from: Known
  readonly to: Known | null
  /** When it is to be estimated: growing, all between the ends. */
  readonly moments: readonly Instant[]
}

/** What is expected to flow in a stretch, in millionths of the register's unit; never negative. */
export type Expect = (from: Instant, to: Instant) => bigint

export const FINER = 1_000_000n

/**
 * What of `whole`, spread evenly over `length`, flows between two moments of it. By what flowed up
 * to each of them, so that parts sum to the whole wherever it is cut.
 */
export const partOf = (whole: bigint, from: number, to: number, length: bigint): bigint =>
  (whole * BigInt(to)) / length - (whole * BigInt(from)) / length

/**
 * The register at each moment of a gap. Between two known ends the whole difference is spread by
 * what is expected, to the last digit; behind the last known value what is expected is added. The
 * register never falls, and never passes the known end.
 */
export function spread(gap: Gap, expect: Expect): readonly bigint[] {
  const { from, to, moments } = gap
  const edges = [from.at, ...moments, ...(to === null ? [] : [to.at])]
  let sum = 0n
  const sums = edges.slice(1).map((edge, index) => {
    const part = expect(edges[index] ?? edge, edge)
    sum += part > 0n ? part : 0n
    return sum
  })
  if (to === null) return moments.map((_, index) => from.value + (sums[index] ?? 0n) / FINER)
  const total = to.value - from.value
  if (sum > 0n) return moments.map((_, nth) => from.value + (total * (sums[nth] ?? 0n)) / sum)
  const whole = BigInt(to.at - from.at)
  return moments.map((at) => from.value + (total * BigInt(at - from.at)) / whole)
}

/** As much in every moment. */
export const evenly: Expect = (from, to) => BigInt(to - from)

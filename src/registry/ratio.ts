import { assert } from '#src/core'
import type { Ratio } from './types.ts'

/** The same ratio with the smallest terms. */
export function reducedRatio(numerator: bigint, denominator: bigint): Ratio {
  assert(numerator > 0n && denominator > 0n, 'a ratio is positive')
  const divisor = greatestCommonDivisor(numerator, denominator)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

/** What is written on the plate: `400/5`, or a plain number such as `80` or `1.5`. */
export function parseRatio(text: string): Ratio | undefined {
  const match = /^(\d{1,9})(?:\.(\d{1,6}))?(?:\s*[/:]\s*(\d{1,9})(?:\.(\d{1,6}))?)?$/.exec(text)
  const [, whole, decimals = '', dividedBy = '1', dividedDecimals = ''] = match ?? []
  if (whole === undefined) return undefined
  const numerator = BigInt(whole + decimals) * 10n ** BigInt(dividedDecimals.length)
  const denominator = BigInt(dividedBy + dividedDecimals) * 10n ** BigInt(decimals.length)
  if (numerator <= 0n || denominator <= 0n) return undefined
  return reducedRatio(numerator, denominator)
}

export const sameRatio = (a: Ratio, b: Ratio): boolean =>
  a.numerator * b.denominator === b.numerator * a.denominator

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [greater, less] = [a, b]
  while (less > 0n) [greater, less] = [less, greater % less]
  return greater
}

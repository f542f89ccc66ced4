import { assert } from '#src/core'

/** A fraction of whole numbers, `bottom` above zero: nothing is rounded before the end. */
export interface Exact {
  readonly top: bigint
  readonly bottom: bigint
}

const DECIMAL = /^(\d+)(?:\.(\d+))?$/

/** A decimal that is not negative. */
export function exact(text: string): Exact {
  const match = DECIMAL.exec(text)
  assert(match !== null, `a decimal, not ${text}`)
  const [, whole = '0', fraction = ''] = match
  return { top: BigInt(whole + fraction), bottom: 10n ** BigInt(fraction.length) }
}

export const product = (a: Exact, b: Exact): Exact => ({
  top: a.top * b.top,
  bottom: a.bottom * b.bottom,
})

export function quotient(a: Exact, b: Exact): Exact {
  assert(b.top > 0n, 'a divisor above zero')
  return { top: a.top * b.bottom, bottom: a.bottom * b.top }
}

export const plus = (a: Exact, b: Exact): Exact => ({
  top: a.top * b.bottom + b.top * a.bottom,
  bottom: a.bottom * b.bottom,
})

/** To whole steps, half up. */
export function rounded({ top, bottom }: Exact, step: bigint): bigint {
  const unit = bottom * step
  return ((2n * top + unit) / (2n * unit)) * step
}

/** A part of a whole, never more than it. */
export const partOf = (whole: bigint, part: bigint): bigint => (part > whole ? whole : part)

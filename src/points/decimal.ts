import { decimalText } from '#protocols/model'

/** Everything is compared as a count of 10^-18: nine decimals of a reading times nine of a factor. */
const SCALE = 18
const pattern = /^(-?)(\d{1,15})(?:\.(\d{1,9}))?$/

/** A count of 10^-18. */
export type Scaled = bigint & { readonly scaled: true }

/** An exact decimal of at most 15 digits and nine decimals; undefined for anything else. */
export function scaledOf(text: string): Scaled | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '0', fraction = ''] = match
  const size = BigInt(whole + fraction.padEnd(SCALE, '0'))
  return (sign === '-' ? -size : size) as Scaled
}

export const zero = 0n as Scaled

export function scaledReading(
  digits: bigint,
  scale: number,
  factor: Scaled,
  shift: Scaled,
): Scaled {
  return ((digits * factor) / 10n ** BigInt(scale) + shift) as Scaled
}

/** Without zeros at the end that no decimal of reading or factor asked for. */
export function scaledText(value: bigint): string {
  return decimalText(value, SCALE).replace(/\.?0+$/, '') || '0'
}

export const minus = (a: Scaled, b: Scaled): Scaled => (a - b) as Scaled
export const plus = (a: Scaled, b: Scaled): Scaled => (a + b) as Scaled
export const distance = (a: Scaled, b: Scaled): bigint => (a > b ? a - b : b - a)

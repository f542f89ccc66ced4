import { byteAt } from './byte-at.ts'

/**
 * The number that packed BCD bytes spell, most significant byte last (`little`, the wire order of
 * the State Grid protocols). Undefined when a nibble is not a decimal digit.
 * At most seven bytes: 14 digits stay below the safe integers.
 */
export function bcdToNumber(bytes: Uint8Array, from = 0, to = bytes.length): number | undefined {
  let value = 0
  for (let index = to - 1; index >= from; index--) {
    const pair = byteAt(bytes, index)
    const high = pair >> 4
    const low = pair & 15
    if (high > 9 || low > 9) return undefined
    value = value * 100 + high * 10 + low
  }
  return value
}

/** Packed BCD of a non-negative integer in `length` bytes, least significant byte first. */
export function numberToBcd(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let rest = value
  for (let index = 0; index < length; index++) {
    const pair = rest % 100
    bytes[index] = (Math.trunc(pair / 10) << 4) | (pair % 10)
    rest = Math.trunc(rest / 100)
  }
  return bytes
}

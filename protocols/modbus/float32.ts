/**
 * A float32 is exactly m × 2^e. Its decimal with `decimals` places is that exact number rounded
 * half away from zero: the same bits give the same digits on every machine, the digits never
 * fall while the meter's figure rises, and no double stands between the wire and the bill. (The
 * shortest decimal that names the float would have a different number of places every time.)
 */
export function decimalOfFloat32(bits: bigint, decimals: number): bigint | 'nan' | 'infinite' {
  const negative = bits >> 31n === 1n
  const exponentBits = Number((bits >> 23n) & 0xffn)
  const fraction = bits & 0x7f_ffffn
  if (exponentBits === 0xff) return fraction === 0n ? 'infinite' : 'nan'
  const mantissa = exponentBits === 0 ? fraction : fraction | 0x80_0000n
  const power = (exponentBits === 0 ? 1 : exponentBits) - 150
  const tens = mantissa * 10n ** BigInt(decimals)
  const magnitude = power >= 0 ? tens << BigInt(power) : halfUp(tens, BigInt(-power))
  return negative ? -magnitude : magnitude
}

/** `value` ÷ 2^`by`, halves upwards. */
function halfUp(value: bigint, by: bigint): bigint {
  return (value + (1n << (by - 1n))) >> by
}

/**
 * Bits of the float32 nearest to `digits` × 10^-`scale` (ties to even), null beyond the largest.
 * What is below the smallest normal number becomes zero: no meter means it.
 */
export function float32OfDecimal(digits: bigint, scale: number): bigint | null {
  const sign = digits < 0n ? 1n << 31n : 0n
  if (digits === 0n) return 0n
  const magnitude = digits < 0n ? -digits : digits
  const numerator = scale < 0 ? magnitude * 10n ** BigInt(-scale) : magnitude
  const denominator = scale > 0 ? 10n ** BigInt(scale) : 1n
  let power = bitLength(numerator) - bitLength(denominator) - 24
  let mantissa = quotient(numerator, denominator, power)
  while (mantissa >= 1n << 24n) mantissa = quotient(numerator, denominator, ++power)
  while (mantissa < 1n << 23n) mantissa = quotient(numerator, denominator, --power)
  const exponentBits = power + 150
  if (exponentBits >= 0xff) return null
  if (exponentBits <= 0) return sign
  return sign | (BigInt(exponentBits) << 23n) | (mantissa & 0x7f_ffffn)
}

/** `numerator` ÷ `denominator` ÷ 2^`power`, to the nearest integer, ties to even. */
function quotient(numerator: bigint, denominator: bigint, power: number): bigint {
  const top = power < 0 ? numerator << BigInt(-power) : numerator
  const bottom = power > 0 ? denominator << BigInt(power) : denominator
  const whole = top / bottom
  const twice = 2n * (top % bottom)
  if (twice > bottom || (twice === bottom && whole % 2n === 1n)) return whole + 1n
  return whole
}

function bitLength(value: bigint): number {
  return value.toString(2).length
}

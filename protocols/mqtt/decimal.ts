import type { Item, Value } from '#protocols/model'
import { Fault, type Json, NumberText } from './json.ts'
import { exponentTo } from './units.ts'

/** `digits` × 10^-`scale`, exact. */
export interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/** Decimals a value may have; what gateways make of a float32 has up to 17. */
const DECIMALS_MAX = 9
/** Powers of ten beyond this are no measurement, and their digits would not fit anyway. */
const EXPONENT_MAX = 30
const NUMBER = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/

export function parseDecimal(text: string): Decimal | undefined {
  const [, sign, whole, fraction = '', power = '0'] = NUMBER.exec(text) ?? []
  if (whole === undefined || Math.abs(Number(power)) > EXPONENT_MAX) return undefined
  const magnitude = BigInt(whole + fraction)
  const digits = sign === '-' ? -magnitude : magnitude
  return lift({ digits, scale: fraction.length - Number(power) })
}

/** A scale is never negative: 12e3 has the digits 12000. */
function lift({ digits, scale }: Decimal): Decimal {
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

/** × 10^`exponent`, exactly. */
export function shiftDecimal({ digits, scale }: Decimal, exponent: number): Decimal {
  return lift({ digits, scale: scale - exponent })
}

/** Half away from zero to at most `decimals`: only for numbers that were never exact. */
function roundDecimal({ digits, scale }: Decimal, decimals: number): Decimal {
  if (scale <= decimals) return { digits, scale }
  const divisor = 10n ** BigInt(scale - decimals)
  const half = digits < 0n ? -divisor / 2n : divisor / 2n
  return { digits: (digits + half) / divisor, scale: decimals }
}

const absent: Value = { kind: 'missing', flag: 'absent' }

/**
 * A JSON number, or a string that spells one, in the item's unit; null is absent. With
 * `decimalsMax` a longer fraction is rounded, without it is kept to the last digit.
 */
export function measuredValue(
  json: Json,
  item: Item,
  unit: string,
  path: string,
  decimalsMax: number | null,
): Value | Fault {
  if (json === null) return absent
  if (item.kind === 'state' && typeof json === 'string') return { kind: 'text', text: json }
  const exponent = exponentTo(unit, item.unit)
  if (exponent === undefined) {
    const text = `${item.code} is in ${item.unit || 'no unit'}, which ${unit} cannot become`
    return new Fault('mqtt.wrong-unit', text, path)
  }
  const text = json instanceof NumberText ? json.text : typeof json === 'string' ? json : null
  const decimal = text === null ? undefined : parseDecimal(text.trim())
  if (!decimal) return new Fault('mqtt.wrong-type', 'a number should stand here', path)
  const exact = shiftDecimal(decimal, exponent)
  const { digits, scale } = decimalsMax === null ? exact : roundDecimal(exact, decimalsMax)
  const number = Number(digits)
  if (!Number.isSafeInteger(number) || scale > DECIMALS_MAX) {
    return new Fault('mqtt.value-out-of-range', `${text} has more digits than can be kept`, path)
  }
  return { kind: 'number', digits: number, scale }
}

import type { Value } from '#protocols/model'
import { decimalOfFloat32, float32OfDecimal } from './float32.ts'

/**
 * Order of the bytes of a number over its registers, A the most significant byte. ABCD is the
 * standard's order, CDAB swaps the registers, BADC the bytes of each, DCBA both.
 */
export const wordOrders = ['ABCD', 'BADC', 'CDAB', 'DCBA'] as const
export type WordOrder = (typeof wordOrders)[number]

export const integerTypes = ['u16', 'i16', 'u32', 'i32', 'u64', 'i64'] as const
export type IntegerType = (typeof integerTypes)[number]

/**
 * How a value lies in registers. The number in the registers × 10^`exponent` is the value in the
 * catalogue's unit: -3 where the meter says W and the catalogue kW, -2 where it says 0.01 kWh.
 */
export type Shape =
  | {
      readonly kind: 'integer'
      readonly type: IntegerType
      readonly exponent: number
      /** Address of a signed register with a further exponent (SunSpec's sunssf), or null. */
      readonly scaleAt: number | null
      /** The number that means "not implemented", or null where every number is a value. */
      readonly absent: bigint | null
      /** True where the device counts the other direction as positive. */
      readonly negated?: true
    }
  | {
      readonly kind: 'float'
      readonly exponent: number
      /** Decimals kept of the meter's own figure, before `exponent`. */
      readonly decimals: number
      readonly negated?: true
    }

const registersByType: Record<IntegerType, number> = {
  u16: 1,
  i16: 1,
  u32: 2,
  i32: 2,
  u64: 4,
  i64: 4,
}

const integer =
  (type: IntegerType) =>
  (exponent = 0): Shape => ({ kind: 'integer', type, exponent, scaleAt: null, absent: null })

export const u16 = integer('u16')
export const i16 = integer('i16')
export const u32 = integer('u32')
export const i32 = integer('i32')
export const i64 = integer('i64')

/** An integer whose largest value, all ones but for a sign, says "not available" (ABB). */
export function orAbsent(type: IntegerType, exponent = 0): Shape {
  const bits = 16 * registersByType[type] - (type.startsWith('i') ? 1 : 0)
  return { kind: 'integer', type, exponent, scaleAt: null, absent: (1n << BigInt(bits)) - 1n }
}

/** IEEE 754 single precision with the decimals that the meter's resolution gives sense to. */
export function f32(decimals: number, exponent = 0): Shape {
  return { kind: 'float', exponent, decimals }
}

/** SunSpec's int16 with a scale-factor register; 8000H is not implemented. */
export function sunInt(scaleAt: number, exponent = 0): Shape {
  return { kind: 'integer', type: 'i16', exponent, scaleAt, absent: -0x8000n }
}

/** SunSpec's uint16 with a scale-factor register; FFFFH is not implemented. */
export function sunUint(scaleAt: number, exponent = 0): Shape {
  return { kind: 'integer', type: 'u16', exponent, scaleAt, absent: 0xffffn }
}

/** SunSpec's acc32 with a scale-factor register; 0 is not accumulated. */
export function sunAcc(scaleAt: number, exponent = 0): Shape {
  return { kind: 'integer', type: 'u32', exponent, scaleAt, absent: 0n }
}

export function registerCount(shape: Shape): number {
  return shape.kind === 'float' ? 2 : registersByType[shape.type]
}

/** Scale factors beyond this are not implemented (8000H) or nonsense (SunSpec: -10 to 10). */
const SCALE_FACTOR_MAX = 10
/** Decimals a value may carry at most. */
const SCALE_MAX = 15

const absent: Value = { kind: 'missing', flag: 'absent' }
const outOfRange: Value = { kind: 'missing', flag: 'out-of-range' }

/** The value in these register bytes; `scaleFactor` is the content of `scaleAt`, else 0. */
export function readShape(
  shape: Shape,
  bytes: Uint8Array,
  order: WordOrder,
  scaleFactor: number,
): Value {
  const straight = reorder(bytes, order)
  if (shape.kind === 'float') {
    const figure = decimalOfFloat32(unsigned(straight), shape.decimals)
    if (figure === 'nan') return absent
    if (figure === 'infinite') return outOfRange
    return scaled(shape.negated ? -figure : figure, shape.exponent - shape.decimals)
  }
  const raw = shape.type.startsWith('i') ? signed(straight) : unsigned(straight)
  if (raw === shape.absent || scaleFactor === -0x8000) return absent
  if (Math.abs(scaleFactor) > SCALE_FACTOR_MAX) return outOfRange
  return scaled(shape.negated ? -raw : raw, shape.exponent + scaleFactor)
}

/** `raw` × 10^`exponent` as digits and decimals. */
function scaled(raw: bigint, exponent: number): Value {
  const digits = exponent > 0 ? raw * 10n ** BigInt(exponent) : raw
  const scale = exponent > 0 ? 0 : -exponent
  const number = Number(digits)
  if (!Number.isSafeInteger(number) || scale > SCALE_MAX) return outOfRange
  return { kind: 'number', digits: number, scale }
}

/**
 * Registers that hold `digits` × 10^-`scale`, rounded half away from zero to what the shape can
 * say; null where the number does not fit. `scaleFactor` is the content of `scaleAt`, else 0.
 */
export function writeShape(
  shape: Shape,
  value: { readonly digits: number; readonly scale: number },
  order: WordOrder,
  scaleFactor: number,
): readonly number[] | null {
  const length = 2 * registerCount(shape)
  const { exponent } = shape
  const digits = BigInt(shape.negated ? -value.digits : value.digits)
  let raw: bigint | null
  if (shape.kind === 'float') {
    raw = float32OfDecimal(digits, exponent + value.scale)
  } else {
    raw = shifted(digits, -value.scale - exponent - scaleFactor)
    const bits = BigInt(8 * length)
    const fits = shape.type.startsWith('i')
      ? BigInt.asIntN(8 * length, raw) === raw
      : raw >= 0n && raw >> bits === 0n
    if (!fits) raw = null
  }
  if (raw === null) return null
  const bytes = new Uint8Array(length)
  for (let index = length - 1, rest = raw; index >= 0; index--, rest >>= 8n) {
    bytes[index] = Number(BigInt.asUintN(8, rest))
  }
  const wire = reorder(bytes, order)
  return Array.from({ length: length / 2 }, (_, register) => {
    return ((wire[2 * register] ?? 0) << 8) | (wire[2 * register + 1] ?? 0)
  })
}

/** `value` × 10^`by`, rounded half away from zero. */
function shifted(value: bigint, by: number): bigint {
  if (by >= 0) return value * 10n ** BigInt(by)
  const divisor = 10n ** BigInt(-by)
  const half = value < 0n ? -divisor / 2n : divisor / 2n
  return (value + half) / divisor
}

/** From the wire's order to the most significant byte first and back: each order is its own inverse. */
function reorder(bytes: Uint8Array, order: WordOrder): Uint8Array {
  if (order === 'ABCD') return bytes
  const result = new Uint8Array(bytes.length)
  const last = bytes.length - 1
  for (let index = 0; index < bytes.length; index++) {
    result[index] = bytes[sourceOf(index, last, order)] ?? 0
  }
  return result
}

function sourceOf(index: number, last: number, order: WordOrder): number {
  switch (order) {
    case 'ABCD':
      return index
    case 'BADC':
      return index ^ 1
    case 'CDAB':
      return (last - index) ^ 1
    case 'DCBA':
      return last - index
  }
}

function unsigned(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

function signed(bytes: Uint8Array): bigint {
  return BigInt.asIntN(8 * bytes.length, unsigned(bytes))
}

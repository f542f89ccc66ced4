import type { Value } from '#protocols/model'

/** Decimal digits after which a float says nothing more. */
const DIGITS_MAX = { float32: 9, float64: 15 } as const
/** Decimals kept: what is smaller is noise of the device's arithmetic. */
const DECIMALS_MAX = 12

/**
 * A float has no decimals of its own: it becomes the shortest decimal that names it (a double's has
 * at most the 15 digits it can vouch for), with no fewer than `decimals` places.
 */
export function floatValue(bytes: Uint8Array, decimals: number): Value {
  const type = bytes.length === 4 ? 'float32' : 'float64'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const figure = type === 'float32' ? view.getFloat32(0) : view.getFloat64(0)
  if (Number.isNaN(figure)) return { kind: 'missing', flag: 'absent' }
  if (!Number.isFinite(figure)) return { kind: 'missing', flag: 'out-of-range' }
  return padded(short(figure, type), decimals) ?? { kind: 'missing', flag: 'out-of-range' }
}

interface Decimal {
  readonly digits: number
  readonly scale: number
}

function short(figure: number, type: 'float32' | 'float64'): Decimal {
  const named = type === 'float32' ? Math.fround : (decimal: number) => decimal
  const most = DIGITS_MAX[type]
  let count = 1
  while (count < most && named(Number(figure.toExponential(count - 1))) !== figure) count++
  const [mantissa = '', exponent = ''] = figure.toExponential(count - 1).split('e')
  const trimmed = mantissa.replace(/\.?0*$/, '').replace('.', '')
  const scale = trimmed.replace('-', '').length - 1 - Number(exponent)
  if (scale <= DECIMALS_MAX) return { digits: Number(trimmed), scale }
  return { digits: Number(figure.toFixed(DECIMALS_MAX).replace('.', '')), scale: DECIMALS_MAX }
}

/** With at least so many decimals where that many digits fit; null where not even none do. */
function padded({ digits, scale }: Decimal, decimals: number): Value | null {
  for (const places of [Math.max(scale, decimals), Math.max(scale, 0)]) {
    const all = digits * 10 ** (places - scale)
    if (Number.isSafeInteger(all)) return { kind: 'number', digits: all, scale: places }
  }
  return null
}

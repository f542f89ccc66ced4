import { byteAt, hexPair, toHex } from '#protocols/bytes'
import {
  type DataClass,
  itemOf,
  meterTimeText,
  type Reading,
  type Stamp,
  type Value,
} from '#protocols/model'
import { type Data, octetsText } from './data.ts'
import { dataText } from './data-text.ts'
import { disconnectClass, itemOfObis, objectName } from './items-table.ts'
import { readTime } from './time.ts'
import { units } from './units-table.ts'

/** scaler_unit of a register: the value is the number × 10^exponent in the unit. */
export interface ScalerUnit {
  readonly exponent: number
  readonly unit: number
}

/** What a value belongs to. */
export interface Place {
  readonly classId: number
  readonly obis: string
  readonly attribute: number
}

export const dataIdOf = ({ classId, obis, attribute }: Place) => `${classId}:${obis}:${attribute}`

export function scalerOf(data: Data | undefined): ScalerUnit | null {
  if (data?.kind !== 'list' || data.items.length !== 2) return null
  const [exponent, unit] = data.items
  if (exponent?.kind !== 'integer' || unit?.kind !== 'integer') return null
  return { exponent: exponent.value, unit: unit.value }
}

/** Classes whose values mean nothing without their scaler and unit. */
const scaledClasses: ReadonlySet<number> = new Set([3, 4, 5])

/**
 * A value as a reading. A number goes under the register model only if its scaler is known and its
 * unit is the item's; everything else keeps the protocol's own id.
 */
export function readingOf(
  place: Place,
  data: Data,
  scaler: ScalerUnit | null,
  at: Stamp | null,
  dataClass: DataClass,
): Reading {
  const item = itemOfObis(place.obis)
  const found = foundIn(place, data, scaler)
  const isItem =
    item !== null && isValueAttribute(place) && (found.unit === item.unit || isOther(found.value))
  const isUnscaled = scaler === null && found.value.kind === 'number' && needsScaler(place, item)
  return {
    item: isItem && !isUnscaled ? item.code : null,
    dataId: dataIdOf(place),
    name: objectName(place.obis),
    unit: isItem && item ? item.unit : found.unit,
    value: found.value,
    dataClass,
    at,
  }
}

const isOther = (value: Value) => value.kind !== 'number'

const isValueAttribute = ({ attribute }: Place) => attribute === 2

function needsScaler({ classId }: Place, item: ReturnType<typeof itemOfObis>): boolean {
  return scaledClasses.has(classId) || (item !== null && itemOf(item.code)?.unit !== '')
}

interface Found {
  readonly value: Value
  readonly unit: string
}

function foundIn(place: Place, data: Data, scaler: ScalerUnit | null): Found {
  const plain = (value: Value): Found => ({ value, unit: '' })
  const text = (words: string) => plain({ kind: 'text', text: words })
  switch (data.kind) {
    case 'null':
      return plain({ kind: 'missing', flag: 'absent' })
    case 'boolean':
      if (place.classId === disconnectClass) return text(data.value ? 'closed' : 'open')
      return text(String(data.value))
    case 'integer':
      if (place.classId === disconnectClass && place.attribute === 3) {
        return text(controlStates[data.value] ?? String(data.value))
      }
      return scaled(BigInt(data.value), 0, scaler)
    case 'long64':
      return scaled(data.value, 0, scaler)
    case 'float': {
      const decimal = decimalOf(data.value, data.tag === 23)
      return decimal
        ? scaled(decimal.digits, decimal.scale, scaler)
        : plain({ kind: 'missing', flag: 'out-of-range' })
    }
    case 'text':
      return text(data.text.replace(/\0+$/, ''))
    case 'bits':
      return text(toHex(data.bytes))
    case 'octets':
    case 'moment':
      return plain(octetsValue(place, data.bytes))
    case 'list':
    case 'compact':
      return text(dataText(data))
  }
}

/** control_state of the disconnect control. */
const controlStates: Readonly<Record<number, string>> = {
  0: 'disconnected',
  1: 'connected',
  2: 'ready-for-reconnection',
}

function scaled(digits: bigint, decimals: number, scaler: ScalerUnit | null): Found {
  const [unit, shift] = (scaler && units[scaler.unit]) ?? ['', 0]
  const scale = decimals + shift - (scaler?.exponent ?? 0)
  const whole = scale < 0 ? digits * 10n ** BigInt(-scale) : digits
  const number = Number(whole)
  if (!Number.isSafeInteger(number)) {
    return { value: { kind: 'missing', flag: 'out-of-range' }, unit }
  }
  return { value: { kind: 'number', digits: number, scale: Math.max(0, scale) }, unit }
}

const PLACES_MAX = 20

/** The shortest decimal that names a float; null for what is none or too long to be exact. */
function decimalOf(value: number, single: boolean): { digits: bigint; scale: number } | null {
  if (!Number.isFinite(value)) return null
  let text = String(value)
  for (let precision = 1; single && precision <= 9; precision++) {
    const shorter = value.toPrecision(precision)
    if (Math.fround(Number(shorter)) !== value) continue
    text = String(Number(shorter))
    break
  }
  const match = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text)
  if (!match) return null
  const [, whole = '0', fraction = '', exponent = '0'] = match
  const scale = fraction.length - Number(exponent)
  if (scale > PLACES_MAX || scale < -PLACES_MAX) return null
  const digits = BigInt(whole + fraction)
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

function octetsValue(place: Place, bytes: Uint8Array): Value {
  const local = /\.9\.([12])\.255$/.exec(place.obis)
  const text = local ? localText(local[1] ?? '', bytes) : null
  if (text !== null) return { kind: 'text', text }
  if (bytes.length === 12) {
    const time = readTime(bytes)
    if (time) return { kind: 'text', text: meterTimeText(time.wall) }
    if (place.classId === 8) return { kind: 'missing', flag: 'out-of-range' }
  }
  return { kind: 'text', text: bytes.length === 0 ? '' : octetsText(bytes) }
}

/** Local time (0.9.1) of four bytes, local date (0.9.2) of five. */
function localText(which: string, bytes: Uint8Array): string | null {
  const pad = (index: number) => String(byteAt(bytes, index)).padStart(2, '0')
  if (which === '1' && bytes.length === 4) return `${pad(0)}:${pad(1)}:${pad(2)}`
  if (which !== '2' || bytes.length !== 5) return null
  const year = Number.parseInt(hexPair(byteAt(bytes, 0)) + hexPair(byteAt(bytes, 1)), 16)
  return `${year}-${pad(2)}-${pad(3)}`
}

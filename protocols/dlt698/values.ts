import { byteAt, hexPair, toHex } from '#protocols/bytes'
import {
  type MeterTime,
  meterTimeText,
  type Reading,
  relayStatus,
  runStatusNames,
  type Stamp,
  type Value,
  valueText,
} from '#protocols/model'
import { Cursor } from './cursor.ts'
import { textOf } from './data-words.ts'
import { floatValue } from './floats.ts'
import { type Attribute, attributeOf, type Element, elementOf } from './items.ts'
import { dateTime, dateTimeS, isMoment } from './moments.ts'
import { objectWords } from './names.ts'
import type { Data } from './value.ts'

const absent: Value = { kind: 'missing', flag: 'absent' }
const outOfRange: Value = { kind: 'missing', flag: 'out-of-range' }
/** The largest number of an unsigned type stands for a value that is not there. */
const noNumber: Readonly<Record<string, number>> = {
  unsigned: 0xff,
  'long-unsigned': 0xffff,
  'double-long-unsigned': 0xffff_ffff,
}

/**
 * Readings of one attribute's value, each under the OAD that was answered: the whole attribute or
 * an element. An unknown attribute gives one reading with its words.
 */
export function readingsOf(oad: string, value: Data): readonly Reading[] {
  const attribute = attributeOf(oad)
  if (!attribute) return [unknownReading(oad, value)]
  const index = Number.parseInt(oad.slice(6, 8), 16)
  if (index > 0) return elementReadings(attribute, oad, index, value)
  if (value.type !== 'array' && value.type !== 'structure') {
    return elementReadings(attribute, oad, 1, value)
  }
  if (attribute.layout === 'fields' && value.type === 'array') {
    return value.items.flatMap((item) => members(attribute, oad, item))
  }
  return value.items.flatMap((item, at) => elementReadings(attribute, oad, at + 1, item))
}

/** Members of a structure, or of one in an array of them, as that of the relays (F205). */
function members(attribute: Attribute, dataId: string, value: Data): readonly Reading[] {
  if (value.type !== 'structure') return [unknownReading(dataId, value)]
  return value.items.flatMap((item, at) => oneReading(attribute, dataId, at + 1, item))
}

function elementReadings(
  attribute: Attribute,
  dataId: string,
  index: number,
  value: Data,
): readonly Reading[] {
  if (value.type === 'structure' && attribute.layout === 'fields') {
    return members(attribute, dataId, value)
  }
  if (attribute.layout === 'demands' && value.type === 'structure') {
    return demandReading(attribute, dataId, index, value.items)
  }
  return oneReading(attribute, dataId, index, value)
}

function oneReading(
  attribute: Attribute,
  dataId: string,
  index: number,
  data: Data,
): readonly Reading[] {
  const element = elementOf(attribute, index)
  const reading = readingOf(element, dataId, elementValue(element, data))
  if (attribute.layout === 'words') return wordReadings(element, dataId, index, data)
  if (element.item === '0.0.96.3.10') return [{ ...reading, value: relayOutput(data) }]
  if (element.item === '0.0.1.0.0') return clockReadings(reading, data)
  return [reading]
}

/** A clock also tells what the register model has as date and time by themselves. */
function clockReadings(reading: Reading, data: Data): readonly Reading[] {
  const time = timeOf(data)
  if (!time) return [reading]
  const [date = '', ofDay = ''] = meterTimeText(time).split('T')
  return [
    reading,
    { ...reading, item: '0.9.2', name: 'Local date', value: { kind: 'text', text: date } },
    { ...reading, item: '0.9.1', name: 'Local time', value: { kind: 'text', text: ofDay } },
  ]
}

function demandReading(
  attribute: Attribute,
  dataId: string,
  index: number,
  [value, time]: readonly Data[],
): readonly Reading[] {
  const element = elementOf(attribute, index)
  const at = time ? stampOf(time) : null
  return [{ ...readingOf(element, dataId, elementValue(element, value)), at }]
}

/** The hex word of DL/T 645, bit 0 being the first of the string, and what it says of the relay. */
function wordReadings(
  element: Element,
  dataId: string,
  index: number,
  data: Data,
): readonly Reading[] {
  const word = wordOf(data)
  if (word === undefined) return [readingOf(element, dataId, scaledValue(data, 0))]
  const text = hexPair(word >> 8) + hexPair(word)
  const reading = readingOf(element, dataId, { kind: 'text', text })
  if (index !== relayStatus.word) return [reading]
  const relay = ((word >> relayStatus.bit) & 1) === 1 ? 'open' : 'closed'
  const value: Value = { kind: 'text', text: relay }
  return [reading, { ...reading, item: '0.0.96.3.10', name: 'Relay state', value }]
}

/**
 * What a value of an attribute means, for people; '' where nothing is known beyond its type.
 * `index` is its place in the attribute, `member` that in the innermost array or structure.
 */
export function meaningOf(oad: string, index: number, member: number, data: Data): string {
  const attribute = attributeOf(oad)
  if (!attribute || data.type === 'structure' || data.type === 'array') return ''
  const own = Number.parseInt(oad.slice(6, 8), 16)
  const at = attribute.layout === 'fields' ? member : own === 0 ? index : own
  if (attribute.layout === 'words') {
    const word = wordOf(data)
    return word === undefined ? '' : ` (${runStatusNames(at, word).join(', ') || 'nothing set'})`
  }
  const element = elementOf(attribute, at)
  const { name, unit } = element
  if (data.type === 'date_time_s' || data.type === 'date_time') return ''
  const text = valueText(elementValue(element, data))
  return text === null ? '' : ` (${name}: ${text}${unit === '' ? '' : ` ${unit}`})`
}

/** The value of a bit string of 16 whose first bit is bit 0; undefined for any other value. */
function wordOf(data: Data): number | undefined {
  if (data.type !== 'bit-string' || data.length !== 16) return undefined
  let word = 0
  for (let bit = 0; bit < 16; bit++) {
    if ((byteAt(data.bytes, bit >> 3) >> (7 - (bit & 7))) & 1) word |= 1 << bit
  }
  return word
}

/** F205: 0 is not put out (closed), 1 is put out (open). */
function relayOutput(data: Data): Value {
  if (data.type !== 'enum') return scaledValue(data, 0)
  const text = ['closed', 'open'][data.value]
  return text === undefined ? outOfRange : { kind: 'text', text }
}

export function unknownReading(dataId: string, data: Data): Reading {
  const name = objectWords(dataId)
  const value = scaledValue(data, 0)
  const title = name === '' ? 'Object unknown here' : name.charAt(0).toUpperCase() + name.slice(1)
  return { item: null, dataId, name: title, unit: '', value, dataClass: 'current', at: null }
}

function readingOf(element: Element, dataId: string, value: Value): Reading {
  const { item, name, unit } = element
  return { item, dataId, name, unit, value, dataClass: 'current', at: null }
}

/** A value in the unit of its element: a float comes in the standard's, which may be a smaller one. */
function elementValue({ decimals, shift }: Element, data: Data | undefined): Value {
  if (data?.type !== 'float32' && data?.type !== 'float64') return scaledValue(data, decimals)
  const value = floatValue(data.bytes, decimals - shift)
  return value.kind === 'number' ? { ...value, scale: value.scale + shift } : value
}

/** A single value as the register model holds it. */
export function scaledValue(data: Data | undefined, decimals: number): Value {
  if (!data) return absent
  switch (data.type) {
    case 'null':
      return absent
    case 'long64':
    case 'long64-unsigned': {
      const digits = Number(data.value)
      return Number.isSafeInteger(digits) ? { kind: 'number', digits, scale: decimals } : outOfRange
    }
    case 'double-long':
    case 'double-long-unsigned':
    case 'integer':
    case 'long':
    case 'unsigned':
    case 'long-unsigned':
    case 'enum':
      if (data.value === noNumber[data.type]) return absent
      return { kind: 'number', digits: data.value, scale: decimals }
    case 'float32':
    case 'float64':
      return floatValue(data.bytes, 0)
    case 'date_time_s':
    case 'date_time': {
      const time = timeOf(data)
      if (time) return { kind: 'text', text: meterTimeText(time) }
      return data.bytes.every((byte) => byte === 0xff || byte === 0) ? absent : outOfRange
    }
    default:
      return { kind: 'text', text: plainText(data) }
  }
}

/** The moment of a value; null where it holds none. */
export function timeOf(data: Data): MeterTime | null {
  const codec =
    data.type === 'date_time_s' ? dateTimeS : data.type === 'date_time' ? dateTime : null
  if (!codec || !('bytes' in data)) return null
  const { year, month, day, hour, minute, second } = codec.read(new Cursor(data.bytes))
  const time = { year, month, day, hour, minute, second }
  return isMoment(time) ? time : null
}

export function stampOf(data: Data): Stamp | null {
  const time = timeOf(data)
  return time ? { kind: 'wall', time } : null
}

/** Any value in one line: texts and numbers as they are, members in brackets. */
function plainText(data: Data): string {
  switch (data.type) {
    case 'null':
      return 'null'
    case 'array':
      return `[${data.items.map(plainText).join(', ')}]`
    case 'structure':
      return `{${data.items.map(plainText).join(', ')}}`
    case 'visible-string':
    case 'utf8-string':
      return textOf(data.bytes)
    case 'date_time_s':
    case 'date_time': {
      const time = timeOf(data)
      return time ? meterTimeText(time) : toHex(data.bytes)
    }
    case 'float32':
    case 'float64':
      return valueText(floatValue(data.bytes, 0)) ?? toHex(data.bytes)
    default:
      return 'bytes' in data ? toHex(data.bytes) : String(data.value)
  }
}

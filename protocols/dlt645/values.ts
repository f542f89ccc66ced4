import type { Malformed, Reading } from '#protocols/model'
import { addressBytes, dataIdBytes, dataIdOf } from './frame.ts'
import {
  type DataItem,
  dataItemOf,
  type Field,
  type Identifier,
  identifierOf,
  isSecret,
} from './items.ts'
import { isLoadProfile, readLoadRecords } from './load-record.ts'
import { displayHex, readShape, type Sample, writeShape } from './shapes.ts'

/** The identifier of the meter's address, which the function 13 reads too. */
const addressDataId = '04000401'

export type Values =
  | { readonly ok: true; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly malformed: Malformed }

/**
 * The values behind an identifier; what follows it stands from `from` to `to`. Bits that are items
 * of their own come last. An identifier that the table lacks gives its bytes as hex, in the order
 * of the wire.
 */
export function readValuesOf(
  { dataId, item }: Identifier,
  data: Uint8Array,
  from: number,
  to: number,
): Values {
  if (!item) return fieldlessValues(dataId, data.subarray(from, to))
  const { only } = item
  if (only && from + only.shape.bytes === to) {
    return { ok: true, readings: [readField(only, data, from)] }
  }
  const readings: Reading[] = []
  const end = readFields(item, data, from, to, readings)
  const isFull = readings.length === item.fields.length
  if (item.isRecord) {
    const isWhole = isFull && end === to
    const others = () => [unknownReading(dataId, data.subarray(from, to), otherLayout)]
    return { ok: true, readings: isWhole ? stamped(readings) : others() }
  }
  const ended = end === to || (isFull && item.mayGoOn)
  if (!ended || !(isFull || (item.isList && readings.length > 0))) {
    return wrongLength(item, to - from)
  }
  return { ok: true, readings: withDerived(item, readings) }
}

/** The values of a read's data field that begins with the identifier. */
export function readAnswer(data: Uint8Array): Values {
  if (data.length < dataIdBytes) {
    return broken(`an answer of ${data.length} bytes has no identifier`)
  }
  return readValuesOf(identifierOf(dataIdOf(data)), data, dataIdBytes, data.length)
}

/** The address that the answer of a read address carries. */
export function readAddress(data: Uint8Array): Values {
  if (data.length !== addressBytes) return broken(`an address of ${data.length} bytes`)
  return readValuesOf(identifierOf(addressDataId), data, 0, data.length)
}

/** The values that are whole in the first part of an answer, while more of it follows. */
export function readWholeValues(dataId: string, data: Uint8Array): readonly Reading[] {
  if (isSecret(dataId)) return []
  if (isLoadProfile(dataId)) {
    const records = readLoadRecords(dataId, data)
    return 'readings' in records ? records.readings : []
  }
  const item = dataItemOf(dataId)
  if (!item) return [unknownReading(dataId, data)]
  // Whether a record is of the known layout shows only at its end.
  if (item.isRecord) return []
  const readings: Reading[] = []
  readFields(item, data, 0, data.length, readings)
  return withDerived(item, readings)
}

/**
 * The bytes behind an identifier for samples in the order of its fields: the inverse of
 * `readValuesOf`, for whoever plays a meter. Undefined where the table or the shape has no place.
 */
export function writeValues(dataId: string, samples: readonly Sample[]): Uint8Array | undefined {
  const item = dataItemOf(dataId)
  if (!item || samples.length === 0) return undefined
  const bytes: number[] = []
  for (const [index, field] of item.fields.entries()) {
    const sample = samples[index]
    if (!sample) break
    const written = writeShape(field.shape, sample)
    if (!written) return undefined
    bytes.push(...written)
  }
  return Uint8Array.from(bytes)
}

/** What the table has no fields for. */
function fieldlessValues(dataId: string, data: Uint8Array): Values {
  if (isSecret(dataId)) return { ok: true, readings: [] }
  if (isLoadProfile(dataId)) return wholeRecords(dataId, data)
  return { ok: true, readings: [unknownReading(dataId, data)] }
}

function wholeRecords(dataId: string, data: Uint8Array): Values {
  const records = readLoadRecords(dataId, data)
  if (!('readings' in records)) return { ok: false, malformed: records }
  if (records.takenBytes === data.length) return { ok: true, readings: records.readings }
  return broken('the last load record is cut')
}

/** Reads field after field while they are whole; gives where the first that is not would be. */
function readFields(
  item: DataItem,
  data: Uint8Array,
  from: number,
  to: number,
  readings: Reading[],
): number {
  let at = from
  for (const field of item.fields) {
    if (at + field.shape.bytes > to) break
    readings.push(readField(field, data, at))
    at += field.shape.bytes
  }
  return at
}

function readField(field: Field, data: Uint8Array, from: number): Reading {
  const { item, dataId, name, unit, shape, dataClass } = field
  const { value, at } = readShape(shape, data, from)
  return { item, dataId, name, unit, value, dataClass, at }
}

function withDerived(item: DataItem, readings: Reading[]): readonly Reading[] {
  for (const { dataId, bit, register, name, zero, one } of item.derived) {
    const word = readings.find((reading) => reading.dataId === dataId)
    if (!word) continue
    const text = word.value.kind === 'text' ? word.value.text : null
    const isSet = text !== null && ((Number.parseInt(text, 16) >> bit) & 1) === 1
    const value: Reading['value'] =
      text === null ? word.value : { kind: 'text', text: isSet ? one : zero }
    readings.push({ ...word, item: register, name, value })
  }
  return readings
}

/** What happened in a record happened when its first time says. */
function stamped(readings: readonly Reading[]): readonly Reading[] {
  const at = readings.find((reading) => reading.at !== null)?.at ?? null
  return readings.map((reading) => (reading.at ? reading : { ...reading, at }))
}

const otherLayout = 'Record of a layout unknown here'

function unknownReading(
  dataId: string,
  data: Uint8Array,
  name = 'Data item unknown here',
): Reading {
  const text = displayHex(data.toReversed(), 0, data.length)
  const value: Reading['value'] = { kind: 'text', text }
  return { item: null, dataId, name, unit: '', value, dataClass: 'current', at: null }
}

function wrongLength(item: DataItem, length: number): Values {
  const one = Math.min(...item.fields.map(({ shape }) => shape.bytes))
  const expected = item.isList ? `a multiple of ${one}` : `${one}`
  return broken(`${item.dataId} has ${length} bytes of data, expected ${expected}`)
}

function broken(message: string): Values {
  return { ok: false, malformed: { code: 'dlt645.data-length', message } }
}

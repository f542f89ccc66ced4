import { byteAt, toHex } from '#protocols/bytes'
import type { Malformed, Reading, Stamp } from '#protocols/model'
import {
  type DataItem1997,
  dataItemOf1997,
  type Field1997,
  isSecret1997,
} from './edition-1997-items.ts'
import { readShape, type Sample, writeShape } from './shapes.ts'
import { clockOfText } from './time.ts'

export type Values1997 =
  | { readonly ok: true; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly malformed: Malformed }

/** Ends a block (数据块); some meters leave it out. */
export const blockEnd = 0xaa

/**
 * The values behind an identifier: `data` from `from` to `to`. A block may end early, at a whole
 * field. An identifier that the table lacks gives its bytes as hex, in the order of the wire.
 */
export function readValues1997(
  dataId: string,
  data: Uint8Array,
  from: number,
  to: number,
): Values1997 {
  if (isSecret1997(dataId)) return { ok: true, readings: [] }
  const item = dataItemOf1997(dataId)
  if (!item) {
    return { ok: true, readings: [unknownReading(dataId, data.subarray(from, to))] }
  }
  const count = fieldsIn(item, data, from, to)
  if (count === 0) {
    const message = `${dataId} has ${to - from} bytes of data, which do not fit`
    return { ok: false, malformed: { code: 'dlt645.data-length', message } }
  }
  const readings: Reading[] = []
  let at = from
  for (let index = 0; index < count; index++) {
    const field = item.fields[index]
    if (!field) break
    readings.push(readingOf(field, readShape(field.shape, data, at)))
    at += field.shape.bytes
  }
  return { ok: true, readings }
}

/** How many fields fill the range, a block's end mark or not; 0 where they do not fit. */
export function fieldsIn(item: DataItem1997, data: Uint8Array, from: number, to: number): number {
  const all = wholeFields(item, to - from)
  if (all === item.fields.length || !item.isBlock) return all
  const ended = byteAt(data, to - 1) === blockEnd ? wholeFields(item, to - from - 1) : 0
  return ended > 0 ? ended : all
}

/** The number of fields that take exactly these bytes, 0 if none do. */
function wholeFields(item: DataItem1997, bytes: number): number {
  let taken = 0
  let count = 0
  for (const { shape } of item.fields) {
    taken += shape.bytes
    count++
    if (taken >= bytes) return taken === bytes ? count : 0
  }
  return 0
}

/** The bytes behind an identifier for samples in the order of its fields; undefined if unfit. */
export function writeValues1997(
  dataId: string,
  samples: readonly Sample[],
): Uint8Array | undefined {
  const item = dataItemOf1997(dataId)
  if (!item || samples.length === 0 || samples.length > item.fields.length) return undefined
  const bytes: number[] = []
  for (const [index, sample] of samples.entries()) {
    const field = item.fields[index]
    const written = field && writeShape(field.shape, sample)
    if (!written) return undefined
    bytes.push(...written)
  }
  if (item.isBlock) bytes.push(blockEnd)
  return Uint8Array.from(bytes)
}

/**
 * Maximum demands with the moments that the meter told for them, month to minute. The year is that
 * of the meter's own date, or the one before where the moment would still be to come.
 */
export function withOccurrence(
  demands: readonly Reading[],
  times: readonly Reading[],
  today: Reading | undefined,
): readonly Reading[] {
  return demands.map((reading, index) => {
    const at = occurrenceAt(times[index], today)
    return at === null ? reading : { ...reading, at }
  })
}

function occurrenceAt(moment: Reading | undefined, today: Reading | undefined): Stamp | null {
  if (moment?.value.kind !== 'text' || today?.value.kind !== 'text') return null
  const [month = '', day = '', hour = '', minute = ''] = moment.value.text.match(/\d\d/g) ?? []
  const year = Number(today.value.text.slice(0, 4))
  const isToCome = `${month}-${day}` > today.value.text.slice(5)
  const date = `${isToCome ? year - 1 : year}-${month}-${day}`
  // A demand that never occurred carries zeros, which are no date.
  const time = clockOfText(`${date}T${hour}:${minute}:00`)
  return time ? { kind: 'wall', time } : null
}

function readingOf(field: Field1997, sample: Sample): Reading {
  const { item, dataId, name, unit, dataClass } = field
  return { item, dataId, name, unit, value: sample.value, dataClass, at: sample.at }
}

function unknownReading(dataId: string, data: Uint8Array): Reading {
  const name = 'Data item unknown here'
  const value = { kind: 'text', text: toHex(data) } as const
  return { item: null, dataId, name, unit: '', value, dataClass: 'current', at: null }
}

import { bcdToNumber, byteAt, hexPair, numberToBcd } from '#protocols/bytes'
import type { MissingFlag, Reading, Value } from '#protocols/model'
import { writeDigits } from './frame.ts'
import { clockOfText, clockText, readClock, type TimeLayout, writeClock } from './time.ts'

/** How the bytes of one field are read and written: the closed language of the item table. */
export type Shape =
  /** Packed BCD with decimals, `XXXXXX.XX`. */
  | { readonly kind: 'bcd'; readonly bytes: number; readonly scale: number }
  /** The same with the sign in the top bit of the most significant byte. */
  | { readonly kind: 'signed'; readonly bytes: number; readonly scale: number }
  /** A maximum demand, signed `XX.XXXX`, and when it occurred: mm hh DD MM YY. */
  | { readonly kind: 'demand'; readonly bytes: number }
  | { readonly kind: 'time'; readonly bytes: number; readonly layout: TimeLayout }
  /** Digits that name something: leading zeros count, other than decimal ones are kept. */
  | { readonly kind: 'digits'; readonly bytes: number }
  /** A word of bits, shown as hex digits, most significant first. */
  | { readonly kind: 'bits'; readonly bytes: number }
  | { readonly kind: 'ascii'; readonly bytes: number }

/** What a field says: its value, and the time it carries. */
export type Sample = Pick<Reading, 'value' | 'at'>

export const bcd = (bytes: number, scale: number): Shape => ({ kind: 'bcd', bytes, scale })
export const signed = (bytes: number, scale: number): Shape => ({ kind: 'signed', bytes, scale })
export const demand: Shape = { kind: 'demand', bytes: 8 }
export const digits = (bytes: number): Shape => ({ kind: 'digits', bytes })
export const bits = (bytes: number): Shape => ({ kind: 'bits', bytes })
export const ascii = (bytes: number): Shape => ({ kind: 'ascii', bytes })
export const time = (layout: TimeLayout): Shape => ({
  kind: 'time',
  bytes: layout.length / 2,
  layout,
})

const demandValue = { bytes: 3, scale: 4 }
const occurrence: TimeLayout = 'mmhhDDMMYY'

/** Reads the field of `shape.bytes` bytes that stands at `from`; the caller checked the length. */
export function readShape(shape: Shape, data: Uint8Array, from: number): Sample {
  const to = from + shape.bytes
  if (shape.kind !== 'demand' && isAbsent(data, from, to)) return { value: absent, at: null }
  switch (shape.kind) {
    case 'bcd':
      return { value: readUnsigned(data, from, to, shape.scale), at: null }
    case 'signed':
      return { value: readSigned(data, from, to, shape.scale), at: null }
    case 'demand':
      return readDemand(data, from)
    case 'time':
      return readTime(data, from, shape.layout)
    case 'digits':
    case 'bits':
      return { value: { kind: 'text', text: displayHex(data, from, to) }, at: null }
    case 'ascii':
      return { value: { kind: 'text', text: readAscii(data, from, to) }, at: null }
  }
}

/**
 * The bytes of a sample in a shape; a missing value is all F, as an absent phase is sent.
 * Undefined if the sample does not fit the shape.
 */
export function writeShape(shape: Shape, sample: Sample): Uint8Array | undefined {
  const { value } = sample
  if (value.kind === 'missing' && shape.kind !== 'demand') {
    return new Uint8Array(shape.bytes).fill(0xff)
  }
  switch (shape.kind) {
    case 'bcd':
      return writeUnsigned(value, shape.bytes, shape.scale)
    case 'signed':
      return writeSigned(value, shape.bytes, shape.scale)
    case 'demand':
      return writeDemand(sample)
    case 'time': {
      const clock = value.kind === 'text' ? clockOfText(value.text) : undefined
      return clock && writeClock(clock, shape.layout)
    }
    case 'digits':
    case 'bits':
      return writeText(value, shape.bytes)
    case 'ascii':
      return writeAscii(value, shape.bytes)
  }
}

/** Bytes in display order, most significant first, as hex digits. */
export function displayHex(data: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let index = to - 1; index >= from; index--) text += hexPair(byteAt(data, index))
  return text
}

const absent = missing('absent')

function missing(flag: MissingFlag): Value {
  return { kind: 'missing', flag }
}

/** A meter fills what it does not have, such as phase C of a single-phase meter, with F or E. */
function isAbsent(data: Uint8Array, from: number, to: number): boolean {
  const fill = byteAt(data, from)
  if (fill !== 0xff && fill !== 0xee) return false
  for (let index = from + 1; index < to; index++) if (byteAt(data, index) !== fill) return false
  return true
}

function readUnsigned(data: Uint8Array, from: number, to: number, scale: number): Value {
  const value = bcdToNumber(data, from, to)
  return value === undefined ? missing('not-bcd') : { kind: 'number', digits: value, scale }
}

function readSigned(data: Uint8Array, from: number, to: number, scale: number): Value {
  if ((byteAt(data, to - 1) & 0x80) === 0) return readUnsigned(data, from, to, scale)
  const magnitude = data.slice(from, to)
  magnitude[to - from - 1] = byteAt(data, to - 1) & 0x7f
  const value = bcdToNumber(magnitude)
  if (value === undefined) return missing('not-bcd')
  return { kind: 'number', digits: value === 0 ? 0 : -value, scale }
}

function readDemand(data: Uint8Array, from: number): Sample {
  const split = from + demandValue.bytes
  if (isAbsent(data, from, split)) return { value: absent, at: null }
  const value = readSigned(data, from, split, demandValue.scale)
  // A demand that never occurred carries 00-00-00 00:00: a value without a time.
  const at = readClock(data, split, occurrence)
  return { value, at: typeof at === 'string' ? null : { kind: 'wall', time: at } }
}

function readTime(data: Uint8Array, from: number, layout: TimeLayout): Sample {
  const clock = readClock(data, from, layout)
  if (typeof clock === 'string') return { value: missing(clock), at: null }
  const dated = layout !== 'WWDDMMYY' && layout !== 'ssmmhh'
  const value: Value = { kind: 'text', text: clockText(clock, layout) }
  return { value, at: dated ? { kind: 'wall', time: clock } : null }
}

function readAscii(data: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let index = to - 1; index >= from; index--) {
    const code = byteAt(data, index)
    if (code !== 0) text += code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '?'
  }
  return text.trim()
}

function writeUnsigned(value: Value, bytes: number, scale: number): Uint8Array | undefined {
  if (value.kind !== 'number' || value.scale !== scale) return undefined
  if (value.digits < 0 || value.digits >= 100 ** bytes) return undefined
  return numberToBcd(value.digits, bytes)
}

function writeSigned(value: Value, bytes: number, scale: number): Uint8Array | undefined {
  if (value.kind !== 'number' || Math.abs(value.digits) >= 0.8 * 100 ** bytes) return undefined
  const written = writeUnsigned({ ...value, digits: Math.abs(value.digits) }, bytes, scale)
  if (written && value.digits < 0) written[bytes - 1] = byteAt(written, bytes - 1) | 0x80
  return written
}

function writeDemand(sample: Sample): Uint8Array | undefined {
  const bytes = new Uint8Array(demand.bytes)
  if (sample.value.kind === 'missing') return bytes.fill(0xff)
  const value = writeSigned(sample.value, demandValue.bytes, demandValue.scale)
  if (!value) return undefined
  bytes.set(value)
  if (sample.at?.kind === 'wall') {
    bytes.set(writeClock(sample.at.time, occurrence), demandValue.bytes)
  }
  return bytes
}

function writeText(value: Value, bytes: number): Uint8Array | undefined {
  if (value.kind !== 'text' || !/^[0-9A-F]+$/.test(value.text)) return undefined
  if (value.text.length !== 2 * bytes) return undefined
  const written = new Uint8Array(bytes)
  writeDigits(value.text, bytes, written, 0)
  return written
}

function writeAscii(value: Value, bytes: number): Uint8Array | undefined {
  if (value.kind !== 'text' || value.text.length > bytes) return undefined
  const written = new Uint8Array(bytes)
  for (let index = 0; index < value.text.length; index++) {
    written[bytes - 1 - index] = value.text.charCodeAt(index)
  }
  return written
}

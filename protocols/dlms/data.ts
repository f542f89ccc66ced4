import { byteAt, toHex } from '#protocols/bytes'
import type { Cursor } from './cursor.ts'
import { objectName } from './items-table.ts'
import { momentText } from './moment-text.ts'

/** A value of COSEM as A-XDR carries it (IEC 62056-6-2, Data). `tag` is the type on the wire. */
export type Data =
  | { readonly kind: 'null'; readonly tag: 0 | 255 }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly tag: number; readonly value: number }
  | { readonly kind: 'long64'; readonly tag: 20 | 21; readonly value: bigint }
  | { readonly kind: 'float'; readonly tag: 23 | 24; readonly value: number }
  | { readonly kind: 'octets'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly tag: 10 | 12; readonly text: string }
  | { readonly kind: 'bits'; readonly length: number; readonly bytes: Uint8Array }
  /** Date-time, date or time in their own types. */
  | { readonly kind: 'moment'; readonly tag: 25 | 26 | 27; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly tag: 1 | 2; readonly items: readonly Data[] }
  /** A compact array: as it came, and what is in it. */
  | { readonly kind: 'compact'; readonly raw: Uint8Array; readonly items: readonly Data[] }

export const nullData: Data = { kind: 'null', tag: 0 }

/** Deeper nesting than any object of the Blue Book. */
const DEPTH_MAX = 12

const integers: Readonly<Record<number, readonly [name: string, bytes: number, signed: boolean]>> =
  {
    5: ['double-long', 4, true],
    6: ['double-long-unsigned', 4, false],
    13: ['bcd', 1, true],
    15: ['integer', 1, true],
    16: ['long', 2, true],
    17: ['unsigned', 1, false],
    18: ['long-unsigned', 2, false],
    22: ['enum', 1, false],
  }

/** Takes one value with its tag. */
export function readData(cursor: Cursor, depth = 0): Data {
  const from = cursor.at
  const part = cursor.parts?.length
  const tag = cursor.uint8()
  const data = readContents(cursor, tag, depth, from)
  if (part !== undefined) cursor.places?.set(data, part)
  return data
}

function readContents(cursor: Cursor, tag: number, depth: number, from: number): Data {
  const integer = integers[tag]
  if (integer) {
    const value = readInteger(cursor, integer[1], integer[2])
    if (cursor.parts) cursor.note(from, `${integer[0]} ${value}`)
    return { kind: 'integer', tag, value }
  }
  switch (tag) {
    case 0:
    case 255:
      if (cursor.parts) cursor.note(from, tag === 0 ? 'null' : 'any')
      return { kind: 'null', tag }
    case 1:
    case 2:
      return readList(cursor, tag, depth, from)
    case 3: {
      const value = cursor.uint8() !== 0
      if (cursor.parts) cursor.note(from, `boolean ${value}`)
      return { kind: 'boolean', value }
    }
    case 4: {
      const length = cursor.size()
      const bytes = cursor.take(Math.ceil(length / 8))
      if (cursor.parts) cursor.note(from, `bit string of ${length}: ${toHex(bytes)}`)
      return { kind: 'bits', length, bytes }
    }
    case 9: {
      const bytes = cursor.sized()
      if (cursor.parts) cursor.note(from, octetsWords(bytes))
      return { kind: 'octets', bytes }
    }
    case 10:
    case 12: {
      const text = textOf(cursor.sized())
      if (cursor.parts) cursor.note(from, `text “${text}”`)
      return { kind: 'text', tag, text }
    }
    case 19:
      return readCompact(cursor, depth, from)
    case 20:
    case 21: {
      const high = BigInt(cursor.uint32())
      const wide = (high << 32n) | BigInt(cursor.uint32())
      const value = tag === 20 ? BigInt.asIntN(64, wide) : wide
      if (cursor.parts) cursor.note(from, `long64${tag === 21 ? '-unsigned' : ''} ${value}`)
      return { kind: 'long64', tag, value }
    }
    case 23:
    case 24: {
      const bytes = cursor.take(tag === 23 ? 4 : 8)
      const value = floatOf(bytes)
      if (cursor.parts) cursor.note(from, `float${8 * bytes.length} ${value}`)
      return { kind: 'float', tag, value }
    }
    case 25:
    case 26:
    case 27: {
      const bytes = cursor.take(tag === 25 ? 12 : tag === 26 ? 5 : 4)
      if (cursor.parts) {
        cursor.note(from, `${momentNames[tag]} ${momentText(bytes) ?? octetsText(bytes)}`)
      }
      return { kind: 'moment', tag, bytes }
    }
    default:
      cursor.fail()
      return nullData
  }
}

const momentNames = { 25: 'date-time', 26: 'date', 27: 'time' } as const

function readInteger(cursor: Cursor, bytes: number, signed: boolean): number {
  if (bytes === 1) {
    const value = cursor.uint8()
    return signed ? (value << 24) >> 24 : value
  }
  if (bytes === 2) {
    const value = cursor.uint16()
    return signed ? (value << 16) >> 16 : value
  }
  const value = cursor.uint32()
  return signed ? value | 0 : value
}

function floatOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length === 4) return view.getFloat32(0)
  return bytes.length === 8 ? view.getFloat64(0) : Number.NaN
}

function readList(cursor: Cursor, tag: 1 | 2, depth: number, from: number): Data {
  const count = cursor.size()
  // Each element takes a byte at least, so a count beyond what is left is a lie.
  if (count > cursor.left || depth >= DEPTH_MAX) {
    cursor.fail()
    return nullData
  }
  if (cursor.parts) cursor.note(from, `${tag === 1 ? 'array' : 'structure'} of ${count}`)
  const items: Data[] = []
  for (let index = 0; index < count && !cursor.failed; index++) {
    items.push(readData(cursor, depth + 1))
  }
  return { kind: 'list', tag, items }
}

/** What one element of a compact array is made of. */
interface Shape {
  readonly tag: number
  readonly inner: readonly Shape[]
}

/** A description of the type once, then the contents of all elements without tags. */
function readCompact(cursor: Cursor, depth: number, from: number): Data {
  const shape = readShape(cursor, depth)
  const length = cursor.size()
  if (cursor.failed || length > cursor.left) {
    cursor.fail()
    return nullData
  }
  if (cursor.parts) cursor.note(from, `compact array in ${length} bytes`)
  const end = cursor.at + length
  const items: Data[] = []
  while (cursor.at < end && !cursor.failed) {
    const before = cursor.at
    items.push(readShaped(cursor, shape, depth + 1))
    // An element that takes no bytes would never end.
    if (cursor.at === before) cursor.fail()
  }
  if (cursor.at !== end) cursor.fail()
  return { kind: 'compact', raw: cursor.bytes.subarray(from + 1, cursor.at), items }
}

function readShape(cursor: Cursor, depth: number): Shape {
  const tag = cursor.uint8()
  if (depth >= DEPTH_MAX) cursor.fail()
  if (tag === 1) {
    const count = cursor.uint16()
    const element = readShape(cursor, depth + 1)
    if (count > cursor.left) cursor.fail()
    return { tag, inner: cursor.failed ? [] : new Array<Shape>(count).fill(element) }
  }
  if (tag === 2) {
    const count = cursor.size()
    const inner: Shape[] = []
    for (let index = 0; index < count && !cursor.failed; index++) {
      inner.push(readShape(cursor, depth + 1))
    }
    return { tag, inner }
  }
  return { tag, inner: [] }
}

function readShaped(cursor: Cursor, { tag, inner }: Shape, depth: number): Data {
  if (tag !== 1 && tag !== 2) return readContents(cursor, tag, depth, cursor.at)
  const items: Data[] = []
  for (const shape of inner) {
    if (cursor.failed) break
    items.push(readShaped(cursor, shape, depth + 1))
  }
  return { kind: 'list', tag, items }
}

function textOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** Octets as text where they are printable ASCII, padded with zeros or not, else as hex. */
export function octetsText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '(none)'
  let end = bytes.length
  while (end > 0 && byteAt(bytes, end - 1) === 0) end--
  if (end === 0) return toHex(bytes)
  for (let at = 0; at < end; at++) {
    const byte = byteAt(bytes, at)
    if (byte < 0x20 || byte > 0x7e) return toHex(bytes)
  }
  return textOf(bytes.subarray(0, end))
}

/** Octets for people: the name of an object, a moment, a text, or bytes. */
function octetsWords(bytes: Uint8Array): string {
  if (bytes.length === 6 && byteAt(bytes, 5) === PRESENT) return objectText(obisOf(bytes))
  const moment = bytes.length === 12 ? momentText(bytes) : null
  return moment === null ? `octets ${octetsText(bytes)}` : `date-time ${moment}`
}

/** F of an OBIS code: present values, not those of a past period. */
const PRESENT = 255

/** `object 1-0:1.8.0.255, Active energy import, total`. */
export function objectText(obis: string): string {
  const name = objectName(obis)
  const [a = '', b = '', ...rest] = obis.split('.')
  const code = `object ${a}-${b}:${rest.join('.')}`
  return name === `Object ${obis}` ? code : `${code}, ${name}`
}

/** True for six bytes that may name an object. */
export function isLogicalName(data: Data | undefined): data is Data & { kind: 'octets' } {
  return data?.kind === 'octets' && data.bytes.length === 6
}

/** `1.0.1.8.0.255` of six bytes. */
export function obisOf(bytes: Uint8Array): string {
  return `${byteAt(bytes, 0)}.${byteAt(bytes, 1)}.${byteAt(bytes, 2)}.${byteAt(bytes, 3)}.${byteAt(bytes, 4)}.${byteAt(bytes, 5)}`
}

/** Six bytes of `1.0.1.8.0.255`. */
export function obisBytes(obis: string): Uint8Array {
  return Uint8Array.from(obis.split('.'), Number)
}

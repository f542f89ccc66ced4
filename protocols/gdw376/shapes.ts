import { bcdToNumber, byteAt, hexPair, numberToBcd } from '#protocols/bytes'
import type { MissingFlag, Value } from '#protocols/model'
import { clockOfText, clockText, readClock, type TimeLayout, writeClock } from './clock.ts'
import { displayAt, writeDisplay } from './frame.ts'

/** How the bytes of one field are read and written: the data formats of appendix A and BIN, BS. */
export type Shape =
  /** Packed BCD with decimals, least significant byte first. */
  | { readonly kind: 'bcd'; readonly bytes: number; readonly scale: number }
  /** The same with the sign in the top bit. */
  | { readonly kind: 'signed'; readonly bytes: number; readonly scale: number }
  /** A.2: three digits, a sign and a power of ten. */
  | { readonly kind: 'powered'; readonly bytes: number }
  /** A.3: seven digits, a sign and G, which makes kWh MWh and 厘 yuan. */
  | { readonly kind: 'amount'; readonly bytes: number }
  /** A.4: per cent up or down. */
  | { readonly kind: 'float'; readonly bytes: number }
  | { readonly kind: 'time'; readonly bytes: number; readonly layout: TimeLayout }
  /** BIN: an unsigned integer. */
  | { readonly kind: 'uint'; readonly bytes: number }
  /** BS: bits, shown as hex digits, most significant first. */
  | { readonly kind: 'bits'; readonly bytes: number }
  /** Digits that name something: leading zeros count. */
  | { readonly kind: 'digits'; readonly bytes: number }
  /** Bytes in the order of the wire, as hex digits. */
  | { readonly kind: 'raw'; readonly bytes: number }
  | { readonly kind: 'ascii'; readonly bytes: number }
  /** Four bytes of an IP address. */
  | { readonly kind: 'ip'; readonly bytes: number }
  /** One byte whose values have names. */
  | {
      readonly kind: 'named'
      readonly bytes: number
      readonly names: Readonly<Record<number, string>>
    }

const amountSign = 0x10
const amountUnit = 0x40
const floatDown = 0x80

/** Reads the field of `shape.bytes` bytes at `from`; the caller checked the length. */
export function readShape(shape: Shape, data: Uint8Array, from: number): Value {
  const to = from + shape.bytes
  if (mayBeAbsent(shape) && isAbsent(data, from, to)) return missing('absent')
  switch (shape.kind) {
    case 'bcd':
      return readUnsigned(data, from, to, shape.scale)
    case 'signed':
      return readSigned(data, from, to, shape.scale)
    case 'powered':
      return readPowered(data, from)
    case 'amount':
      return readAmount(data, from)
    case 'float':
      return readFloat(byteAt(data, from))
    case 'time': {
      const clock = readClock(data, from, shape.layout)
      if (typeof clock === 'string') return missing(clock)
      return text(clockText(clock, shape.layout))
    }
    case 'uint':
      return number(readUint(data, from, to), 0)
    case 'bits':
    case 'digits':
      return text(displayAt(data, from, shape.bytes))
    case 'raw':
      return text(hexOf(data, from, to))
    case 'ascii':
      return text(readAscii(data, from, to))
    case 'ip':
      return text(Array.from(data.subarray(from, to)).join('.'))
    case 'named': {
      const code = byteAt(data, from)
      return text(shape.names[code] ?? hexPair(code))
    }
  }
}

/** The bytes of a value in a shape; undefined if it does not fit. A missing value is all EE. */
export function writeShape(shape: Shape, value: Value): Uint8Array | undefined {
  const { bytes } = shape
  if (value.kind === 'missing') return new Uint8Array(bytes).fill(0xee)
  switch (shape.kind) {
    case 'bcd':
      return writeUnsigned(value, bytes, shape.scale)
    case 'signed':
      return writeSigned(value, bytes, shape.scale)
    case 'powered':
      return writePowered(value)
    case 'amount':
      return writeAmount(value)
    case 'float':
      return writeFloat(value)
    case 'uint':
      return writeUint(value, bytes)
    default:
      return value.kind === 'text' ? writeText(shape, value.text) : undefined
  }
}

function writeText(shape: Shape, value: string): Uint8Array | undefined {
  const { bytes } = shape
  switch (shape.kind) {
    case 'time': {
      const clock = clockOfText(value, shape.layout)
      return clock && writeClock(clock, shape.layout)
    }
    case 'bits':
    case 'digits': {
      if (value.length !== 2 * bytes || !/^[\dA-F]*$/.test(value)) return undefined
      const written = new Uint8Array(bytes)
      writeDisplay(value, bytes, written, 0)
      return written
    }
    case 'raw':
      if (value.length !== 2 * bytes || !/^[\dA-F]*$/.test(value)) return undefined
      return Uint8Array.from({ length: bytes }, (_, at) =>
        Number.parseInt(value.slice(2 * at, 2 * at + 2), 16),
      )
    case 'ascii': {
      if (value.length > bytes || !/^[\x20-\x7e]*$/.test(value)) return undefined
      const written = new Uint8Array(bytes)
      for (let at = 0; at < value.length; at++) written[at] = value.charCodeAt(at)
      return written
    }
    case 'ip': {
      const parts = value.split('.').map(Number)
      if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined
      return Uint8Array.from(parts)
    }
    case 'named': {
      const code = Object.entries(shape.names).find(([, name]) => name === value)?.[0]
      if (code !== undefined) return Uint8Array.of(Number(code))
      return /^[\dA-F]{2}$/.test(value) ? Uint8Array.of(Number.parseInt(value, 16)) : undefined
    }
    default:
      return undefined
  }
}

/** Upper-case hex of a stretch, in the order of the wire. */
export function hexOf(data: Uint8Array, from: number, to: number): string {
  let hex = ''
  for (let index = from; index < to; index++) hex += hexPair(byteAt(data, index))
  return hex
}

const number = (value: number, scale: number): Value => ({ kind: 'number', digits: value, scale })
const text = (value: string): Value => ({ kind: 'text', text: value })
const missing = (flag: MissingFlag): Value => ({ kind: 'missing', flag })

function mayBeAbsent({ kind }: Shape): boolean {
  return kind !== 'uint' && kind !== 'bits' && kind !== 'raw' && kind !== 'named' && kind !== 'ip'
}

/** A terminal that has no value sends EE in every byte; FF and a leading EF were seen too. */
function isAbsent(data: Uint8Array, from: number, to: number): boolean {
  const first = byteAt(data, from)
  const fill = first === 0xef ? 0xee : first
  if (fill !== 0xff && fill !== 0xee) return false
  for (let index = from + 1; index < to; index++) {
    const byte = byteAt(data, index)
    if (byte !== fill && byte !== 0xef) return false
  }
  return true
}

function readUnsigned(data: Uint8Array, from: number, to: number, scale: number): Value {
  const value = bcdToNumber(data, from, to)
  return value === undefined ? missing('not-bcd') : number(value, scale)
}

function readSigned(data: Uint8Array, from: number, to: number, scale: number): Value {
  const top = byteAt(data, to - 1)
  if ((top & 0x80) === 0) return readUnsigned(data, from, to, scale)
  const high = bcdToNumber(Uint8Array.of(top & 0x7f))
  const low = bcdToNumber(data, from, to - 1)
  if (high === undefined || low === undefined) return missing('not-bcd')
  const magnitude = high * 100 ** (to - from - 1) + low
  return number(magnitude === 0 ? 0 : -magnitude, scale)
}

function readPowered(data: Uint8Array, from: number): Value {
  const top = byteAt(data, from + 1)
  const low = bcdToNumber(data, from, from + 1)
  if (low === undefined || (top & 15) > 9) return missing('not-bcd')
  const magnitude = (top & 15) * 100 + low
  const value = (top & 0x10) !== 0 && magnitude > 0 ? -magnitude : magnitude
  // G = 0 is ten to the fourth, G = 7 ten to the minus third.
  const exponent = 4 - (top >> 5)
  return exponent >= 0 ? number(value * 10 ** exponent, 0) : number(value, -exponent)
}

function writePowered(value: Value): Uint8Array | undefined {
  if (value.kind !== 'number') return undefined
  let magnitude = Math.abs(value.digits)
  let exponent = -value.scale
  while (magnitude > 999 && magnitude % 10 === 0) {
    magnitude /= 10
    exponent++
  }
  if (magnitude > 999 || exponent < -3 || exponent > 4) return undefined
  const sign = value.digits < 0 ? 0x10 : 0
  const top = ((4 - exponent) << 5) | sign | Math.trunc(magnitude / 100)
  return Uint8Array.of(byteAt(numberToBcd(magnitude % 100, 1), 0), top)
}

function readAmount(data: Uint8Array, from: number): Value {
  const top = byteAt(data, from + 3)
  const low = bcdToNumber(data, from, from + 3)
  if (low === undefined || (top & 15) > 9 || (top & 0xa0) !== 0) return missing('not-bcd')
  const thousands = (top & amountUnit) === 0 ? 1 : 1000
  const magnitude = ((top & 15) * 1_000_000 + low) * thousands
  return number((top & amountSign) !== 0 && magnitude > 0 ? -magnitude : magnitude, 0)
}

function writeAmount(value: Value): Uint8Array | undefined {
  if (value.kind !== 'number' || value.scale !== 0) return undefined
  let magnitude = Math.abs(value.digits)
  let top = value.digits < 0 ? amountSign : 0
  if (magnitude > 9_999_999 && magnitude % 1000 === 0) {
    magnitude /= 1000
    top |= amountUnit
  }
  if (magnitude > 9_999_999) return undefined
  const bytes = numberToBcd(magnitude, 4)
  bytes[3] = byteAt(bytes, 3) | top
  return bytes
}

function readFloat(byte: number): Value {
  const magnitude = bcdToNumber(Uint8Array.of(byte & 0x7f))
  if (magnitude === undefined) return missing('not-bcd')
  return number((byte & floatDown) !== 0 && magnitude > 0 ? -magnitude : magnitude, 0)
}

function writeFloat(value: Value): Uint8Array | undefined {
  if (value.kind !== 'number' || value.scale !== 0 || Math.abs(value.digits) > 79) return undefined
  const sign = value.digits < 0 ? floatDown : 0
  return Uint8Array.of(byteAt(numberToBcd(Math.abs(value.digits), 1), 0) | sign)
}

function readUint(data: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let index = to - 1; index >= from; index--) value = value * 256 + byteAt(data, index)
  return value
}

function writeUint(value: Value, bytes: number): Uint8Array | undefined {
  if (value.kind !== 'number' || value.scale !== 0) return undefined
  if (value.digits < 0 || value.digits >= 256 ** bytes) return undefined
  let rest = value.digits
  return Uint8Array.from({ length: bytes }, () => {
    const byte = rest % 256
    rest = Math.trunc(rest / 256)
    return byte
  })
}

function readAscii(data: Uint8Array, from: number, to: number): string {
  let read = ''
  for (let index = from; index < to; index++) {
    const code = byteAt(data, index)
    if (code !== 0) read += code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '?'
  }
  return read.trimEnd()
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

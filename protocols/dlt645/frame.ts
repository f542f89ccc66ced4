import { byteAt, hexPair, hexWord } from '#protocols/bytes'
import type { Malformed } from '#protocols/model'

/**
 * The envelope of DL/T 645-2007 §5.2: 68, address, 68, C, L, data, CS, 16. This file alone knows
 * the wire's byte order and the offset of 33H; outside it an address is in display order and
 * `data` is what the device means.
 */
export interface Frame {
  /** 12 hex digits in display order; a faulty device may send others than decimal ones. */
  readonly address: string
  readonly control: number
  /** The data field with 33H taken away, in the order of the wire (least significant first). */
  readonly data: Uint8Array
}

export type ParsedFrame =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly malformed: Malformed }

export const wakeUp = 0xfe
/** As many as a meter may want before it listens (前导字节). */
export const wakeUpBytes: Uint8Array = new Uint8Array(4).fill(wakeUp)
export const start = 0x68
export const end = 0x16
/** Bytes around the data field. */
export const envelopeBytes = 12
/**
 * L is one byte. The standard allows a reader 200 data bytes, makers send more; the checksum and
 * the end byte decide, so no shorter limit is set.
 */
export const dataMaxBytes = 0xff
export const frameMaxBytes = envelopeBytes + dataMaxBytes
export const addressOffset = 1
export const secondStartOffset = 7
export const controlOffset = 8
export const lengthOffset = 9
export const dataOffset = 10

/** Reaches every meter, which answers with its own address; for a line with one meter. */
export const wildcardAddress = 'AAAAAAAAAAAA'
/** Reaches every meter; nobody answers. */
export const broadcastAddress = '999999999999'
export const addressBytes = 6
export const dataIdBytes = 4
/** Bits of the control code C (§5.2.3). */
export const fromSlave = 0x80
export const refused = 0x40
export const moreFollows = 0x20
export const functionMask = 0x1f
/** Functions of the control code (§5.2.3). */
export const functions = {
  authenticate: 0x03,
  setClock: 0x08,
  read: 0x11,
  readMore: 0x12,
  readAddress: 0x13,
  write: 0x14,
  writeAddress: 0x15,
  freeze: 0x16,
  changeBaud: 0x17,
  changePassword: 0x18,
  clearDemand: 0x19,
  clearMeter: 0x1a,
  clearEvents: 0x1b,
  control: 0x1c,
  output: 0x1d,
} as const

const offset33 = 0x33

/** The frame without wake-up bytes. Throws if the address is not 12 hex digits: a bug of ours. */
export function buildFrame({ address, control, data }: Frame): Uint8Array {
  const bytes = openFrame(address, control, data.length)
  for (let at = 0; at < data.length; at++) bytes[dataOffset + at] = byteAt(data, at)
  return closeFrame(bytes)
}

/** A frame whose data, at `dataOffset`, is still to be written as it is meant. */
export function openFrame(address: string, control: number, length: number): Uint8Array {
  if (length > dataMaxBytes) throw new Error(`invariant broken: ${length} data bytes`)
  const bytes = new Uint8Array(envelopeBytes + length)
  bytes[0] = start
  writeDigits(address, addressBytes, bytes, addressOffset)
  bytes[secondStartOffset] = start
  bytes[controlOffset] = control
  bytes[lengthOffset] = length
  return bytes
}

/** The same frame with 33H added to its data, the checksum and the end. */
export function closeFrame(bytes: Uint8Array): Uint8Array {
  const checksumAt = bytes.length - 2
  let sum = 0
  for (let at = 0; at < dataOffset; at++) sum += byteAt(bytes, at)
  for (let at = dataOffset; at < checksumAt; at++) {
    const shifted = (byteAt(bytes, at) + offset33) & 0xff
    bytes[at] = shifted
    sum += shifted
  }
  bytes[checksumAt] = sum
  bytes[checksumAt + 1] = end
  return bytes
}

/** One whole frame, after any number of wake-up bytes; nothing may follow it. */
export function parseFrame(bytes: Uint8Array): ParsedFrame {
  const from = frameStart(bytes)
  const malformed = checkEnvelope(bytes, from)
  if (malformed) return { ok: false, malformed }
  return { ok: true, frame: frameAt(bytes, from) }
}

/** Index of the first byte that is no wake-up byte (前导字节). */
export function frameStart(bytes: Uint8Array): number {
  let from = 0
  while (byteAt(bytes, from) === wakeUp) from++
  return from
}

/** What breaks the envelope at `from`, the first fault first; undefined if nothing does. */
export function checkEnvelope(bytes: Uint8Array, from: number): Malformed | undefined {
  const length = bytes.length - from
  if (length > 0 && byteAt(bytes, from) !== start) {
    const found = hexPair(byteAt(bytes, from))
    return fault('start', `starts with ${found}, not with 68`, from)
  }
  if (length > secondStartOffset && byteAt(bytes, from + secondStartOffset) !== start) {
    const found = hexPair(byteAt(bytes, from + secondStartOffset))
    return fault('second-start', `${found} after the address, not 68`, from + secondStartOffset)
  }
  if (length < envelopeBytes) {
    return fault('length', `${length} bytes, a frame has at least ${envelopeBytes}`, bytes.length)
  }
  const dataBytes = byteAt(bytes, from + lengthOffset)
  if (length !== envelopeBytes + dataBytes) {
    const there = length - envelopeBytes
    const says = `the length byte says ${dataBytes} data bytes, ${there} are there`
    return fault('length', says, from + lengthOffset)
  }
  const checksumAt = from + dataOffset + dataBytes
  const computed = sumOf(bytes, from, checksumAt)
  const sent = byteAt(bytes, checksumAt)
  if (computed !== sent) {
    const says = `checksum is ${hexPair(sent)}, computed ${hexPair(computed)}`
    return fault('checksum', says, checksumAt)
  }
  const last = byteAt(bytes, checksumAt + 1)
  if (last === end) return undefined
  return fault('end', `ends with ${hexPair(last)}, not with 16`, checksumAt + 1)
}

/** The length of the frame at `from` if one is whole and right there, 0 if there is none. */
export function frameLengthAt(bytes: Uint8Array, from: number, to: number): number {
  const length = envelopeBytes + byteAt(bytes, from + lengthOffset)
  const checksumAt = from + length - 2
  if (from + length > to || byteAt(bytes, checksumAt + 1) !== end) return 0
  return sumOf(bytes, from, checksumAt) === byteAt(bytes, checksumAt) ? length : 0
}

/** False once the bytes from `from` to `to` cannot become a frame; true while they may. */
export function mayBegin(bytes: Uint8Array, from: number, to: number): boolean {
  return from + secondStartOffset >= to || byteAt(bytes, from + secondStartOffset) === start
}

/** The address field that stands at `from`, in display order. */
export function addressAt(bytes: Uint8Array, from: number): string {
  return (
    hexWord(byteAt(bytes, from + 5), byteAt(bytes, from + 4)) +
    hexWord(byteAt(bytes, from + 3), byteAt(bytes, from + 2)) +
    hexWord(byteAt(bytes, from + 1), byteAt(bytes, from))
  )
}

/** The data identifier (数据标识) at the head of a data field, in display order. */
export function dataIdOf(data: Uint8Array): string {
  return hexWord(byteAt(data, 3), byteAt(data, 2)) + hexWord(byteAt(data, 1), byteAt(data, 0))
}

/** Writes digits given in display order as wire bytes, the last pair first. */
export function writeDigits(digits: string, length: number, into: Uint8Array, at: number): void {
  let isHex = digits.length === 2 * length
  for (let index = 0; index < length; index++) {
    const pair = pairAt(digits, 2 * index)
    isHex &&= pair >= 0
    into[at + length - 1 - index] = pair
  }
  if (!isHex) throw new Error(`invariant broken: '${digits}' as ${length} bytes`)
}

/** The data identifier at the head of a data field as one number, to be compared at once. */
export function dataIdNumber(data: Uint8Array): number {
  return (
    byteAt(data, 0) | (byteAt(data, 1) << 8) | (byteAt(data, 2) << 16) | (byteAt(data, 3) << 24)
  )
}

/** The same number of an identifier in display order; null if that is not eight hex digits. */
export function dataIdNumberOf(dataId: string): number | null {
  if (dataId.length !== 2 * dataIdBytes) return null
  let number = 0
  for (let at = 0; at < dataId.length; at += 2) {
    const pair = pairAt(dataId, at)
    if (pair < 0) return null
    number = (number << 8) | pair
  }
  return number
}

/** What each character is worth as a hex digit, -1 if it is none: digits are most of a request. */
const nibbles = Int8Array.from({ length: 0x80 }, (_, code) =>
  '0123456789ABCDEF'.indexOf(String.fromCharCode(code).toUpperCase()),
)

/** The byte that two hex digits spell; negative if they are none. */
function pairAt(digits: string, at: number): number {
  return (nibbleOf(digits.charCodeAt(at)) << 4) | nibbleOf(digits.charCodeAt(at + 1))
}

function nibbleOf(code: number): number {
  return nibbles[code] ?? -1
}

/** The fields of a frame whose envelope was checked up to its length. */
export function frameAt(bytes: Uint8Array, from: number): Frame {
  const length = byteAt(bytes, from + lengthOffset)
  const data = new Uint8Array(length)
  for (let index = 0; index < length; index++) {
    data[index] = byteAt(bytes, from + dataOffset + index) - offset33
  }
  return {
    address: addressAt(bytes, from + addressOffset),
    control: byteAt(bytes, from + controlOffset),
    data,
  }
}

function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0
  for (let index = from; index < to; index++) sum += byteAt(bytes, index)
  return sum & 0xff
}

function fault(name: string, message: string, offset: number): Malformed {
  return { code: `dlt645.${name}`, message, offset }
}

import { byteAt, crc16X25, hexPair } from '#protocols/bytes'
import type { Malformed } from '#protocols/model'
import { addressBytes, addressLength, readAddress, type ServerAddress } from './address.ts'

/**
 * The envelope of DL/T 698.45 §5.1: 68, L, C, SA, CA, HCS, user data, FCS, 16. This file alone knows
 * the wire's byte order of lengths and checks and the scrambling of 33H.
 */
export interface Frame {
  /** C. Where its scrambling bit is set, 33H is added to each byte of the data on the wire. */
  readonly control: number
  readonly server: ServerAddress
  /** CA, the client's address. */
  readonly client: number
  /** An APDU, or a fragment of one with its header (分帧). */
  readonly data: Uint8Array
}

export type ParsedFrame =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly malformed: Malformed }

export const wakeUp = 0xfe
export const start = 0x68
export const end = 0x16
/** Bits of C (§5.1.3). */
export const fromServer = 0x80
export const startedByClient = 0x40
export const fragmentBit = 0x20
export const scrambleBit = 0x08
const functionMask = 0x07
/** Functions of C: the link (链路管理) and everything else (用户数据). */
export const linkFunction = 1
export const dataFunction = 3

/** What a frame has beside address and data: start, L, C, CA, HCS, FCS, end. */
const fixedBytes = 10
const lengthMask = 0x3fff
const offset33 = 0x33
export const addressOffset = 4
/** The longest frame that is taken from a stream; devices agree on 2 KiB at most. */
export const frameMaxBytes = 8192

/** The function of a control byte. */
export function functionOf(control: number): number {
  return control & functionMask
}

/** The frame without wake-up bytes. */
export function buildFrame({ control, server, client, data }: Frame): Uint8Array {
  const address = addressBytes(server)
  const length = fixedBytes + address.length + data.length
  if (length > frameMaxBytes) throw new Error(`invariant broken: a frame of ${length} bytes`)
  const bytes = new Uint8Array(length)
  bytes[0] = start
  bytes[1] = length - 2
  bytes[2] = (length - 2) >> 8
  bytes[3] = control
  bytes.set(address, addressOffset)
  const clientAt = addressOffset + address.length
  bytes[clientAt] = client
  putCrc(bytes, clientAt + 1)
  const dataAt = clientAt + 3
  const mask = (control & scrambleBit) === 0 ? 0 : offset33
  for (let at = 0; at < data.length; at++) bytes[dataAt + at] = byteAt(data, at) + mask
  putCrc(bytes, length - 3)
  bytes[length - 1] = end
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
  const there = bytes.length - from
  if (there > 0 && byteAt(bytes, from) !== start) {
    return fault('start', `starts with ${hexPair(byteAt(bytes, from))}, not with 68`, from)
  }
  const header = headerLength(bytes, from)
  if (there < header + 3) {
    return fault('length', `${there} bytes, a frame has at least ${header + 3}`, bytes.length)
  }
  const wrongHeader = wrongCrc(bytes, from + 1, from + header - 2)
  if (wrongHeader !== undefined) {
    return fault('header-checksum', `header checksum ${wrongHeader}`, from + header - 2)
  }
  const length = lengthAt(bytes, from)
  if (there !== length) {
    return fault('length', `the length says ${length} bytes in all, ${there} are there`, from + 1)
  }
  const wrongFrame = wrongCrc(bytes, from + 1, from + length - 3)
  if (wrongFrame !== undefined) {
    return fault('checksum', `frame checksum ${wrongFrame}`, from + length - 3)
  }
  const last = byteAt(bytes, from + length - 1)
  if (last === end) return undefined
  return fault('end', `ends with ${hexPair(last)}, not with 16`, from + length - 1)
}

/** Bytes from 68 to HCS of the frame at `from`, as far as its address says. */
export function headerLength(bytes: Uint8Array, from: number): number {
  return addressOffset + addressLength(byteAt(bytes, from + addressOffset)) + 3
}

/** Bytes of the whole frame at `from`, as its length field says. */
export function lengthAt(bytes: Uint8Array, from: number): number {
  return ((byteAt(bytes, from + 1) | (byteAt(bytes, from + 2) << 8)) & lengthMask) + 2
}

/** True if the check that stands at `to` is that of the bytes before it. */
export function isRight(bytes: Uint8Array, from: number, to: number): boolean {
  return crc16X25(bytes, from, to) === (byteAt(bytes, to) | (byteAt(bytes, to + 1) << 8))
}

/** The fields of a frame whose envelope was checked up to its length. */
export function frameAt(bytes: Uint8Array, from: number): Frame {
  const header = headerLength(bytes, from)
  const control = byteAt(bytes, from + 3)
  const dataAt = from + header
  const to = Math.max(dataAt, from + lengthAt(bytes, from) - 3)
  const sent = bytes.subarray(dataAt, to)
  const data = (control & scrambleBit) === 0 ? sent : sent.map((byte) => byte - offset33)
  return {
    control,
    server: readAddress(bytes, from + addressOffset),
    client: byteAt(bytes, from + header - 3),
    data,
  }
}

function putCrc(bytes: Uint8Array, at: number): void {
  const crc = crc16X25(bytes, 1, at)
  bytes[at] = crc
  bytes[at + 1] = crc >> 8
}

function wrongCrc(bytes: Uint8Array, from: number, to: number): string | undefined {
  const computed = crc16X25(bytes, from, to)
  const sent = byteAt(bytes, to) | (byteAt(bytes, to + 1) << 8)
  return computed === sent ? undefined : `is ${wordText(sent)}, computed ${wordText(computed)}`
}

/** As it stands on the wire: low byte first. */
function wordText(word: number): string {
  return `${hexPair(word)} ${hexPair(word >> 8)}`
}

function fault(name: string, message: string, offset: number): Malformed {
  return { code: `dlt698.${name}`, message, offset }
}

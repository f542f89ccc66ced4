import { byteAt, hexPair, sum8 } from '#protocols/bytes'
import type { Malformed } from '#protocols/model'

/**
 * The link layer of Q/GDW 376.1 §4.3: 68 L L 68, C, A1 A2 A3, AFN, SEQ, the rest, CS, 16. This file
 * alone knows offsets and byte order; what the body means is not its business.
 */
export interface Frame {
  /** Protocol identifier in the low bits of L: 1 is Q/GDW 130, 2 is 376.1 and 1376.1. */
  readonly protocolId: number
  readonly edition: Edition
  readonly control: number
  /** Administrative region A1 in display order: 4 digits, 6 in the edition of 2019. */
  readonly region: string
  /** Terminal A2 in display order: 4 hex digits, 6 in the edition of 2019. */
  readonly terminal: string
  /** A3: D0 marks a group address, the rest is the master station's address MSA. */
  readonly station: number
  readonly afn: number
  readonly seq: number
  /** Data units and what is added behind them (附加信息域). */
  readonly body: Uint8Array
}

/** Width of the address: five bytes up to 2013, seven in Q/GDW 10376.1-2019. */
export type Edition = '2013' | '2019'

export type ParsedFrame =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly malformed: Malformed }

export const start = 0x68
export const end = 0x16
export const headBytes = 6
/** 68 L L 68 before the user data, CS and 16 behind them. */
export const envelopeBytes = 8
/** C, five bytes of address, AFN and SEQ: shorter user data say nothing. */
export const userMinBytes = 8
/** L has 14 bits for the length. */
export const userMaxBytes = 0x3fff
export const frameMaxBytes = userMaxBytes + envelopeBytes

/** Bits of the control field C (§4.3.3.1). */
export const controlBits = {
  up: 0x80,
  initiator: 0x40,
  /** FCB from the master, ACD (important events wait) from the terminal. */
  countOrAccess: 0x20,
  countValid: 0x10,
  function: 0x0f,
} as const

/** Bits of SEQ (§4.3.4.3). */
export const seqBits = { tpv: 0x80, fir: 0x40, fin: 0x20, con: 0x10, number: 0x0f } as const

export const groupBit = 0x01
const regionOffset = 7

/** Offsets that follow from the width of the address. */
interface Widths {
  readonly region: number
  readonly terminal: number
}

const widths: Readonly<Record<Edition, Widths>> = {
  '2013': { region: 2, terminal: 2 },
  '2019': { region: 3, terminal: 3 },
}

/** Where the body begins in a frame of an edition. */
export function bodyOffsetOf(edition: Edition): number {
  return edition === '2013' ? 14 : 16
}

/** What breaks the envelope, the first fault first; undefined if nothing does. */
export function checkEnvelope(bytes: Uint8Array): Malformed | undefined {
  if (bytes.length > 0 && byteAt(bytes, 0) !== start) {
    return fault('start', `starts with ${hexPair(byteAt(bytes, 0))}, not with 68`, 0)
  }
  if (bytes.length < envelopeBytes + userMinBytes) {
    const least = envelopeBytes + userMinBytes
    return fault('length', `${bytes.length} bytes, a frame has at least ${least}`, bytes.length)
  }
  if (byteAt(bytes, 5) !== start) {
    return fault('second-start', `${hexPair(byteAt(bytes, 5))} after the lengths, not 68`, 5)
  }
  const length = wordAt(bytes, 1)
  if (length !== wordAt(bytes, 3)) return fault('lengths-differ', 'the two lengths L differ', 3)
  const user = length >> 2
  if (bytes.length !== user + envelopeBytes) {
    const there = bytes.length - envelopeBytes
    return fault('length', `L says ${user} bytes of user data, ${there} are there`, 1)
  }
  const checksumAt = headBytes + user
  const computed = sum8(bytes, headBytes, checksumAt)
  const sent = byteAt(bytes, checksumAt)
  if (computed !== sent) {
    const says = `checksum is ${hexPair(sent)}, computed ${hexPair(computed)}`
    return fault('checksum', says, checksumAt)
  }
  const last = byteAt(bytes, checksumAt + 1)
  if (last === end) return undefined
  return fault('end', `ends with ${hexPair(last)}, not with 16`, checksumAt + 1)
}

/** One whole frame; nothing may stand before or behind it. */
export function parseFrame(bytes: Uint8Array): ParsedFrame {
  const malformed = checkEnvelope(bytes)
  if (malformed) return { ok: false, malformed }
  return { ok: true, frame: frameAt(bytes, editionOf(bytes)) }
}

/** The fields of a frame whose envelope was checked up to its length. */
export function frameAt(bytes: Uint8Array, edition: Edition): Frame {
  const { region, terminal } = widths[edition]
  const terminalOffset = regionOffset + region
  const stationOffset = terminalOffset + terminal
  const bodyOffset = stationOffset + 3
  return {
    protocolId: byteAt(bytes, 1) & 3,
    edition,
    control: byteAt(bytes, headBytes),
    region: displayAt(bytes, regionOffset, region),
    terminal: displayAt(bytes, terminalOffset, terminal),
    station: byteAt(bytes, stationOffset),
    afn: byteAt(bytes, stationOffset + 1),
    seq: byteAt(bytes, stationOffset + 2),
    body: bytes.slice(bodyOffset, bytes.length - 2),
  }
}

/** Throws if an address is not of its edition's width: a bug of ours. */
export function buildFrame(frame: Frame): Uint8Array {
  const { region, terminal } = widths[frame.edition]
  const bodyOffset = bodyOffsetOf(frame.edition)
  const user = bodyOffset - headBytes + frame.body.length
  if (user > userMaxBytes) throw new Error(`invariant broken: ${user} bytes of user data`)
  const bytes = new Uint8Array(user + envelopeBytes)
  const length = (user << 2) | frame.protocolId
  bytes[0] = start
  bytes[1] = length
  bytes[2] = length >> 8
  bytes[3] = length
  bytes[4] = length >> 8
  bytes[5] = start
  bytes[headBytes] = frame.control
  writeDisplay(frame.region, region, bytes, regionOffset)
  writeDisplay(frame.terminal, terminal, bytes, regionOffset + region)
  bytes[bodyOffset - 3] = frame.station
  bytes[bodyOffset - 2] = frame.afn
  bytes[bodyOffset - 1] = frame.seq
  bytes.set(frame.body, bodyOffset)
  bytes[bytes.length - 2] = sum8(bytes, headBytes, bytes.length - 2)
  bytes[bytes.length - 1] = end
  return bytes
}

/**
 * Nothing in a frame says how wide its address is. It is taken for one of 2013 unless the wider
 * reading has a function, a first data unit and a place among frames (FIR, FIN) that the standard
 * knows, and the narrow one lacks any of them.
 */
export function editionOf(bytes: Uint8Array): Edition {
  const isNarrow = mayBe(bytes, '2013') && hasPlace(bytes, '2013')
  return !isNarrow && mayBe(bytes, '2019') && hasPlace(bytes, '2019') ? '2019' : '2013'
}

/** False in the middle of several frames, and where another byte is taken for SEQ. */
function hasPlace(bytes: Uint8Array, edition: Edition): boolean {
  return (byteAt(bytes, bodyOffsetOf(edition) - 1) & (seqBits.fir | seqBits.fin)) !== 0
}

function mayBe(bytes: Uint8Array, edition: Edition): boolean {
  const body = bodyOffsetOf(edition)
  const to = bytes.length - 2
  const afn = byteAt(bytes, body - 2)
  if (body > to || afn > 0x10 || afn === 0x07) return false
  if (!isBcd(bytes, regionOffset, widths[edition].region)) return false
  if (body + 4 > to) return body === to
  const points = byteAt(bytes, body)
  const group = byteAt(bytes, body + 1)
  const isPoint = points === 0 ? group === 0 : group !== 0 || points === 0xff
  return isPoint && byteAt(bytes, body + 2) !== 0 && byteAt(bytes, body + 3) < 0xff
}

function isBcd(bytes: Uint8Array, from: number, length: number): boolean {
  for (let index = from; index < from + length; index++) {
    const pair = byteAt(bytes, index)
    if (pair >> 4 > 9 || (pair & 15) > 9) return false
  }
  return true
}

function wordAt(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8)
}

/** Wire bytes, least significant first, as digits in display order. */
export function displayAt(bytes: Uint8Array, from: number, length: number): string {
  let text = ''
  for (let index = from + length - 1; index >= from; index--) text += hexPair(byteAt(bytes, index))
  return text
}

/** The inverse of `displayAt`. */
export function writeDisplay(text: string, length: number, into: Uint8Array, at: number): void {
  if (text.length !== 2 * length || !/^[\dA-F]*$/i.test(text)) {
    throw new Error(`invariant broken: '${text}' as ${length} bytes`)
  }
  for (let index = 0; index < length; index++) {
    const pair = text.slice(2 * index, 2 * index + 2)
    into[at + length - 1 - index] = Number.parseInt(pair, 16)
  }
}

function fault(name: string, message: string, offset: number): Malformed {
  return { code: `gdw376.${name}`, message, offset }
}

import { byteAt, crc16X25, hexPair, Writer } from '#protocols/bytes'
import type { Malformed } from '#protocols/model'

export const flag = 0x7e
/** Eleven bits of length, which count everything between the flags. */
export const frameMaxBytes = 0x7ff + 2
/** Format, two addresses of a byte, control and check sequence. */
const bodyMinBytes = 7
const formatType = 0xa000
const segmentBit = 0x0800
const lengthMask = 0x07ff
/** The longest part before the check sequence of the header: format, 4 + 4 bytes, control. */
const headerMaxBytes = 11

/** An address of HDLC: of one byte (upper), of two or four (upper and lower). */
export interface HdlcAddress {
  readonly upper: number
  readonly lower: number | null
  readonly bytes: 1 | 2 | 4
}

/** IEC 62056-46 frame format type 3, without flags and check sequences. */
export interface HdlcFrame {
  readonly destination: HdlcAddress
  readonly source: HdlcAddress
  readonly control: number
  /** More of the same APDU follows in the next frame. */
  readonly segmented: boolean
  readonly info: Uint8Array
}

export type ParsedHdlc =
  | { readonly ok: true; readonly frame: HdlcFrame }
  | { readonly ok: false; readonly malformed: Malformed }

/** Where the fields of a frame stand, for those who explain it. */
export interface HdlcOffsets {
  readonly source: number
  readonly control: number
  readonly info: number
  readonly fcs: number
}

export function buildHdlc(frame: HdlcFrame): Uint8Array {
  const { destination, source, control, segmented, info } = frame
  const hasInfo = info.length > 0
  const length = 2 + destination.bytes + source.bytes + 1 + 2 + (hasInfo ? info.length + 2 : 0)
  const writer = new Writer().uint8(flag)
  writer.uint16(formatType | (segmented ? segmentBit : 0) | length)
  putAddress(writer, destination)
  putAddress(writer, source)
  writer.uint8(control)
  putCheck(writer)
  if (hasInfo) {
    writer.put(info)
    putCheck(writer)
  }
  return writer.uint8(flag).done()
}

function putCheck(writer: Writer): void {
  const check = crc16X25(writer.done(), 1, writer.length)
  writer.uint8(check & 0xff).uint8(check >> 8)
}

function putAddress(writer: Writer, { upper, lower, bytes }: HdlcAddress): void {
  if (bytes === 1) writer.uint8((upper << 1) | 1)
  else if (bytes === 2) writer.uint8(upper << 1).uint8(((lower ?? 0) << 1) | 1)
  else {
    writer.uint8((upper >> 7) << 1).uint8((upper & 0x7f) << 1)
    writer.uint8(((lower ?? 0) >> 7) << 1).uint8((((lower ?? 0) & 0x7f) << 1) | 1)
  }
}

/** Bytes between the flags that a format field announces; 0 where it is none. */
export function announcedBytes(bytes: Uint8Array, at: number): number {
  const format = (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1)
  if ((format & 0xf000) !== formatType) return 0
  const length = format & lengthMask
  return length >= bodyMinBytes ? length : 0
}

/** Bytes of the address at an offset; 0 where it does not end within four, or after three. */
function addressBytes(bytes: Uint8Array, at: number, to: number): 0 | 1 | 2 | 4 {
  for (let width = 1; width <= 4 && at + width <= to; width++) {
    if ((byteAt(bytes, at + width - 1) & 1) === 0) continue
    return width === 3 ? 0 : width === 1 ? 1 : width === 2 ? 2 : 4
  }
  return 0
}

function addressAt(bytes: Uint8Array, at: number, width: 1 | 2 | 4): HdlcAddress {
  const half = (index: number) => byteAt(bytes, at + index) >> 1
  if (width === 1) return { upper: half(0), lower: null, bytes: 1 }
  if (width === 2) return { upper: half(0), lower: half(1), bytes: 2 }
  return { upper: (half(0) << 7) | half(1), lower: (half(2) << 7) | half(3), bytes: 4 }
}

/**
 * How a body (the bytes behind an opening flag) begins: `more` while nothing speaks against it and
 * bytes are missing, `none` if it is none; else its length without the closing flag.
 */
export function bodyAt(bytes: Uint8Array, at: number, to: number): number | 'more' | 'none' {
  if (at >= to) return 'more'
  if ((byteAt(bytes, at) & 0xf0) !== 0xa0) return 'none'
  if (at + 2 > to) return 'more'
  const length = announcedBytes(bytes, at)
  if (length === 0) return 'none'
  const end = at + length
  if (at + Math.min(length, headerMaxBytes + 2) <= to) {
    const offsets = offsetsOf(bytes, at, end)
    if (!offsets || !isChecked(bytes, at, offsets.control + 1)) return 'none'
  }
  if (end >= to) return 'more'
  if (byteAt(bytes, end) !== flag || !isChecked(bytes, at, end - 2)) return 'none'
  return length
}

/** True if the check sequence at `to` is that of the bytes before it, from the opening flag on. */
export function isChecked(bytes: Uint8Array, from: number, to: number): boolean {
  const check = crc16X25(bytes, from, to)
  return byteAt(bytes, to) === (check & 0xff) && byteAt(bytes, to + 1) === check >> 8
}

/** `6F D8`: the check sequence that stands at `to`, and the one that the bytes before it give. */
export function checksAt(bytes: Uint8Array, to: number): { there: string; right: string } {
  const check = crc16X25(bytes, 1, to)
  return {
    there: `${hexPair(byteAt(bytes, to))} ${hexPair(byteAt(bytes, to + 1))}`,
    right: `${hexPair(check & 0xff)} ${hexPair(check >> 8)}`,
  }
}

/** Offsets of the fields of the body at `at` that ends at `end`; null if it has no room for them. */
export function offsetsOf(bytes: Uint8Array, at: number, end: number): HdlcOffsets | null {
  const first = addressBytes(bytes, at + 2, end)
  const source = at + 2 + first
  const second = first === 0 ? 0 : addressBytes(bytes, source, end)
  const control = source + second
  if (second === 0 || control + 3 > end) return null
  // Without information the check sequence of the header is that of the frame.
  if (control + 3 === end) return { source, control, info: control + 1, fcs: control + 1 }
  return control + 5 < end ? { source, control, info: control + 3, fcs: end - 2 } : null
}

/** Reads exactly one frame with its flags. */
export function parseHdlc(bytes: Uint8Array): ParsedHdlc {
  const fault = (code: string, message: string, offset: number): ParsedHdlc => ({
    ok: false,
    malformed: { code: `dlms.${code}`, message, offset },
  })
  if (byteAt(bytes, 0) !== flag) return fault('flag', 'does not begin with the flag 7E', 0)
  const length = bytes.length < 3 ? 0 : announcedBytes(bytes, 1)
  if (length === 0) return fault('format', 'no format field of type 3 (A...)', 1)
  const end = 1 + length
  if (bytes.length < end) {
    return fault('length', `cut off: ${bytes.length} of ${end + 1} bytes are there`, bytes.length)
  }
  if (bytes.length > end + 1) {
    return fault('length', `${bytes.length - 2} bytes between the flags, ${length} announced`, 1)
  }
  if (byteAt(bytes, end) !== flag) return fault('flag', 'does not end with the flag 7E', end)
  const offsets = offsetsOf(bytes, 1, end)
  if (!offsets) return fault('address', 'the addresses are not of 1, 2 or 4 bytes', 3)
  const { control, fcs } = offsets
  if (!isChecked(bytes, 1, control + 1)) {
    const { there, right } = checksAt(bytes, control + 1)
    const message = `the check sequence of the header is ${there}, the bytes give ${right}`
    return fault('header-check', message, control + 1)
  }
  if (!isChecked(bytes, 1, fcs)) {
    const { there, right } = checksAt(bytes, fcs)
    return fault('check', `the check sequence is ${there}, the bytes give ${right}`, fcs)
  }
  return { ok: true, frame: frameOf(bytes, offsets) }
}

/** The fields at their offsets, whether the checks are right or not; what is cut off reads as 0. */
export function frameOf(bytes: Uint8Array, { source, control, info, fcs }: HdlcOffsets): HdlcFrame {
  return {
    destination: addressAt(bytes, 3, addressBytes(bytes, 3, source) || 1),
    source: addressAt(bytes, source, addressBytes(bytes, source, control) || 1),
    control: byteAt(bytes, control),
    segmented: (byteAt(bytes, 1) & 0x08) !== 0,
    info: bytes.subarray(info, fcs),
  }
}

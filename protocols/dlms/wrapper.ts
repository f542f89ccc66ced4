import { byteAt, Writer } from '#protocols/bytes'
import type { Malformed } from '#protocols/model'

/** IEC 62056-47: version, source port, destination port, length, then the APDU. */
const VERSION = 1
export const wrapperBytes = 8
/** What a length of two bytes can say. */
export const wrappedMaxBytes = wrapperBytes + 0xffff

export interface WrappedApdu {
  readonly source: number
  readonly destination: number
  readonly apdu: Uint8Array
}

export type ParsedWrapper =
  | { readonly ok: true; readonly frame: WrappedApdu }
  | { readonly ok: false; readonly malformed: Malformed }

export function buildWrapped({ source, destination, apdu }: WrappedApdu): Uint8Array {
  const writer = new Writer().uint16(VERSION).uint16(source).uint16(destination)
  return writer.uint16(apdu.length).put(apdu).done()
}

export function parseWrapped(bytes: Uint8Array): ParsedWrapper {
  const word = (at: number) => (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1)
  const fault = (message: string, offset: number): ParsedWrapper => ({
    ok: false,
    malformed: { code: 'dlms.wrapper', message, offset },
  })
  if (bytes.length <= wrapperBytes) return fault('no whole wrapper header and APDU', bytes.length)
  if (word(0) !== VERSION) return fault('the wrapper version is not 1', 0)
  const there = bytes.length - wrapperBytes
  const announced = word(6)
  if (there < announced) {
    return fault(`cut off: ${there} of ${announced} bytes of APDU are there`, bytes.length)
  }
  if (there > announced) return fault(`${there} bytes of APDU, ${announced} announced`, 6)
  return {
    ok: true,
    frame: { source: word(2), destination: word(4), apdu: bytes.subarray(wrapperBytes) },
  }
}

/** First bytes of the APDUs that may stand behind a wrapper header. */
const tags: ReadonlySet<number> = new Set([
  0x01, 0x08, 0x0e, 0x0f, 0x21, 0x28, 0x60, 0x61, 0x62, 0x63, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5,
  0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd7, 0xd8,
  0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xdf, 0xe0,
])

/** Whole bytes of the wrapped APDU at an offset, `more` or `none`. There is no check sequence. */
export function wrappedAt(bytes: Uint8Array, at: number, to: number): number | 'more' | 'none' {
  if (byteAt(bytes, at) !== 0) return 'none'
  if (at + 1 >= to) return 'more'
  if (byteAt(bytes, at + 1) !== VERSION) return 'none'
  if (at + wrapperBytes >= to) return 'more'
  const length = (byteAt(bytes, at + 6) << 8) | byteAt(bytes, at + 7)
  if (length === 0 || !tags.has(byteAt(bytes, at + wrapperBytes))) return 'none'
  return at + wrapperBytes + length > to ? 'more' : wrapperBytes + length
}

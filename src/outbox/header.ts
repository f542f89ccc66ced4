import { crc32 } from 'node:zlib'

/** Begins every segment: what it is, of which outbox, and the number of its first record. */
export const HEADER_BYTES = 36

const MAGIC = 'OpenHES1'
const ID_AT = MAGIC.length
const FIRST_AT = 24
const SUM_AT = 32
const NUMBER_DIGITS = 16

export interface Header {
  readonly outbox: string
  readonly first: number
}

export function encodeHeader({ outbox, first }: Header): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.write(MAGIC, 'latin1')
  bytes.write(outbox.replaceAll('-', ''), ID_AT, 'hex')
  bytes.writeBigUInt64LE(BigInt(first), FIRST_AT)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SUM_AT)), SUM_AT)
  return bytes
}

/** Null where it is damaged. */
export function decodeHeader(segment: Uint8Array): Header | null {
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength)
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, ID_AT) !== MAGIC) return null
  if (bytes.readUInt32LE(SUM_AT) !== crc32(bytes.subarray(0, SUM_AT))) return null
  const hex = bytes.toString('hex', ID_AT, FIRST_AT)
  const outbox = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { outbox, first: Number(bytes.readBigUInt64LE(FIRST_AT)) }
}

/** Sorts by the first number; the mark keeps a second attempt apart from the first. */
export function segmentName(first: number, mark: string): string {
  return `${String(first).padStart(NUMBER_DIGITS, '0')}-${mark}.seg`
}

export function firstNumberOf(name: string): number {
  return Number(name.slice(0, NUMBER_DIGITS))
}

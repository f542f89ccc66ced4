import { crc32 } from 'node:zlib'
import { assert } from '#src/core'
import type { Stretch } from './ranges.ts'

/** CRC-32 of the rest, length of the payload, number, time of writing; then the payload. */
const HEAD_BYTES = 24
const LENGTH_AT = 4
const NUMBER_AT = 8
const WRITTEN_AT = 16

/** One delivery; more is a mistake of whoever made it. */
export const PAYLOAD_BYTES_MAX = 8 * 2 ** 20

/** A payload as it lies in a segment; numbers rise by one within it. */
export interface OutboxRecord {
  readonly number: number
  readonly writtenAt: number
  readonly payload: Uint8Array
}

export interface Scanned {
  readonly records: readonly OutboxRecord[]
  /** Bytes that are no whole record: a torn end, or what changed on the disk. */
  readonly damaged: readonly Stretch[]
}

export function recordBytes(payload: Uint8Array): number {
  return HEAD_BYTES + payload.length
}

/** Records as they are written, one behind the other. */
export function encodeRecords(records: readonly OutboxRecord[]): Uint8Array {
  const total = records.reduce((sum, { payload }) => sum + recordBytes(payload), 0)
  const bytes = Buffer.allocUnsafe(total)
  let at = 0
  for (const { number, writtenAt, payload } of records) {
    assert(payload.length <= PAYLOAD_BYTES_MAX, 'a delivery fits a record')
    const end = at + recordBytes(payload)
    bytes.writeUInt32LE(payload.length, at + LENGTH_AT)
    bytes.writeBigUInt64LE(BigInt(number), at + NUMBER_AT)
    bytes.writeDoubleLE(writtenAt, at + WRITTEN_AT)
    bytes.set(payload, at + HEAD_BYTES)
    bytes.writeUInt32LE(crc32(bytes.subarray(at + LENGTH_AT, end)), at)
    at = end
  }
  return bytes
}

/**
 * Reads what is whole. Behind damage the next record is looked for byte by byte: it is known by
 * its number, which cannot be far, and by its checksum.
 */
export function scanRecords(segment: Uint8Array, start: number, first: number): Scanned {
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength)
  const records: OutboxRecord[] = []
  const damaged: { from: number; to: number }[] = []
  let expected = first
  let at = start
  while (at < bytes.length) {
    const record = recordAt(bytes, at, expected)
    if (record) {
      records.push(record)
      expected = record.number + 1
      at += recordBytes(record.payload)
      continue
    }
    const last = damaged.at(-1)
    if (last?.to === at) last.to++
    else damaged.push({ from: at, to: at + 1 })
    at++
  }
  return { records, damaged }
}

function recordAt(bytes: Buffer, at: number, expected: number): OutboxRecord | null {
  if (at + HEAD_BYTES > bytes.length) return null
  const length = bytes.readUInt32LE(at + LENGTH_AT)
  const end = at + HEAD_BYTES + length
  if (length > PAYLOAD_BYTES_MAX || end > bytes.length) return null
  const number = Number(bytes.readBigUInt64LE(at + NUMBER_AT))
  if (number < expected || number > expected + mostRecordsIn(at)) return null
  if (bytes.readUInt32LE(at) !== crc32(bytes.subarray(at + LENGTH_AT, end))) return null
  const writtenAt = bytes.readDoubleLE(at + WRITTEN_AT)
  return { number, writtenAt, payload: bytes.subarray(at + HEAD_BYTES, end) }
}

/** How many records damaged bytes can have been. */
export function mostRecordsIn(byteCount: number): number {
  return Math.ceil(byteCount / HEAD_BYTES)
}

import { type Frame, segmentIn, type Unit } from '#protocols/gdw376'
import type { FirmwareShelf } from './firmware.ts'

/** 接收失败. */
const NOT_TAKEN = [0xff, 0xff, 0xff, 0xff]

/**
 * What a terminal answers to a segment of a file (文件传输): the first opens it, and with the last
 * it is checked. Null for what is no segment.
 */
export function takeSegment(
  firmware: FirmwareShelf,
  { body }: Frame,
  unit: Unit,
  nowMs: number,
): Uint8Array | null {
  const part = unit.id.fn === 1 ? segmentIn(body, unit.dataFrom, unit.to) : null
  if (part?.command !== 0) return null
  const { segment, segments, isLast } = part
  if (segment === 0) firmware.begin(segments)
  const isOpen = firmware.has.length === segments
  if (isOpen) firmware.put(segment, part.data)
  const isTaken = isOpen && (!isLast || firmware.take(nowMs))
  const number = [0, 8, 16, 24].map((shift) => (segment >>> shift) & 0xff)
  return Uint8Array.from(isTaken ? number : NOT_TAKEN)
}

/** Files for a terminal, segment by segment (文件传输方式1, 0F F1). */

import { byteAt, toHex } from '#protocols/bytes'
import type { Value } from '#protocols/model'
import { parseAddress, unitIdsAt } from './address.ts'
import type { Gdw376Response } from './answer.ts'
import { requestTo } from './plan.ts'
import type { Gdw376Request } from './request.ts'
import { writeData } from './slave.ts'
import { functions } from './table.ts'
import { unitIdBytes } from './units.ts'

const fn = 1
/** 终端升级文件. */
const terminalFile = 1
const inTheMiddle = 0
const atTheEnd = 1
const byFrames = 0
/** 接收失败. */
const notTaken = 0xff_ff_ff_ff
const segmentBytes = 4

/** The item that a terminal tells its version by. */
export const versionItem = '09-F1'

/** The segment with this number, from 0, of so many. Null for what fits no field. */
export function sendSegment(
  terminal: string,
  segment: number,
  segments: number,
  data: Uint8Array,
  password: string | null,
  sequence: number,
): Gdw376Request | null {
  const address = parseAddress(terminal)
  const isLast = segment === segments - 1
  const numbers = [terminalFile, isLast ? atTheEnd : inTheMiddle, byFrames, segments, segment]
  const values = [...numbers, data.length].map(whole)
  const bytes: Value = { kind: 'text', text: toHex(data) }
  const unit = writeData(functions.file, fn, [...values, bytes])
  if (!address || !unit) return null
  return requestTo(address, functions.file, [{ pn: 0, fn, data: unit }], { password, sequence })
}

/**
 * The segment that a terminal says it has; null where it lost the file or refuses it. Some say so
 * in two bytes, and some only confirm: then it is the one that was sent.
 */
export function segmentTaken(sent: number, { afn, body }: Gdw376Response): number | null {
  const [id] = body.length >= unitIdBytes ? unitIdsAt(body, 0) : []
  if (afn === functions.confirm) return id?.fn === 1 || id?.fn === 3 ? sent : null
  const bytes = body.subarray(unitIdBytes, unitIdBytes + segmentBytes)
  if (bytes.length < 2) return null
  const value = bytes.reduceRight((sum, byte) => sum * 0x100 + byte, 0)
  return value === notTaken || (bytes.length === 2 && value === 0xffff) ? null : value
}

/** A segment as it came, for whoever plays a terminal; null where the data are none. */
export interface FileSegment {
  readonly file: number
  readonly isLast: boolean
  readonly command: number
  readonly segments: number
  readonly segment: number
  readonly data: Uint8Array
}

const headBytes = 11

export function segmentIn(body: Uint8Array, from: number, to: number): FileSegment | null {
  const length = byteAt(body, from + 9) | (byteAt(body, from + 10) << 8)
  if (to - from !== headBytes + length) return null
  const at = from + 5
  return {
    file: byteAt(body, from),
    isLast: byteAt(body, from + 1) === atTheEnd,
    command: byteAt(body, from + 2),
    segments: byteAt(body, from + 3) | (byteAt(body, from + 4) << 8),
    segment:
      byteAt(body, at) +
      byteAt(body, at + 1) * 0x100 +
      byteAt(body, at + 2) * 0x1_00_00 +
      byteAt(body, at + 3) * 0x1_00_00_00,
    data: body.slice(from + headBytes, to),
  }
}

const whole = (digits: number): Value => ({ kind: 'number', digits, scale: 0 })

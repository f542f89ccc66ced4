import { crc16 } from './crc.ts'

/** Unit and PDU of the longest message the standard allows. */
export const MESSAGE_BYTES_MAX = 254
const EXCEPTION_FRAME_BYTES = 5
const EXCEPTION_BIT = 0x80

/** A request on its way: what its answer has to look like. */
export interface ModbusRequest {
  /** Unit and PDU. */
  readonly bytes: Uint8Array
  readonly unit: number
  readonly functionCode: number
}

/** Null where the bytes cannot be a request. */
export function parseRequest(bytes: Uint8Array): ModbusRequest | null {
  const [unit, functionCode] = bytes
  if (unit === undefined || functionCode === undefined) return null
  if (bytes.length > MESSAGE_BYTES_MAX || functionCode === 0 || functionCode >= EXCEPTION_BIT) {
    return null
  }
  if (functionCode <= 6 && bytes.length !== 6) return null
  return { bytes: bytes.slice(), unit, functionCode }
}

/** RTU has no length field: only answers of known shape can be cut out of the stream. */
export function hasKnownAnswer(request: ModbusRequest): boolean {
  return shapes.has(request.functionCode)
}

/** Whether two requests' answers could be taken for each other on a line without transaction ids. */
export function couldBeConfused(one: ModbusRequest, other: ModbusRequest): boolean {
  return one.unit === other.unit && one.functionCode === other.functionCode
}

export function sameRequest(one: ModbusRequest, other: ModbusRequest): boolean {
  return Buffer.compare(one.bytes, other.bytes) === 0
}

/** Finds the answer in what a serial line brought, noise before it or not; null if it is not there. */
export function findAnswer(bytes: Uint8Array, request: ModbusRequest): Uint8Array | null {
  for (let at = 0; at + EXCEPTION_FRAME_BYTES <= bytes.length; at++) {
    const length = answerLength(bytes, at, request)
    if (length === null || at + length > bytes.length) continue
    const end = at + length - 2
    const crc = (bytes[end] ?? 0) | ((bytes[end + 1] ?? 0) << 8)
    if (crc16(bytes, at, end) === crc) return bytes.subarray(at, at + length)
  }
  return null
}

/** Whether something of the answer's head and length is there, right checksum or not. */
export function hasAnswerShape(bytes: Uint8Array, request: ModbusRequest): boolean {
  for (let at = 0; at + EXCEPTION_FRAME_BYTES <= bytes.length; at++) {
    const length = answerLength(bytes, at, request)
    if (length !== null && at + length <= bytes.length) return true
  }
  return false
}

function answerLength(bytes: Uint8Array, at: number, request: ModbusRequest): number | null {
  if (bytes[at] !== request.unit) return null
  const code = bytes[at + 1]
  if (code === (request.functionCode | EXCEPTION_BIT)) return EXCEPTION_FRAME_BYTES
  if (code !== request.functionCode) return null
  return shapes.get(code)?.(request, bytes, at) ?? null
}

type Shape = (request: ModbusRequest, bytes: Uint8Array, at: number) => number | null

/** Answers that carry as many bytes as were asked for, behind a count byte that says so. */
const counted: Shape = (request, bytes, at) => {
  const count = countOf(request)
  return bytes[at + 2] === count ? 3 + count + 2 : null
}
/** Answers that say their own length. */
const selfCounted: Shape = (_request, bytes, at) => {
  const count = bytes[at + 2]
  return count === undefined ? null : 3 + count + 2
}
const ofLength =
  (lengthBytes: number): Shape =>
  () =>
    lengthBytes

const shapes: ReadonlyMap<number, Shape> = new Map([
  [1, counted],
  [2, counted],
  [3, counted],
  [4, counted],
  [5, ofLength(8)],
  [6, ofLength(8)],
  [15, ofLength(8)],
  [16, ofLength(8)],
  [17, selfCounted],
  [22, ofLength(10)],
  [23, selfCounted],
  [43, deviceIdentification],
])

function countOf({ bytes, functionCode }: ModbusRequest): number {
  const quantity = ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0)
  return functionCode <= 2 ? Math.ceil(quantity / 8) : (quantity * 2) & 0xff
}

/** Function 43/14: six bytes of head, then objects of id, length and text. */
function deviceIdentification(
  _request: ModbusRequest,
  bytes: Uint8Array,
  at: number,
): number | null {
  const objects = bytes[at + 7]
  if (objects === undefined) return null
  let end = at + 8
  for (let i = 0; i < objects; i++) {
    const lengthBytes = bytes[end + 1]
    if (lengthBytes === undefined) return null
    end += 2 + lengthBytes
  }
  return end + 2 - at
}

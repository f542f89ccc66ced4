import { toHex } from '#protocols/bytes'
import type { Malformed } from '#protocols/model'
import {
  type IdentificationRead,
  identificationLength,
  parseIdentificationRead,
} from './identification.ts'
import { word } from './word.ts'
import { parseWrite, type RegisterWrite } from './writes.ts'

/** Unit number and PDU: what is left of a Modbus frame without its transport's framing. */
export type Message = Uint8Array

/** A read of registers as it stands on the wire. */
export interface RegisterRead {
  readonly unit: number
  /** 3 reads holding registers, 4 input registers. */
  readonly functionCode: number
  /** Zero based, as on the wire: register "30053" of a manual is 0x0034. */
  readonly start: number
  readonly count: number
}

export const REGISTERS_MAX = 125
const EXCEPTION_BIT = 0x80
const READ_FILE = 0x14
/** Stands first in each part of a request, second in each of an answer (§6.14). */
const FILE_REFERENCE = 6

/** How long a PDU with this function code may be, unit byte included, as far as `head` tells. */
interface Lengths {
  readonly request: (head: Uint8Array) => number
  readonly reply: (head: Uint8Array) => number
}

/** The count byte at `offset` follows `before` bytes; more than the head is needed to know it. */
function counted(offset: number, before: number): (head: Uint8Array) => number {
  return (head) => {
    const count = head[offset]
    return count === undefined ? offset + 1 : before + count
  }
}

const fixed = (length: number) => () => length

/** MODBUS Application Protocol V1.1b3 §6, one row per function code. Lengths count the unit byte. */
const lengthRows: readonly (readonly [number, Lengths['request'], Lengths['reply']])[] = [
  // code  request          reply
  [0x01, fixed(6), counted(2, 3)], // §6.1 read coils
  [0x02, fixed(6), counted(2, 3)], // §6.2 read discrete inputs
  [0x03, fixed(6), counted(2, 3)], // §6.3 read holding registers
  [0x04, fixed(6), counted(2, 3)], // §6.4 read input registers
  [0x05, fixed(6), fixed(6)], // §6.5 write single coil
  [0x06, fixed(6), fixed(6)], // §6.6 write single register
  [0x07, fixed(2), fixed(3)], // §6.7 read exception status
  [0x08, fixed(6), fixed(6)], // §6.8 diagnostics, one data word
  [0x0b, fixed(2), fixed(6)], // §6.9 get comm event counter
  [0x0c, fixed(2), counted(2, 3)], // §6.10 get comm event log
  [0x0f, counted(6, 7), fixed(6)], // §6.11 write multiple coils
  [0x10, counted(6, 7), fixed(6)], // §6.12 write multiple registers
  [0x11, fixed(2), counted(2, 3)], // §6.13 report server id
  [0x14, counted(2, 3), counted(2, 3)], // §6.14 read file record
  [0x15, counted(2, 3), counted(2, 3)], // §6.15 write file record
  [0x16, fixed(8), fixed(8)], // §6.16 mask write register
  [0x17, counted(10, 11), counted(2, 3)], // §6.17 read/write multiple registers
  [0x2b, fixed(5), identificationLength], // §6.21 read device identification
]

const lengths = new Map<number, Lengths>(
  lengthRows.map(([code, request, reply]) => [code, { request, reply }]),
)

export type Role = 'request' | 'reply'

/**
 * The length a message of this role must have, unit byte included, as far as its first bytes
 * tell; when they do not suffice, more than what is there. Zero where no message can begin so.
 */
export function messageLength(head: Uint8Array, role: Role): number {
  const functionCode = head[1]
  if (functionCode === undefined) return 2
  if (functionCode & EXCEPTION_BIT) {
    const code = head[2]
    if (role === 'request' || !lengths.has(functionCode & 0x7f)) return 0
    return code === undefined || (code >= 1 && code <= 0x0b) ? 3 : 0
  }
  const row = lengths.get(functionCode)
  if (!row) return 0
  const length = row[role](head)
  return plausible(head, functionCode, role) ? length : 0
}

/** What the heads of register reads, most of the traffic, and of files cannot say is none. */
function plausible(head: Uint8Array, functionCode: number, role: Role): boolean {
  if (functionCode === READ_FILE)
    return (head[role === 'request' ? 3 : 4] ?? FILE_REFERENCE) === FILE_REFERENCE
  if (functionCode !== 3 && functionCode !== 4) return true
  if (role === 'reply') {
    const bytes = head[2]
    return bytes === undefined || (bytes >= 2 && bytes <= 2 * REGISTERS_MAX && bytes % 2 === 0)
  }
  const [, , , , high, low] = head
  if (high === undefined || low === undefined) return high === undefined || high === 0
  const count = high * 256 + low
  return count >= 1 && count <= REGISTERS_MAX
}

/**
 * Which role a whole message can have. Replies to register reads have an odd length and requests
 * an even one, so these are never in doubt. Where both fit (a write's echo, or a bit read of
 * three bytes), null.
 */
export function messageRole(message: Message): Role | null | 'neither' {
  const request = messageLength(message, 'request') === message.length
  const reply = messageLength(message, 'reply') === message.length
  if (request && reply) return null
  if (request) return 'request'
  return reply ? 'reply' : 'neither'
}

export function buildRead(read: RegisterRead): Message {
  const { unit, functionCode, start, count } = read
  return Uint8Array.of(unit, functionCode, start >> 8, start & 0xff, count >> 8, count & 0xff)
}

export type ParsedRequest =
  | { readonly kind: 'read'; readonly read: RegisterRead }
  | { readonly kind: 'write'; readonly write: RegisterWrite }
  | { readonly kind: 'identify'; readonly identify: IdentificationRead }
  | { readonly kind: 'other'; readonly unit: number; readonly functionCode: number }
  | { readonly kind: 'malformed'; readonly malformed: Malformed }

/** What a master wants, as a slave sees it. */
export function parseRequest(message: Message): ParsedRequest {
  const [unit, functionCode] = message
  if (unit === undefined || functionCode === undefined) {
    return { kind: 'malformed', malformed: short(message) }
  }
  const write = parseWrite(message)
  if (write) return { kind: 'write', write }
  const identify = parseIdentificationRead(message)
  if (identify) return { kind: 'identify', identify }
  if (functionCode !== 3 && functionCode !== 4) return { kind: 'other', unit, functionCode }
  if (message.length !== 6) return { kind: 'malformed', malformed: short(message) }
  const start = word(message, 2)
  const count = word(message, 4)
  return { kind: 'read', read: { unit, functionCode, start, count } }
}

/** The answer of a slave to a register read. */
export function buildReply(read: RegisterRead, registers: readonly number[]): Message {
  const message = new Uint8Array(3 + 2 * registers.length)
  message.set([read.unit, read.functionCode, 2 * registers.length])
  for (const [index, value] of registers.entries()) {
    message[3 + 2 * index] = value >> 8
    message[4 + 2 * index] = value & 0xff
  }
  return message
}

export function buildException(unit: number, functionCode: number, exception: number): Message {
  return Uint8Array.of(unit, functionCode | EXCEPTION_BIT, exception)
}

export interface ParsedReply {
  readonly unit: number
  /** Without the exception bit. */
  readonly functionCode: number
  readonly exception: number | null
  /** Register bytes of a read; whatever follows the function code otherwise. */
  readonly data: Uint8Array
}

export function parseReply(
  message: Message,
):
  | { readonly ok: true; readonly reply: ParsedReply }
  | { readonly ok: false; readonly malformed: Malformed } {
  const [unit, functionCode, third] = message
  if (unit === undefined || functionCode === undefined || third === undefined) {
    return { ok: false, malformed: short(message) }
  }
  if (functionCode & EXCEPTION_BIT) {
    if (message.length !== 3) return { ok: false, malformed: wrongLength(message, 3) }
    const code = functionCode & 0x7f
    const data = message.subarray(2)
    return { ok: true, reply: { unit, functionCode: code, exception: third, data } }
  }
  if (functionCode >= 1 && functionCode <= 4) {
    if (message.length !== 3 + third)
      return { ok: false, malformed: wrongLength(message, 3 + third) }
    if (functionCode >= 3 && third % 2 === 1) {
      const text = `a byte count of ${third} is not a whole number of registers`
      return { ok: false, malformed: { code: 'modbus.byte-count', message: text, offset: 2 } }
    }
    const data = message.subarray(3)
    return { ok: true, reply: { unit, functionCode, exception: null, data } }
  }
  const role = messageRole(message)
  if (role === 'neither' || role === 'request') {
    const text = `no reply of function ${functionCode} looks like ${toHex(message)}`
    return { ok: false, malformed: { code: 'modbus.function', message: text, offset: 1 } }
  }
  return { ok: true, reply: { unit, functionCode, exception: null, data: message.subarray(2) } }
}

function short(message: Message): Malformed {
  const text = `${message.length} bytes are no whole Modbus message`
  return { code: 'modbus.length', message: text, offset: message.length }
}

function wrongLength(message: Message, wanted: number): Malformed {
  const text = `the message should have ${wanted} bytes and has ${message.length}`
  return { code: 'modbus.length', message: text, offset: Math.min(wanted, message.length) }
}

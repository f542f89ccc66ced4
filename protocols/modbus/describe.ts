import { toHex } from '#protocols/bytes'
import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
} from '#protocols/model'
import { registerId } from './codec.ts'
import { refusalOf } from './exceptions.ts'
import { fieldParts } from './fields.ts'
import {
  ENCAPSULATED,
  objectName,
  parseIdentification,
  parseIdentificationRead,
} from './identification.ts'
import { mbapMessage } from './mbap.ts'
import { type Message, messageRole, parseReply, type Role } from './pdu.ts'
import { rtuMessage } from './rtu.ts'
import { word } from './word.ts'

const functionNames: Readonly<Record<number, string>> = {
  1: 'read-coils',
  2: 'read-discrete-inputs',
  3: 'read-holding-registers',
  4: 'read-input-registers',
  5: 'write-coil',
  6: 'write-register',
  7: 'read-exception-status',
  8: 'diagnostics',
  11: 'read-event-counter',
  12: 'read-event-log',
  15: 'write-coils',
  16: 'write-registers',
  17: 'report-server-id',
  20: 'read-file-record',
  21: 'write-file-record',
  22: 'mask-write-register',
  23: 'read-write-registers',
  43: 'read-device-identification',
}

/** Functions whose requests begin with a register or bit address, and those whose answers do. */
const addressed = new Set([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0f, 0x10, 0x16, 0x17])
const echoed = new Set([0x05, 0x06, 0x0f, 0x10, 0x16])

function hasAddress(message: Message, role: Role | null | 'neither'): boolean {
  return (role === 'reply' ? echoed : addressed).has(message[1] ?? 0)
}

/** Bytes before the objects of a device identification. */
const IDENTIFICATION_HEAD = 8

interface Adu {
  readonly transport: 'rtu' | 'tcp'
  readonly message: Message
  /** Where the message begins in the frame. */
  readonly offset: number
  readonly framing: readonly FramePart[]
  readonly transaction: number | null
}

/**
 * Explains an RTU frame (its CRC holds) or a Modbus TCP frame (its header holds). Of the two
 * directions the length decides; a write's echo is the same either way and has none.
 */
export function describeAdu(frame: Uint8Array): FrameDescription {
  const rtu = rtuMessage(frame)
  if (rtu.ok) {
    const end = rtu.message.length
    const framing = [{ from: end, to: frame.length, text: 'CRC, correct' }]
    return describeMessage(frame, {
      transport: 'rtu',
      message: rtu.message,
      offset: 0,
      framing,
      transaction: null,
    })
  }
  const tcp = mbapMessage(frame)
  if (tcp.ok) {
    const { message, transaction } = tcp
    const framing = [
      { from: 0, to: 2, text: `transaction ${transaction}` },
      { from: 2, to: 4, text: 'protocol 0: Modbus' },
      { from: 4, to: 6, text: `length ${message.length}` },
    ]
    return describeMessage(frame, { transport: 'tcp', message, offset: 6, framing, transaction })
  }
  return invalid(frame, looksLikeTcp(frame) ? tcp.malformed : rtu.malformed)
}

/** Which framing a broken frame meant: a read from address 0 has the zeros of TCP's header, too. */
function looksLikeTcp(frame: Uint8Array): boolean {
  const fitsRtu = messageRole(frame.subarray(0, -2)) !== 'neither'
  return !fitsRtu && frame.length >= 8 && word(frame, 2) === 0 && frame[4] === 0
}

const unknown = { ...nothingKnown, protocol: 'modbus' } as const

function invalid(raw: Uint8Array, malformed: Malformed): FrameDescription {
  const { code, message } = malformed
  const extras = { unit: null, functionCode: null, exception: null }
  return { ...unknown, valid: false, raw, error: { code, message }, extras }
}

function describeMessage(raw: Uint8Array, adu: Adu): FrameDescription {
  const { message, offset, transport, transaction, framing } = adu
  const unit = message[0] ?? 0
  const functionCode = (message[1] ?? 0) & 0x7f
  const role = messageRole(message)
  const name = functionNames[functionCode] ?? null
  const reply = role === 'reply' ? parseReply(message) : null
  const exception = reply?.ok ? reply.reply.exception : null
  const refusal = exception === null ? null : refusalOf(exception)
  const start = hasAddress(message, role) ? word(message, 2) : null
  const known = role !== 'neither' && name !== null
  const unfit = {
    code: 'modbus.function',
    message: `function ${functionCode} has no message of ${message.length - 1} bytes`,
  }
  const base = { unit, functionCode, exception, transport, transaction }
  const registers = reply?.ok && isRegisterRead(functionCode) ? words(reply.reply.data) : null
  return {
    ...unknown,
    valid: known,
    raw,
    direction: role === 'neither' ? null : role,
    address: String(unit),
    function: name,
    dataId: start === null ? null : registerId(start),
    error: known ? refusal : unfit,
    extras: registers ? { ...base, registers } : base,
    parts: [...framing, ...messageParts(message, role, offset)].sort((a, b) => a.from - b.from),
  }
}

function isRegisterRead(functionCode: number): boolean {
  return functionCode === 3 || functionCode === 4
}

/** Four hex digits for each register. */
function words(data: Uint8Array): readonly string[] {
  return toHex(data).match(/.{4}/g) ?? []
}

function messageParts(
  message: Message,
  role: Role | null | 'neither',
  offset: number,
): readonly FramePart[] {
  const functionCode = message[1] ?? 0
  const name = functionNames[functionCode & 0x7f] ?? 'unknown function'
  const part = (from: number, to: number, text: string) => {
    return { from: offset + from, to: offset + to, text }
  }
  const head = [part(0, 1, `unit ${message[0] ?? 0}`)]
  if (functionCode & 0x80) {
    head.push(part(1, 2, `exception to ${name}`))
    const code = message[2]
    return code === undefined ? head : [...head, part(2, message.length, refusalOf(code).message)]
  }
  head.push(part(1, 2, `function ${functionCode}: ${name}`))
  if (functionCode === ENCAPSULATED) return [...head, ...identificationParts(message, role, part)]
  const body = role === null ? eitherParts(message) : fieldParts(message, roleOf(role))
  return [...head, ...body.map(({ from, to, text }) => part(from, to, text))]
}

/** Of what is no whole message nothing tells the direction: it is taken for what a master sends. */
function roleOf(role: Role | 'neither'): Role {
  return role === 'neither' ? 'request' : role
}

/** Most messages that may go either way are the same both ways; bits of three bytes are not. */
function eitherParts(message: Message): readonly FramePart[] {
  const request = fieldParts(message, 'request')
  const reply = fieldParts(message, 'reply')
  const [first] = request
  if (!first || textsOf(request) === textsOf(reply)) return request
  const text = `a request: ${textsOf(request)}; or an answer: ${textsOf(reply)}`
  return [{ from: first.from, to: message.length, text }]
}

function textsOf(parts: readonly FramePart[]): string {
  return parts.map(({ text }) => text).join(', ')
}

type PartOf = (from: number, to: number, text: string) => FramePart

/** Function 43/14: what is asked for, or the objects of an answer each in words. */
function identificationParts(
  message: Message,
  role: Role | null | 'neither',
  part: PartOf,
): readonly FramePart[] {
  const rest = message.length
  const read = parseIdentificationRead(message)
  if (read) {
    return [part(2, rest, `read category ${read.readCode} from ${objectName(read.objectId)}`)]
  }
  const parsed = role === 'reply' ? parseIdentification(message.subarray(2)) : null
  if (!parsed?.ok) return rest > 2 ? [part(2, rest, toHex(message.subarray(2)))] : []
  const { objects, nextObjectId } = parsed.identification
  const more = nextObjectId === null ? 'complete' : `goes on with ${objectName(nextObjectId)}`
  const parts = [part(2, IDENTIFICATION_HEAD, `${objects.length} objects, ${more}`)]
  let at = IDENTIFICATION_HEAD
  for (const { id, text } of objects) {
    const end = at + 2 + (message[at + 1] ?? 0)
    parts.push(part(at, end, `${objectName(id)}: ${text}`))
    at = end
  }
  return parts
}

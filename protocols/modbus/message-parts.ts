import { toHex } from '#protocols/bytes'
import type { FramePart } from '#protocols/model'
import { refusalOf } from './exceptions.ts'
import { fieldParts } from './fields.ts'
import {
  ENCAPSULATED,
  objectName,
  parseIdentification,
  parseIdentificationRead,
} from './identification.ts'
import type { Message, Role } from './pdu.ts'

export const functionNames: Readonly<Record<number, string>> = {
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

/** Bytes before the objects of a device identification. */
const IDENTIFICATION_HEAD = 8

/** What each byte of unit and PDU is; `offset` is where they begin in the frame. */
export function messageParts(
  message: Message,
  role: Role | null | 'neither',
  offset: number,
): readonly FramePart[] {
  const functionCode = message[1] ?? 0
  const name = functionNames[functionCode & 0x7f] ?? 'unknown function'
  const part = (from: number, to: number, text: string) => {
    return { from: offset + from, to: offset + to, text }
  }
  if (message.length === 0) return []
  const head = [part(0, 1, `unit ${message[0] ?? 0}`)]
  if (message.length === 1) return head
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

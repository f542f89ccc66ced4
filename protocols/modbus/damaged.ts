import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
} from '#protocols/model'
import { HEAD_BYTES, mbapMessage } from './mbap.ts'
import { functionNames, messageParts } from './message-parts.ts'
import { type Message, messageLength, messageRole, type Role } from './pdu.ts'
import { CRC_BYTES, rtuMessage } from './rtu.ts'
import { word } from './word.ts'

/** A frame that fails a check, as far as its bytes still stand where a function has them. */
interface Damaged {
  readonly error: Malformed
  readonly role: Role | null
  readonly message: Message
  readonly offset: number
  readonly framing: readonly FramePart[]
  readonly extras: Readonly<Record<string, unknown>>
}

/** Explains a frame whose framing does not hold: what it would be, and the reason. */
export function describeDamaged(raw: Uint8Array): FrameDescription {
  const { error, role, message, offset, framing, extras } = looksLikeTcp(raw)
    ? damagedTcp(raw)
    : damagedRtu(raw)
  const unit = message[0] ?? null
  const functionCode = message[1] === undefined ? null : message[1] & 0x7f
  const name = functionCode === null ? null : (functionNames[functionCode] ?? null)
  const parts = [...framing, ...messageParts(message, name === null ? 'neither' : role, offset)]
  return {
    ...nothingKnown,
    protocol: 'modbus',
    valid: false,
    raw,
    direction: name === null ? null : role,
    address: name === null || unit === null ? null : String(unit),
    function: name,
    error: { code: error.code, message: error.message },
    extras: { unit, functionCode, exception: null, ...extras },
    parts: parts.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from),
  }
}

/** Two of the three marks of a TCP header, before a function that there is. */
function looksLikeTcp(raw: Uint8Array): boolean {
  if (raw.length < HEAD_BYTES + 2 || raw[4] !== 0 || !isFunction(raw[HEAD_BYTES + 1])) return false
  if (messageRole(raw.subarray(0, -CRC_BYTES)) !== 'neither') return false
  const fits = word(raw, 4) === raw.length - HEAD_BYTES
  return fits || (word(raw, 2) === 0 && word(raw, 4) > 1)
}

function isFunction(code: number | undefined): boolean {
  return code !== undefined && (code & 0x7f) in functionNames
}

function damagedTcp(raw: Uint8Array): Damaged {
  const parsed = mbapMessage(raw)
  const error = parsed.ok ? lengthError('the message does not fit its function') : parsed.malformed
  const message = raw.subarray(HEAD_BYTES)
  const id = word(raw, 2)
  const length = word(raw, 4) === message.length ? `length ${message.length}` : error.message
  const transaction = word(raw, 0)
  return {
    error,
    role: rolesOf(message, 0).whole ?? soleOf(rolesOf(message, 0).longer),
    message,
    offset: HEAD_BYTES,
    framing: [
      { from: 0, to: 2, text: `transaction ${transaction}` },
      { from: 2, to: 4, text: id === 0 ? 'protocol 0: Modbus' : error.message },
      { from: 4, to: 6, text: length },
    ],
    extras: { transport: 'tcp', transaction },
  }
}

function damagedRtu(raw: Uint8Array): Damaged {
  const { whole, longer, known } = rolesOf(raw, CRC_BYTES)
  const extras = { transport: 'rtu', transaction: null }
  if (whole === undefined && longer.length > 0) {
    const error = lengthError(`cut off: ${lengthsOf(raw, longer)}, ${raw.length} are there`)
    return { error, role: soleOf(longer), message: raw, offset: 0, framing: [], extras }
  }
  const parsed = rtuMessage(raw)
  const crc = parsed.ok ? lengthError('no frame of its function') : parsed.malformed
  const tooLong = whole === undefined && known.length > 0
  const error = tooLong ? lengthError(`${lengthsOf(raw, known)}, ${raw.length} are there`) : crc
  const end = error.code === 'modbus.crc' ? raw.length - CRC_BYTES : raw.length
  const framing = [{ from: end, to: raw.length, text: error.message }]
  const role = whole ?? soleOf(known)
  return { error, role, message: raw.subarray(0, end), offset: 0, framing, extras }
}

interface Roles {
  /** The role whose length the bytes have; null where both have it. */
  readonly whole: Role | null | undefined
  /** Those of which bytes are missing. */
  readonly longer: readonly Role[]
  /** Those that can begin so. */
  readonly known: readonly Role[]
}

function rolesOf(bytes: Uint8Array, checkBytes: number): Roles {
  const known = (['request', 'reply'] as const).filter((role) => messageLength(bytes, role) > 0)
  const missing = (role: Role) => messageLength(bytes, role) + checkBytes - bytes.length
  const whole = known.filter((role) => missing(role) === 0)
  return {
    whole: whole.length === 0 ? undefined : soleOf(whole),
    longer: known.filter((role) => missing(role) > 0),
    known,
  }
}

function soleOf(roles: readonly Role[]): Role | null {
  return roles.length === 1 ? (roles[0] ?? null) : null
}

function lengthsOf(raw: Uint8Array, roles: readonly Role[]): string {
  return roles
    .map((role) => `a ${role} has ${messageLength(raw, role) + CRC_BYTES} bytes`)
    .join(', ')
}

function lengthError(message: string): Malformed {
  return { code: 'modbus.length', message }
}

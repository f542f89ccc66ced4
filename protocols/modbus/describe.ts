import { toHex } from '#protocols/bytes'
import { type FrameDescription, type FramePart, nothingKnown } from '#protocols/model'
import { registerId } from './codec.ts'
import { describeDamaged } from './damaged.ts'
import { refusalOf } from './exceptions.ts'
import { mbapMessage } from './mbap.ts'
import { functionNames, messageParts } from './message-parts.ts'
import { type Message, messageRole, parseReply, type Role } from './pdu.ts'
import { rtuMessage } from './rtu.ts'
import { word } from './word.ts'

/** Functions whose requests begin with a register or bit address, and those whose answers do. */
const addressed = new Set([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0f, 0x10, 0x16, 0x17])
const echoed = new Set([0x05, 0x06, 0x0f, 0x10, 0x16])

function hasAddress(message: Message, role: Role | null | 'neither'): boolean {
  return (role === 'reply' ? echoed : addressed).has(message[1] ?? 0)
}

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
  return describeDamaged(frame)
}

const unknown = { ...nothingKnown, protocol: 'modbus' } as const

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

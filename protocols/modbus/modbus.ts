import type {
  Decoded,
  FrameEffect,
  Malformed,
  MeterProfile,
  Plan,
  Protocol,
  Reading,
  Scanner,
} from '#protocols/model'
import { brokenGuard, planItems, readBlock } from './codec.ts'
import { describeAdu } from './describe.ts'
import { refusalOf } from './exceptions.ts'
import { buildRead, messageLength, parseReply, type RegisterRead } from './pdu.ts'
import type { Point } from './plan.ts'
import type { Guard } from './profile.ts'

/** A read of one block and what it is for. */
export interface ModbusRequest extends RegisterRead {
  readonly points: readonly Point[]
  readonly guards: readonly Guard[]
}

export interface ModbusResponse {
  readonly unit: number
  /** Without the exception bit. */
  readonly functionCode: number
  readonly exception: number | null
  /** The registers' bytes. */
  readonly data: Uint8Array
}

/** Functions that change nothing in the device (MODBUS Application Protocol V1.1b3 §6). */
const reads = new Set([0x01, 0x02, 0x03, 0x04, 0x07, 0x0b, 0x0c, 0x11, 0x14])
const writes = new Set([0x05, 0x06, 0x0f, 0x10, 0x16, 0x17])
const ENCAPSULATED = 0x2b
const READ_IDENTIFICATION = 0x0e

/** On a framed channel one chunk is one message: there is nothing to find. */
class MessageScanner implements Scanner {
  readonly skippedBytes = 0
  readonly pending = false

  push(chunk: Uint8Array): readonly Uint8Array[] {
    return chunk.length > 0 ? [chunk] : []
  }

  reset(): void {}
}

function decode(message: Uint8Array): Decoded<ModbusResponse> {
  const parsed = parseReply(message)
  if (!parsed.ok) return { kind: 'malformed', malformed: parsed.malformed }
  const response = parsed.reply
  if (response.exception === null) return { kind: 'answer', response }
  return { kind: 'refusal', response, refusal: refusalOf(response.exception) }
}

function answers(request: ModbusRequest, response: ModbusResponse): boolean {
  if (request.unit !== response.unit || request.functionCode !== response.functionCode) return false
  return response.exception !== null || response.data.length === 2 * request.count
}

function plan(items: readonly string[], meter: MeterProfile): Plan<ModbusRequest> {
  const { unit, groups, unsupported } = planItems(items, meter.address, meter.profile)
  const requests = groups.flatMap(({ functionCode, guards, blocks }) => {
    return blocks.map((block) => ({ unit, functionCode, guards, ...block }))
  })
  return { requests, unsupported }
}

type Values =
  | { readonly ok: true; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly malformed: Malformed }

function readings(request: ModbusRequest, parts: readonly ModbusResponse[]): Values {
  const [part] = parts
  if (!part || parts.length > 1 || part.exception !== null || !answers(request, part)) {
    const message = `${parts.length} answers do not make up one block of ${request.count} registers`
    return { ok: false, malformed: { code: 'modbus.parts', message } }
  }
  const malformed = brokenGuard(request.guards, request, part.data)
  if (malformed) return { ok: false, malformed }
  return { ok: true, readings: readBlock(request, part.data) }
}

/** Only a message of exactly the function's length counts as a read: nothing rides behind it. */
function effect(message: Uint8Array): FrameEffect {
  const functionCode = message[1] ?? 0
  if (writes.has(functionCode)) return 'write'
  const identifies = functionCode === ENCAPSULATED && message[2] === READ_IDENTIFICATION
  if (!reads.has(functionCode) && !identifies) return 'unknown'
  return messageLength(message, 'request') === message.length ? 'read' : 'unknown'
}

/**
 * Modbus as its channels carry it: one chunk is a unit number and a PDU, without RTU's checksum or
 * TCP's header, which `describe` alone wants to see.
 */
export const modbus: Protocol<ModbusRequest, ModbusResponse> = {
  name: 'modbus',
  scanner: () => new MessageScanner(),
  encode: buildRead,
  expectsAnswer: (request) => request.unit !== 0,
  decode,
  answers,
  follow: () => null,
  plan,
  readings,
  describe: describeAdu,
  effect,
}

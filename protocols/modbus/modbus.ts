import type {
  Decoded,
  FrameEffect,
  Malformed,
  MeterProfile,
  Plan,
  Protocol,
  Reading,
  RelayOrder,
  Scanner,
} from '#protocols/model'
import { aimOfWrite } from './aim.ts'
import { brokenGuard, readBlock, unitOf } from './codec.ts'
import { describeAdu } from './describe.ts'
import { refusalOf } from './exceptions.ts'
import {
  ENCAPSULATED,
  IDENTIFICATION,
  type Identification,
  identificationReadings,
  nextIdentificationRead,
  parseIdentification,
} from './identification.ts'
import { messageLength, type ParsedReply, parseReply } from './pdu.ts'
import type { ModbusProfile } from './profile.ts'
import { profileOf } from './profiles.ts'
import {
  type BlockRead,
  encodeRequest,
  type IdentifyRequest,
  type ModbusRequest,
  planRequests,
} from './request.ts'
import { nextSunSpecRead, readSunSpec } from './sunspec-chain.ts'
import { buildWritten, effectOfWrite, type WriteRow } from './writes.ts'

/** Without the exception bit; `data` are the registers' bytes of a read. */
export type ModbusResponse = ParsedReply

/** Unit 0 reaches every device on the line, whatever its registers mean: nothing is written to it. */
const EVERYBODY = 0

/** Functions that change nothing in the device (MODBUS Application Protocol V1.1b3 §6). */
const reads = new Set([0x01, 0x02, 0x03, 0x04, 0x07, 0x0b, 0x0c, 0x11, 0x14])

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
  const functionCode = request.kind === 'identify' ? ENCAPSULATED : request.functionCode
  if (request.unit !== response.unit || functionCode !== response.functionCode) return false
  if (response.exception !== null) return true
  switch (request.kind) {
    case 'read':
    case 'sunspec':
      return response.data.length === 2 * request.count
    case 'identify':
      return response.data[1] === request.readCode && identificationOf(response) !== null
    case 'write': {
      const echo = buildWritten(request).subarray(2)
      return echo.every((byte, index) => byte === response.data[index])
    }
  }
}

function follow(request: ModbusRequest, response: ModbusResponse): ModbusRequest | null {
  if (request.kind === 'sunspec') return nextSunSpecRead(request, response)
  if (request.kind !== 'identify' || response.exception !== null) return null
  const identification = identificationOf(response)
  const next = identification && nextIdentificationRead(request, identification)
  return next && { ...request, objectId: next.objectId }
}

function identificationOf({ data }: ModbusResponse): Identification | null {
  const parsed = parseIdentification(data)
  return parsed.ok ? parsed.identification : null
}

type Values =
  | { readonly ok: true; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly malformed: Malformed }

function readings(request: ModbusRequest, parts: readonly ModbusResponse[]): Values {
  switch (request.kind) {
    case 'read':
      return blockReadings(request, parts)
    case 'sunspec':
      return readSunSpec(request, parts)
    case 'identify':
      return identityReadings(request, parts)
    case 'write':
      return { ok: true, readings: [] }
  }
}

function blockReadings(request: BlockRead, parts: readonly ModbusResponse[]): Values {
  const [part] = parts
  if (!part || parts.length > 1 || part.exception !== null || !answers(request, part)) {
    const message = `${parts.length} answers do not make up one block of ${request.count} registers`
    return { ok: false, malformed: { code: 'modbus.parts', message } }
  }
  const malformed = brokenGuard(request.guards, request, part.data)
  if (malformed) return { ok: false, malformed }
  return { ok: true, readings: readBlock(request, part.data) }
}

function identityReadings(request: IdentifyRequest, parts: readonly ModbusResponse[]): Values {
  const found = parts.flatMap((part) => identificationOf(part) ?? [])
  if (found.length === parts.length && found.length > 0) {
    return { ok: true, readings: identificationReadings(request.item, found) }
  }
  const message = `${parts.length} answers do not make up one device identification`
  return { ok: false, malformed: { code: 'modbus.parts', message } }
}

/** Only a message of exactly the function's length counts as a read: nothing rides behind it. */
function effectOf(message: Uint8Array, allowed: readonly WriteRow[]): FrameEffect {
  const functionCode = message[1] ?? 0
  const identifies = functionCode === ENCAPSULATED && message[2] === IDENTIFICATION
  if (!reads.has(functionCode) && !identifies) return effectOfWrite(message, allowed)
  return messageLength(message, 'request') === message.length ? 'read' : 'unknown'
}

/** What a profile allows to be written as this order, to a unit. */
function orderOf(
  { action }: RelayOrder,
  address: string,
  profile: ModbusProfile | undefined,
): Plan<ModbusRequest> {
  const unit = unitOf(address)
  const row = profile?.writes?.find(({ order }) => order === action)
  if (unit === undefined || unit === EVERYBODY || !row?.words)
    return { requests: [], unsupported: [action] }
  const { functionCode, address: register, words } = row
  const request = { kind: 'write', unit, functionCode, address: register, words } as const
  return { requests: [request], unsupported: [] }
}

/**
 * Modbus as its channels carry it: one chunk is a unit number and a PDU, without RTU's checksum or
 * TCP's header, which `describe` alone wants to see. `added` are register maps of the user's own,
 * which win over those of the same name here. What may be written is told by the profile of a
 * meter, so that only its session knows any write; everywhere else a write is unknown.
 */
export function modbusWith(
  added: readonly ModbusProfile[],
): Protocol<ModbusRequest, ModbusResponse> {
  const own = new Map(added.map((profile) => [profile.name, profile]))
  const find = ({ profile }: MeterProfile) => {
    return profile === null ? undefined : (own.get(profile) ?? profileOf(profile))
  }
  const protocol: Protocol<ModbusRequest, ModbusResponse> = {
    name: 'modbus',
    scanner: () => new MessageScanner(),
    encode: encodeRequest,
    expectsAnswer: (request) => request.unit !== 0,
    decode,
    answers,
    follow,
    plan: (items, meter) => planRequests(items, meter.address, meter.profile, find(meter)),
    readings,
    describe: describeAdu,
    effect: (message) => effectOf(message, []),
    aim: (message) => aimOfWrite(message, []),
    order: (order, meter) => orderOf(order, meter.address, find(meter)),
    session: (meter) => {
      const unit = unitOf(meter.address)
      const allowed = unit === EVERYBODY ? [] : (find(meter)?.writes ?? [])
      const effect = (message: Uint8Array) => effectOf(message, message[0] === unit ? allowed : [])
      const aim = (message: Uint8Array) => aimOfWrite(message, allowed)
      return { ...protocol, effect, aim }
    },
  }
  return protocol
}

/** Modbus with the register maps of the product alone. */
export const modbus = modbusWith([])

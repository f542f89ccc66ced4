import { byteAt } from '#protocols/bytes'
import type { Decoded, Malformed } from '#protocols/model'
import { executedOrders } from './control-words.ts'
import {
  dataIdBytes,
  dataIdOf,
  fromSlave,
  functionMask,
  functions,
  moreFollows,
  parseFrame,
  refused,
} from './frame.ts'
import { type Identifier, identifierOf, isHeadOf } from './items.ts'
import { baudFeature, type Dlt645Order, functionOf } from './orders.ts'
import { refusalOf } from './refusal.ts'
import { addressMatches, type Dlt645Request, type Dlt645Response } from './request.ts'
import { readAddress, readValuesOf, type Values } from './values.ts'

/** The last sequence number a byte can hold; a meter that goes on behind it never ends. */
const sequenceMax = 0xff

/** What one frame of a meter means. */
export function decodeAnswer(bytes: Uint8Array): Decoded<Dlt645Response> {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return { kind: 'malformed', malformed: parsed.malformed }
  const response = parsed.frame
  if ((response.control & fromSlave) === 0) {
    return { kind: 'malformed', malformed: fault('not-a-reply', 'a request, not a reply') }
  }
  const refusal = refusalOf(response)
  return refusal ? { kind: 'refusal', response, refusal } : { kind: 'answer', response }
}

/** True only if address, function, identifier and sequence of the response are those asked for. */
export function isAnswerTo(request: Dlt645Request, response: Dlt645Response): boolean {
  const { control, data } = response
  if ((control & fromSlave) === 0) return false
  if (!addressMatches(request.address, response.address)) return false
  const isRefused = (control & refused) !== 0
  switch (request.kind) {
    case 'read':
      if ((control & functionMask) !== functions.read) return false
      return isRefused || isHeadOf(data, identifierOf(request.dataId))
    case 'read-more':
      if ((control & functionMask) !== functions.readMore) return false
      if (isRefused) return true
      return isHeadOf(data, identifierOf(request.dataId)) && sequenceOf(data) === request.sequence
    case 'read-address':
      return (control & functionMask) === functions.readAddress
    case 'set-clock':
      return false
    default:
      if ((control & functionMask) !== functionOf(request)) return false
      return isRefused || repeats(request, data)
  }
}

/** True for what another master asked, or another meter answered to something else. */
export function isOverheard(request: Dlt645Request, response: Dlt645Response): boolean {
  const { address } = request
  return (
    !addressMatches(address, response.address) && !isAnswerTo(request, { ...response, address })
  )
}

/** True unless an answer that repeats what was ordered repeats something else. */
function repeats(order: Dlt645Order, data: Uint8Array): boolean {
  switch (order.kind) {
    case 'authenticate':
      return isHeadOf(data, identifierOf(order.dataId))
    case 'change-baud':
      return data.length === 1 && byteAt(data, 0) === baudFeature(order.baud)
    case 'output':
      return data.length === 1 && byteAt(data, 0) === order.output
    default:
      return true
  }
}

/** The request for what follows a response, null when the response is the last. */
export function nextRequest(
  request: Dlt645Request,
  response: Dlt645Response,
): Dlt645Request | null {
  if (request.kind === 'write') {
    return (response.control & refused) === 0 ? (request.next ?? null) : null
  }
  if ((response.control & (moreFollows | refused)) !== moreFollows) return null
  if (request.kind !== 'read' && request.kind !== 'read-more') return null
  const sequence = request.kind === 'read' ? 1 : request.sequence + 1
  if (sequence > sequenceMax) return null
  const { address } = response
  return { kind: 'read-more', address, dataId: request.dataId, sequence }
}

/** The values of an answer, put together from its parts in order. */
export function valuesOf(request: Dlt645Request, parts: readonly Dlt645Response[]): Values {
  const first = parts[0]
  if (!first) return broken('incomplete', 'no answer to read from')
  const refusal = refusalOf(first)
  if (refusal) return { ok: false, malformed: refusal }
  switch (request.kind) {
    case 'read-address':
      return readAddress(first.data)
    case 'set-clock':
      return { ok: true, readings: [] }
    case 'read':
    case 'read-more':
      return joinedValues(identifierOf(request.dataId), parts)
    case 'control':
      return { ok: true, readings: executedOrders(first) }
    default:
      return { ok: true, readings: [] }
  }
}

function joinedValues(identifier: Identifier, parts: readonly Dlt645Response[]): Values {
  const [only] = parts
  if (only && parts.length === 1) {
    const fault = partFault(identifier, only, 0, true)
    if (fault) return { ok: false, malformed: fault }
    return readValuesOf(identifier, only.data, dataIdBytes, pieceEnd(only))
  }
  const pieces: Uint8Array[] = []
  let length = 0
  for (const [index, part] of parts.entries()) {
    const fault = partFault(identifier, part, index, index === parts.length - 1)
    if (fault) return { ok: false, malformed: fault }
    const piece = pieceOf(part)
    pieces.push(piece)
    length += piece.length
  }
  const data = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    data.set(piece, at)
    at += piece.length
  }
  return readValuesOf(identifier, data, 0, data.length)
}

/** What a part carries of the item: neither the identifier nor the sequence. */
function pieceOf(part: Dlt645Response): Uint8Array {
  return part.data.subarray(dataIdBytes, pieceEnd(part))
}

function pieceEnd(part: Dlt645Response): number {
  return part.data.length - (isFollowUp(part) ? 1 : 0)
}

function partFault(
  identifier: Identifier,
  part: Dlt645Response,
  index: number,
  isLast: boolean,
): Malformed | null {
  if (!isHeadOf(part.data, identifier)) {
    const answered = dataIdOf(part.data)
    return fault('data-id', `part ${index} answers ${answered}, not ${identifier.dataId}`)
  }
  if (index > 0 && (!isFollowUp(part) || sequenceOf(part.data) !== index)) {
    return fault('sequence', `part ${index} has sequence ${sequenceOf(part.data)}`)
  }
  const goesOn = (part.control & moreFollows) !== 0
  if (goesOn === isLast) {
    return fault('incomplete', isLast ? 'a part is missing at the end' : 'a part follows the last')
  }
  return null
}

function isFollowUp(part: Dlt645Response): boolean {
  return (part.control & functionMask) === functions.readMore
}

/** SEQ is the last byte of a follow-up frame. */
function sequenceOf(data: Uint8Array): number {
  return byteAt(data, data.length - 1)
}

function broken(name: string, message: string): Values {
  return { ok: false, malformed: fault(name, message) }
}

function fault(name: string, message: string): Malformed {
  return { code: `dlt645.${name}`, message }
}

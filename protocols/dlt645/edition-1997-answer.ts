import type { Decoded, Malformed, Reading } from '#protocols/model'
import { refusalOf1997 } from './edition-1997-refusal.ts'
import {
  type Dlt645v1997Request,
  dataIdBytes1997,
  dataIdOf1997,
  functions1997,
} from './edition-1997-request.ts'
import { readValues1997, type Values1997, withOccurrence } from './edition-1997-values.ts'
import {
  broadcastAddress,
  type Frame,
  fromSlave,
  functionMask,
  moreFollows,
  parseFrame,
  refused,
} from './frame.ts'
import { addressMatches } from './request.ts'

/** An answer as it came; an item's bytes get their meaning in `readings`. */
export type Dlt645v1997Response = Frame

/** What one frame of a meter means. */
export function decodeAnswer1997(bytes: Uint8Array): Decoded<Dlt645v1997Response> {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return { kind: 'malformed', malformed: parsed.malformed }
  const response = parsed.frame
  if ((response.control & fromSlave) === 0) {
    return { kind: 'malformed', malformed: fault('not-a-reply', 'a request, not a reply') }
  }
  const refusal = refusalOf1997(response)
  return refusal ? { kind: 'refusal', response, refusal } : { kind: 'answer', response }
}

const controlOfKind: Readonly<Record<Dlt645v1997Request['kind'], number>> = {
  read: functions1997.read,
  'read-more': functions1997.readMore,
  repeat: functions1997.repeat,
  write: functions1997.write,
  'set-clock': functions1997.setClock,
  'write-address': functions1997.writeAddress,
  'change-baud': functions1997.changeBaud,
  'change-password': functions1997.changePassword,
  'clear-demand': functions1997.clearDemand,
}

/** True only if address, function and identifier of the response are those asked for. */
export function isAnswerTo1997(
  request: Dlt645v1997Request,
  { address, control, data }: Dlt645v1997Response,
): boolean {
  if (request.kind === 'set-clock' || (control & fromSlave) === 0) return false
  if (!takesAddress(request.address, address)) return false
  if ((control & functionMask) !== controlOfKind[request.kind]) return false
  if ((control & refused) !== 0) return true
  if (request.kind !== 'read' && request.kind !== 'read-more') return true
  return dataIdOf1997(data) === request.dataId.toUpperCase()
}

/** True for what another master asked, or another meter answered to something else. */
export function isOverheard1997(
  request: Dlt645v1997Request,
  response: Dlt645v1997Response,
): boolean {
  const { address } = request
  return (
    !takesAddress(address, response.address) && !isAnswerTo1997(request, { ...response, address })
  )
}

/** Meters of this edition answer what was sent to all of them, under their own address. */
function takesAddress(asked: string, address: string): boolean {
  return asked === broadcastAddress || addressMatches(asked, address)
}

/** The request for the part that follows a response, null when the response is the last. */
export function nextRequest1997(
  request: Dlt645v1997Request,
  { address, control }: Dlt645v1997Response,
): Dlt645v1997Request | null {
  if ((control & refused) !== 0) return null
  if (request.kind === 'write') {
    const [next, ...afterwards] = request.afterwards
    return next ? { ...request, ...next, afterwards } : null
  }
  if (request.kind !== 'read' && request.kind !== 'read-more') return null
  if ((control & moreFollows) !== 0) return { ...request, kind: 'read-more', address }
  const [dataId, ...afterwards] = request.afterwards
  return dataId === undefined ? null : { ...request, kind: 'read', address, dataId, afterwards }
}

/** The values of an answer, put together from its parts in order. */
export function valuesOf1997(
  request: Dlt645v1997Request,
  parts: readonly Dlt645v1997Response[],
): Values1997 {
  const [first] = parts
  if (!first) return broken('incomplete', 'no answer to read from')
  const refusal = refusalOf1997(first)
  if (refusal) return { ok: false, malformed: refusal }
  if (request.kind !== 'read' && request.kind !== 'read-more') return { ok: true, readings: [] }
  if (parts.length === 1 && request.afterwards.length === 0 && !goesOn(first)) {
    return wholeValues(request.dataId.toUpperCase(), first, request.trailingBytes)
  }
  const groups: (readonly Reading[])[] = []
  let from = 0
  for (const dataId of [request.dataId.toUpperCase(), ...request.afterwards]) {
    const behind = parts.findIndex((part, index) => index >= from && !goesOn(part)) + 1
    if (behind === 0) return broken('incomplete', `the answer to ${dataId} has no end`)
    const values = joinedValues(dataId, parts.slice(from, behind), request.trailingBytes)
    if (!values.ok) return values
    groups.push(values.readings)
    from = behind
  }
  if (from < parts.length) return broken('incomplete', 'a part follows the last')
  return { ok: true, readings: withTimes(request.dataId, groups) }
}

/** A demand read together with its times and the date takes both for its stamps. */
function withTimes(dataId: string, groups: readonly (readonly Reading[])[]): readonly Reading[] {
  const [demands = [], times, today] = groups
  if (!/^A/i.test(dataId) || !times || !today) return groups.flat()
  return withOccurrence(demands, times, today[0])
}

/** Most answers are one frame: nothing is copied for them. */
function wholeValues(
  dataId: string,
  { data }: Dlt645v1997Response,
  trailingBytes: number,
): Values1997 {
  if (dataIdOf1997(data) !== dataId) return stray(dataId, data)
  return readValues1997(dataId, data, dataIdBytes1997, data.length - trailingBytes)
}

function stray(dataId: string, data: Uint8Array): Values1997 {
  return broken('data-id', `an answer to ${dataIdOf1997(data)}, not to ${dataId}`)
}

function joinedValues(
  dataId: string,
  parts: readonly Dlt645v1997Response[],
  trailingBytes: number,
): Values1997 {
  const other = parts.find(({ data }) => dataIdOf1997(data) !== dataId)
  if (other) return stray(dataId, other.data)
  const pieces = parts.map(({ data }) => data.subarray(dataIdBytes1997))
  const data = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    data.set(piece, at)
    at += piece.length
  }
  return readValues1997(dataId, data, 0, data.length - trailingBytes)
}

function goesOn({ control }: Dlt645v1997Response): boolean {
  return (control & moreFollows) !== 0
}

function broken(name: string, message: string): Values1997 {
  return { ok: false, malformed: fault(name, message) }
}

function fault(name: string, message: string): Malformed {
  return { code: `dlt645.${name}`, message }
}

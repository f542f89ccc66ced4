import { byteAt } from '#protocols/bytes'
import type { Decoded, Malformed, Reading, Refusal } from '#protocols/model'
import { unitIdsAt } from './address.ts'
import { controlBits, type Frame, groupBit, parseFrame, seqBits } from './frame.ts'
import type { Leaf } from './layout.ts'
import type { Gdw376Request } from './request.ts'
import { functions, itemId } from './table.ts'
import { verdictText } from './unit-data.ts'
import { readBody, type Unit, unitIdBytes } from './units.ts'

/** An answer as it came; its data units get their meaning in `readings`. */
export type Gdw376Response = Frame

/** Td_d; a curve begins with more than a date, and may begin later than it was asked to. */
const dateMaxBytes = 3

export type Values =
  | { readonly ok: true; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly malformed: Malformed }

/** What one frame of a terminal means. */
export function decodeAnswer(bytes: Uint8Array): Decoded<Gdw376Response> {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return { kind: 'malformed', malformed: parsed.malformed }
  const response = parsed.frame
  if ((response.control & controlBits.up) === 0) {
    return { kind: 'malformed', malformed: fault('not-a-reply', 'a request, not a reply') }
  }
  const refusal = refusalOf(response)
  return refusal ? { kind: 'refusal', response, refusal } : { kind: 'answer', response }
}

/** A denial of all (F2), or of one unit at least (F3 with an error). */
export function refusalOf(frame: Frame): Refusal | null {
  if (frame.afn !== functions.confirm) return null
  const { body } = frame
  const [id] = body.length >= unitIdBytes ? unitIdsAt(body, 0) : []
  if (id?.fn === 2) return { code: 'gdw376.denied', message: 'the terminal denies all of it' }
  if (id?.fn !== 3) return null
  const afn = byteAt(body, unitIdBytes)
  for (let at = unitIdBytes + 1; at + 5 <= body.length; at += 5) {
    const error = byteAt(body, at + 4)
    if (error === 0) continue
    const [denied] = unitIdsAt(body, at)
    const what = denied ? `p${denied.pn} ${itemId(afn, denied.fn)}` : 'a unit'
    const message = `the terminal denies ${what}: ${verdictText(error)}`
    return { code: `gdw376.denied-${error}`, message }
  }
  return null
}

/** True only if terminal, RSEQ, function and data units of the response are those asked for. */
export function isAnswerTo(request: Gdw376Request, response: Gdw376Response): boolean {
  const asked = request.confirms ?? request
  if ((response.control & (controlBits.up | controlBits.initiator)) !== controlBits.up) return false
  if (asked.region !== response.region || asked.terminal !== response.terminal) return false
  const station = response.station >> 1
  if ((response.station & groupBit) !== 0) return false
  if (station !== 0 && station !== asked.station) return false
  const isFirst = (response.seq & seqBits.fir) !== 0
  // A confirmed part is followed by the next; one that comes by itself stands behind the first.
  if (isFirst && request.confirms !== null) return false
  if (isFirst && (response.seq & seqBits.number) !== asked.sequence) return false
  if (response.afn === functions.confirm) return isFirst
  if (asked.afn === functions.task) return isOfTask(asked, response)
  if (response.afn !== asked.afn) return false
  const [id] = response.body.length >= unitIdBytes ? unitIdsAt(response.body, 0) : []
  if (!id) return false
  return asked.units.some((unit) => {
    return (
      unit.pn === id.pn && unit.fn === id.fn && isOfItsDate(asked.afn, unit.data, response.body)
    )
  })
}

/** Which data a task brings the terminal alone knows; of which class they are says the question. */
function isOfTask({ units }: Gdw376Request, { afn }: Gdw376Response): boolean {
  const classOne = units.some(({ fn }) => fn === 1)
  return afn === (classOne ? functions.current : functions.past)
}

/** A freeze of another day or month than was asked for is a late answer to another question. */
function isOfItsDate(afn: number, stamp: Uint8Array, body: Uint8Array): boolean {
  if (afn !== functions.past || stamp.length > dateMaxBytes) return true
  return stamp.every((byte, at) => body[unitIdBytes + at] === byte)
}

/**
 * The confirmation that fetches the next part of an answer in several frames, where the terminal
 * waits for one (CON); null for the last part, and where the parts come by themselves.
 */
export function nextRequest(
  request: Gdw376Request,
  response: Gdw376Response,
): Gdw376Request | null {
  if (!isPart(response) || (response.seq & seqBits.con) === 0) return null
  const asked = request.confirms ?? request
  return {
    ...asked,
    afn: functions.confirm,
    units: [{ pn: 0, fn: 1, data: new Uint8Array(0) }],
    sequence: response.seq & seqBits.number,
    timeTag: null,
    password: null,
    confirms: asked,
  }
}

/** True while further frames of this answer come by themselves (FIN = 0, CON = 0). */
export function goesOn(_request: Gdw376Request, response: Gdw376Response): boolean {
  return isPart(response) && (response.seq & seqBits.con) === 0
}

function isPart({ afn, seq }: Gdw376Response): boolean {
  return afn !== functions.confirm && (seq & seqBits.fin) === 0
}

/** The values of an answer, put together from its parts in order. */
export function valuesOf(request: Gdw376Request, parts: readonly Gdw376Response[]): Values {
  const [first] = parts
  if (!first) return broken('incomplete', 'no answer to read from')
  const refusal = refusalOf(first)
  if (refusal) return { ok: false, malformed: refusal }
  const readings: Reading[] = []
  for (const [index, part] of parts.entries()) {
    const wrong = partFault(part, index, parts.length)
    if (wrong) return { ok: false, malformed: wrong }
    const { units, malformed } = readBody(part)
    if (malformed) return { ok: false, malformed }
    const wanted = units.filter((unit) => part.afn === functions.confirm || isAsked(request, unit))
    readings.push(...wanted.flatMap((unit) => readingsOf(part.afn, unit)))
  }
  return { ok: true, readings }
}

function isAsked({ afn, units }: Gdw376Request, { id }: Unit): boolean {
  return afn === functions.task || units.some(({ pn, fn }) => pn === id.pn && fn === id.fn)
}

function partFault({ seq }: Gdw376Response, index: number, length: number): Malformed | null {
  const isFirst = (seq & seqBits.fir) !== 0
  const isLast = (seq & seqBits.fin) !== 0
  // Terminals were seen that leave FIR at 0 in a single frame.
  if (length === 1) return isLast ? null : fault('incomplete', 'more parts are missing')
  if (isFirst === (index === 0) && isLast === (index === length - 1)) return null
  return fault('incomplete', `part ${index + 1} of ${length} is out of order`)
}

/** The readings of one unit; confirmations and control carry none, of links only heartbeats do. */
export function readingsOf(afn: number, unit: Unit): readonly Reading[] {
  if (!carriesReadings.has(afn)) return []
  const dataId = itemId(afn, unit.id.fn)
  return unit.leaves.filter(({ role }) => role === 'value').map((leaf) => readingOf(dataId, leaf))
}

const carriesReadings: ReadonlySet<number> = new Set([0x02, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e])

function readingOf(dataId: string, leaf: Leaf): Reading {
  const { item, name, unit, value, dataClass, at } = leaf
  return { item, dataId, name, unit, value, dataClass, at }
}

function broken(name: string, message: string): Values {
  return { ok: false, malformed: fault(name, message) }
}

function fault(name: string, message: string): Malformed {
  return { code: `gdw376.${name}`, message }
}

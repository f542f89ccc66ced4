import { byteAt, toHex } from '#protocols/bytes'
import {
  type DeviceEvent,
  type EventCode,
  type EventPhase,
  eventTypeOf,
  type Stamp,
  valueText,
} from '#protocols/model'
import type { Gdw376Response } from './answer.ts'
import { readClock } from './clock.ts'
import { type EventForm, eventForms } from './event-codes.ts'
import { controlBits, type Frame, parseFrame } from './frame.ts'
import { readLayout } from './layout-bytes.ts'
import type { Gdw376Request } from './request.ts'
import { eventOf, functions } from './table.ts'
import { readBody, type Unit } from './units.ts'

/** Event counters: how many important and general events a terminal has ever recorded, mod 256. */
export interface EventCounters {
  readonly important: number
  readonly general: number
}

export const pointers = 256
const timeBytes = 5
/** EC1, EC2, Pm and Pn stand before the records. */
const headBytes = 4
const pointBits = 0x0fff
const startBit = 0x8000
const phases: readonly EventPhase[] = ['A', 'B', 'C']

/** Events in the answers to a request for class 3 data. */
export function eventsOf(
  _request: Gdw376Request,
  parts: readonly Gdw376Response[],
): readonly DeviceEvent[] {
  return parts.flatMap(eventsIn)
}

/** Events of any frame of a terminal, one it sent by itself or an answer. */
export function eventsOfFrame(bytes: Uint8Array): readonly DeviceEvent[] {
  const parsed = parseFrame(bytes)
  return parsed.ok ? eventsIn(parsed.frame) : []
}

/** The counters that a frame carries while important events wait (ACD); null for none. */
export function countersOf(bytes: Uint8Array): EventCounters | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok || (parsed.frame.control & controlBits.up) === 0) return null
  const { body } = parsed.frame
  const { countersAt } = readBody(parsed.frame).added
  if (countersAt === null) return null
  return { important: byteAt(body, countersAt), general: byteAt(body, countersAt + 1) }
}

function eventsIn(frame: Frame): readonly DeviceEvent[] {
  if (frame.afn !== functions.events || (frame.control & controlBits.up) === 0) return []
  return readBody(frame).units.flatMap((unit) => recordsOf(unit, frame.body))
}

function recordsOf({ id, dataFrom, to }: Unit, body: Uint8Array): readonly DeviceEvent[] {
  const events: DeviceEvent[] = []
  const first = byteAt(body, dataFrom + 2)
  let nth = 0
  for (let at = dataFrom + headBytes; at + 2 <= to; nth++) {
    const end = at + 2 + byteAt(body, at + 1)
    if (end > to) break
    events.push(...recordEvents(body, at, end, numberOf(id.fn, first + nth)))
    at = end
  }
  return events
}

/** Important events (F1) have numbers of their own; those of general ones follow behind. */
function numberOf(fn: number, pointer: number): number {
  return (pointer % pointers) + (fn === 1 ? 0 : pointers)
}

/** A record of several phases is an event of each. */
function recordEvents(
  body: Uint8Array,
  at: number,
  end: number,
  sequence: number,
): readonly DeviceEvent[] {
  const erc = byteAt(body, at)
  const form = eventForms[erc] ?? unknownForm
  const timeAt = at + 2
  const from = Math.min(timeAt + timeBytes, end)
  const leaves = readLayout(eventOf(erc)?.layout ?? [], body, from, end)?.leaves ?? []
  const word =
    form.point && from + 2 <= end ? byteAt(body, from) | (byteAt(body, from + 1) << 8) : null
  const flags = form.phases && from + 3 <= end ? byteAt(body, from + 2) : 0
  const { code, series } = kindOf(erc, form, flags)
  const ends = word !== null && eventTypeOf(code).kind === 'span' && (word & startBit) === 0
  const time = stampAt(body, timeAt, end)
  const endLeaf = leaves.findLast(
    (leaf) => leaf.value.kind === 'text' && leaf.name === 'Power back',
  )
  const event: DeviceEvent = {
    code,
    eventId: `ERC${erc}`,
    series,
    phase: null,
    of: word === null || (word & pointBits) === 0 ? null : `point ${word & pointBits}`,
    raisedAt: ends ? null : time,
    clearedAt: ends ? time : form.endsBehind && endLeaf ? stampAt(body, from, end) : null,
    sequence,
    place: null,
    details: leaves.map(({ name, value, unit }) => ({ name, value: valueText(value), unit })),
    raw: toHex(body.subarray(at, end)),
  }
  const named = phases.filter((_, bit) => (flags & (1 << bit)) !== 0)
  return named.length === 0 ? [event] : named.map((phase) => ({ ...event, phase }))
}

const unknownForm: EventForm = { code: 'unknown', point: false }

function kindOf(erc: number, { code, kinds }: EventForm, flags: number) {
  const kind = flags >> 6
  const named: EventCode | undefined = kinds?.[kind]
  const series = kinds ? `ERC${erc}/${kind}` : `ERC${erc}`
  return { code: named ?? code, series }
}

function stampAt(body: Uint8Array, at: number, end: number): Stamp | null {
  if (at + timeBytes > end) return null
  const clock = readClock(body, at, 'mmhhDDMMYY')
  return typeof clock === 'string' ? null : { kind: 'wall', time: clock }
}

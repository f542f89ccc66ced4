import { eventRows } from './event-table.ts'
import type { MeterTime, Reading, Stamp } from './values.ts'

export type EventCode = (typeof eventRows)[number][0]
export type EventKind = 'span' | 'moment'
export type EventSeverity = 'info' | 'minor' | 'major' | 'critical'
export type EventPhase = 'A' | 'B' | 'C'

/** What an event is called, and what is to be expected of it. */
export interface EventType {
  readonly code: EventCode
  readonly en: string
  readonly zh: string
  /** A span begins and ends; a moment happens. */
  readonly kind: EventKind
  readonly phased: boolean
  readonly severity: EventSeverity
}

/** One value that a device kept with an event. */
export interface EventDetail {
  readonly name: string
  readonly value: string | null
  readonly unit: string
}

/**
 * What a device says of one event: that it began, that it ended, or both. The same event may be
 * told many times, by a report and by reads, its end later than its beginning or before it.
 */
export interface DeviceEvent {
  readonly code: EventCode
  /** The protocol's own id: `0301` of DL/T 645, `ERC14`, an OI, a log and the code in it. */
  readonly eventId: string
  /**
   * What beginnings and ends are matched within: the event id, but for protocols whose ends have
   * ids of their own.
   */
  readonly series: string
  readonly phase: EventPhase | null
  /** Whose event it is where a device tells of another: an address, or `point N`; else null. */
  readonly of: string | null
  /** When it began, or when it happened. */
  readonly raisedAt: Stamp | null
  /** When it ended. */
  readonly clearedAt: Stamp | null
  /** The device's own number of the record; numbers may begin anew. */
  readonly sequence: number | null
  /** The place in the device's memory that it was read from, 1 the newest; null where unknown. */
  readonly place: number | null
  readonly details: readonly EventDetail[]
  /** The record as it came, in hex. */
  readonly raw: string
}

/** What a step of a pull brought. */
export interface PullBrought {
  readonly readings: readonly Reading[]
  readonly events: readonly DeviceEvent[]
}

/**
 * A read of what is new in a device's event memory, step by step (事件补抄): it keeps what was brought
 * and knows what is still to be asked. Made anew for each visit.
 */
export interface EventPull {
  /** Items to be asked next, the first time without anything brought; none at the end. */
  next(brought: PullBrought | null): readonly string[]
  /** The events found, once nothing more is to be asked. */
  readonly events: readonly DeviceEvent[]
}

/** What is stored of a device's events: of each series the newest one, and all that are open. */
export interface KnownEvent {
  readonly series: string
  readonly phase: EventPhase | null
  /** The last number that the device told with it. */
  readonly sequence: number | null
  /** What the device's clock showed at the last thing told of it. */
  readonly at: MeterTime | null
  readonly isOpen: boolean
}

const types: ReadonlyMap<string, EventType> = new Map(
  eventRows.map(([code, en, zh, kind, phased, severity]) => [
    code,
    { code, en, zh, kind, phased, severity },
  ]),
)

/** The catalogue of device events, in its order. */
export const eventTypes: readonly EventType[] = [...types.values()]

export function isEventCode(code: string): code is EventCode {
  return types.has(code)
}

/** What the catalogue says of a code. */
export function eventTypeOf(code: EventCode): EventType {
  const type = types.get(code)
  if (!type) throw new Error(`invariant broken: no event '${code}'`)
  return type
}

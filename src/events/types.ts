import type { EventCode, EventDetail, EventPhase, KnownEvent, ProtocolName } from '#protocols/model'
import type { ConcentratorId, Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'
import type { DeviceEventRecord } from '#src/outbox'

/** How it came: asked for, or told unasked (主动上报). */
export type EventSource = 'pull' | 'report'

/** Whose an event is. */
export type EventDevice =
  | { readonly meterId: MeterId; readonly concentratorId: null }
  | { readonly meterId: null; readonly concentratorId: ConcentratorId }

/** One thing told of an event, as it lies in the outbox. */
export interface Sighting {
  readonly meterId: number | null
  readonly concentratorId: number | null
  readonly toldBy: string | null
  readonly protocol: string
  readonly eventId: string
  readonly series: string
  readonly code: string
  readonly phase: string
  readonly raisedAt: number | null
  readonly clearedAt: number | null
  readonly sequence: number | null
  /** Its part in telling events of one moment apart, see `serial` of the table. */
  readonly serial: number | null
  readonly receivedAt: number
  readonly source: EventSource
  readonly details: readonly EventDetail[]
  readonly raw: string
}

/** An event as it is shown. */
export interface ListedEvent extends ListedTimes {
  readonly id: bigint
  readonly meterId: MeterId | null
  readonly meter: string | null
  readonly concentratorId: ConcentratorId | null
  readonly concentrator: string | null
  readonly code: EventCode
  readonly protocol: ProtocolName
  readonly eventId: string
  readonly phase: EventPhase | null
  readonly isOpen: boolean
  readonly sequence: number | null
  readonly source: EventSource
  readonly details: readonly EventDetail[]
  readonly raw: string
}

interface ListedTimes {
  readonly at: Instant
  readonly raisedAt: Instant | null
  readonly clearedAt: Instant | null
  readonly receivedAt: Instant
}

export interface EventFilter {
  readonly meterId?: MeterId
  /** Address of a meter or a concentrator. */
  readonly device?: string
  readonly code?: string
  readonly open?: boolean
  readonly from?: Instant
  readonly to?: Instant
}

/** Where a page of events begins: behind this one. */
export interface EventPlace {
  readonly at: Instant
  readonly id: bigint
}

export interface DeviceEventStore {
  /** Idempotent and in any order; in the transaction that takes them out of the outbox. */
  store(events: readonly DeviceEventRecord[], tx: Db): Promise<void>
  /** What is stored of meters, by meter: of each series the newest, and all that are open. */
  knownOf(meters: readonly MeterId[]): Promise<ReadonlyMap<MeterId, readonly KnownEvent[]>>
  /** The same of everything that one terminal told. */
  knownFrom(toldBy: string): Promise<readonly KnownEvent[]>
  /** Newest first. */
  list(filter: EventFilter, behind: EventPlace | null, limit: number): Promise<ListedEvent[]>
}

import type { ChannelId, Instant, MeterId, Result } from '#src/core'
import type { Db } from '#src/db'

export type ReadRequestId = string & { readonly readRequestId: true }

/** `partial`: some answered, some did not. `cancelled`: somebody did not wait for the rest. */
export const readRequestStates = [
  'requested',
  'running',
  'done',
  'partial',
  'failed',
  'cancelled',
] as const
export type ReadRequestState = (typeof readRequestStates)[number]

export const readItemStates = ['waiting', 'running', 'answered', 'failed', 'cancelled'] as const
export type ReadItemState = (typeof readItemStates)[number]

/** One value of an answer; `at` is null where nobody knows of when it is. */
export interface ItemReading {
  /** Null for what the register model does not know. */
  readonly register: string | null
  readonly name: string
  /** Null where the device says that it has none; `flag` says why. */
  readonly value: string | null
  readonly unit: string
  readonly at: Instant | null
  readonly flag: string | null
}

/** What one device said about one item. */
export interface ReadItem {
  readonly meterId: MeterId
  readonly item: string
  readonly state: ReadItemState
  /** Everything the answer held of this item: a block is one item with many. */
  readonly readings: readonly ItemReading[]
  /** Value, unit and time of an item with exactly one reading. */
  readonly value: string | null
  readonly unit: string | null
  readonly at: Instant | null
  readonly answeredAt: Instant | null
  /** Stable code and sentence of a failure. */
  readonly reason: { readonly code: string; readonly message: string } | null
}

export type ReadCounts = Readonly<Record<ReadItemState, number>> & { readonly total: number }

export interface ReadRequest {
  readonly id: ReadRequestId
  readonly state: ReadRequestState
  readonly requestedBy: string
  readonly requestedAt: Instant
  /** When the first of it was taken up. */
  readonly startedAt: Instant | null
  /** When something was last heard. */
  readonly lastAt: Instant | null
  readonly finishedAt: Instant | null
  readonly deadline: Instant | null
  readonly cancelledBy: string | null
  readonly meters: number
  readonly counts: ReadCounts
  /** What it asks, told apart from every other. */
  readonly digest: string
  /** All of them, or none where they are more than anybody wants at once: then by pages. */
  readonly items: readonly ReadItem[]
}

/** What carrying a request out needs to know of it. */
export interface ReadHead {
  readonly id: ReadRequestId
  readonly meters: number
  readonly deadline: Instant | null
}

/** What one meter is asked for. */
export interface TakenMeter {
  readonly meterId: MeterId
  readonly items: readonly string[]
}

/** Whose meters are asked; all that are named together. */
export interface ReadSources {
  /** Ids of meters, or their addresses as text. */
  readonly devices?: readonly (number | string)[]
  /** Of meters, by name. */
  readonly group?: string
  /** By address. */
  readonly concentrator?: string
  /** A transformer area, by code. */
  readonly area?: string
}

/** A device that was named and is not one meter of the archive; counted from 0. */
export interface BadDevice {
  readonly index: number
  readonly device: string
  readonly why: 'unknown' | 'ambiguous'
}

export interface ResolvedSources {
  readonly meterIds: readonly MeterId[]
  readonly bad: readonly BadDevice[]
}

export interface ReadItemPage {
  readonly items: readonly ReadItem[]
  readonly next: string | null
}

export interface NewReadRequest {
  /** Made by the caller: the same id twice is one request. */
  readonly id: ReadRequestId
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly meterIds: readonly MeterId[]
  readonly items: readonly string[]
  /** Until when devices that are away are waited for; null: they are not. */
  readonly deadline?: Instant | null
}

export type ReadItemOutcome = {
  readonly meterId: MeterId
  readonly item: string
  readonly answeredAt: Instant
} & (
  | {
      readonly kind: 'answered'
      readonly readings: readonly ItemReading[]
    }
  | { readonly kind: 'failed' | 'cancelled'; readonly code: string; readonly message: string }
)

/** On-demand reads (召测), followed to their end and through a restart. */
export interface ReadRequests {
  /** `also` is done in the same transaction: the audit record. */
  create(request: NewReadRequest, also?: (tx: Db) => Promise<void>): Promise<ReadRequest>
  /** The meters that are named; fails with the name of a source that is not there. */
  resolve(sources: ReadSources): Promise<Result<ResolvedSources, 'group' | 'concentrator' | 'area'>>
  get(id: ReadRequestId): Promise<ReadRequest | undefined>
  /** In the order of meters and of what was asked; undefined for a cursor of somebody else. */
  items(
    id: ReadRequestId,
    filter: { readonly state?: ReadItemState; readonly cursor?: string; readonly limit: number },
  ): Promise<ReadItemPage | undefined>
  /** Unfinished requests, oldest first: what a restart has to take up again. */
  unfinished(): Promise<readonly ReadHead[]>
  /** What was being asked when its process died waits again. Channels with something to ask. */
  reopen(id: ReadRequestId): Promise<readonly ChannelId[]>
  /** Takes the next meters of a channel; none where nothing waits any more. */
  take(
    id: ReadRequestId,
    channel: ChannelId,
    metersMax: number,
    now: Instant,
  ): Promise<readonly TakenMeter[]>
  /** Results as they come; the request's state follows from those of its items. */
  record(id: ReadRequestId, outcomes: readonly ReadItemOutcome[]): Promise<void>
  /** What waits is asked no more; what is in the air may finish. False: nothing was left to do. */
  cancel(
    id: ReadRequestId,
    by: string,
    now: Instant,
    also?: (tx: Db) => Promise<void>,
  ): Promise<boolean>
  /** The deadline is over: what waits is given up. */
  expire(id: ReadRequestId, now: Instant): Promise<void>
  /** Deletes requests that ended before then; returns how many. */
  retain(before: Instant): Promise<number>
}

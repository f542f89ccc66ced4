import type { Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'

export type ReadRequestId = string & { readonly readRequestId: true }

/** `partial`: some answered, some did not. */
export type ReadRequestState = 'requested' | 'running' | 'done' | 'partial' | 'failed'

export type ReadItemState = 'waiting' | 'running' | 'answered' | 'failed'

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

export interface ReadRequest {
  readonly id: ReadRequestId
  readonly state: ReadRequestState
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly finishedAt: Instant | null
  readonly items: readonly ReadItem[]
}

export interface NewReadRequest {
  /** Made by the caller: the same id twice is one request. */
  readonly id: ReadRequestId
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly meterIds: readonly MeterId[]
  readonly items: readonly string[]
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
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
)

/** On-demand reads (召测), followed to their end and through a restart. */
export interface ReadRequests {
  /** `also` is done in the same transaction: the audit record. */
  create(request: NewReadRequest, also?: (tx: Db) => Promise<void>): Promise<ReadRequest>
  get(id: ReadRequestId): Promise<ReadRequest | undefined>
  /** Marks the request's waiting items as being worked on. */
  start(id: ReadRequestId, meterIds: readonly MeterId[]): Promise<void>
  /** Results as they come; the request's state follows from those of its items. */
  record(id: ReadRequestId, outcomes: readonly ReadItemOutcome[]): Promise<void>
  /** Requests not at their end, oldest first: what a restart has to take up again. */
  unfinished(): Promise<readonly ReadRequest[]>
  /** Deletes requests that ended before then; returns how many. */
  retain(before: Instant): Promise<number>
}

import type {
  BusinessDate,
  ChannelId,
  ConcentratorId,
  Duration,
  Id,
  Instant,
  MeterId,
} from '#src/core'
import type { Db } from '#src/db'

export type PlanId = Id<'poll_plan'>

/** What a meter owes one poll plan at one time. */
export interface Slot {
  readonly planId: PlanId
  readonly meterId: MeterId
  readonly slotStart: Instant
}

/** A slot that is to be filled by the moment `due`. */
export interface ExpectedSlot extends Slot {
  readonly due: Instant
}

/**
 * How an expectation ended; a value after `due` is late, and what was received is never lost again.
 * `found` is a value that came along with others: it fills its slot if one was expected. `reason`
 * is a stable code such as `timeout` or `refused`.
 */
export type SlotOutcome = Slot & { readonly attempts: number } & (
    | { readonly kind: 'answered' | 'found'; readonly answeredAt: Instant }
    | { readonly kind: 'missing'; readonly reason: string }
  )

export interface OpenSlot extends ExpectedSlot {
  readonly attempts: number
  readonly reason: string | null
}

/** Which slots without a value may be asked for again. */
export interface OpenSlotQuery {
  readonly planId: PlanId
  readonly meterIds: readonly MeterId[]
  readonly from: Instant
  /** Slots that nobody has given up yet only before this moment: later ones are being asked. */
  readonly to: Instant
  /** Missing ones only for these reasons, and after fewer attempts than this. */
  readonly reasons: readonly string[]
  readonly attemptsMax: number
  readonly limit: number
}

/** A time in which a meter had slots before and after, or none since, but none inside. */
export interface SlotGap {
  readonly meterId: MeterId
  /** Both exclusive. */
  readonly after: Instant
  readonly before: Instant
}

export interface SlotGapQuery {
  readonly planId: PlanId
  readonly meterIds: readonly MeterId[]
  readonly from: Instant
  readonly to: Instant
  readonly cycle: Duration
}

/** Slots of a plan before a moment are past help; `reason` says why. */
export interface SlotEnd {
  readonly planId: PlanId
  readonly before: Instant
  readonly reason: string
}

export interface CollectionCount {
  readonly expected: number
  /** In time or late. */
  readonly received: number
  readonly late: number
  readonly missing: number
  /** Still to come or being asked for: neither a success nor a failure yet. */
  readonly pending: number
  /** `received / (received + missing)`, e.g. `0.9950`; null while nothing has ended. */
  readonly successRate: string | null
}

/** The meters behind one concentrator, or on one channel that has none. */
interface CollectionGroup extends CollectionCount {
  readonly concentratorId: ConcentratorId | null
  readonly concentrator: string | null
  readonly channelId: ChannelId
  readonly channel: string
}

interface CollectionSummary extends CollectionCount {
  readonly date: BusinessDate
  readonly groups: readonly CollectionGroup[]
}

/** The ledger of what should have come and what did (采集台账). */
export interface Collection {
  /** Writes down expectations; those already there stay as they are. Returns how many are new. */
  expect(slots: readonly ExpectedSlot[], tx?: Db): Promise<number>
  /** In the transaction that is given, where one is. */
  record(outcomes: readonly SlotOutcome[], tx?: Db): Promise<void>
  /** Slots from `from` on that are still without a value, newest first: what is caught up. */
  open(query: OpenSlotQuery): Promise<readonly OpenSlot[]>
  /** Where slots should stand between others and nobody wrote them down: we were not running. */
  gaps(query: SlotGapQuery): Promise<readonly SlotGap[]>
  /**
   * Ends what is still owed and cannot come any more; slots of plans that are not named end with
   * the reason `no-plan`. Returns how many.
   */
  close(ends: readonly SlotEnd[], now: Instant): Promise<number>
  /** Slots whose start lies in the utility's civil day. */
  summary(date: BusinessDate): Promise<CollectionSummary>
  /** Drops slots that began so long ago; returns how many chunks. */
  retain(now: Instant, keptDays: number): Promise<number>
}

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

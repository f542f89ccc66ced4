import type { BusinessDate, ChannelId, ConcentratorId, Id, Instant, MeterId } from '#src/core'
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
  /** Given up, or only estimated. */
  readonly missing: number
  readonly estimated: number
  /** Of meters that were removed meanwhile, and the like; in no other figure. */
  readonly notExpected: number
  /** Still to come or being asked for: neither a success nor a failure yet. */
  readonly pending: number
  /** `received / (received + missing)`, e.g. `0.9950`; null while nothing has ended. */
  readonly successRate: string | null
}

/** The meters behind one concentrator, or on one channel that has none. */
export interface CollectionGroup extends CollectionCount {
  readonly concentratorId: ConcentratorId | null
  readonly concentrator: string | null
  readonly channelId: ChannelId
  readonly channel: string
}

export interface CollectionSummary extends CollectionCount {
  readonly date: BusinessDate
  readonly groups: readonly CollectionGroup[]
}

/**
 * A task as the ledger makes slots of it. When slots begin is a matter of the cadence alone, so that
 * whoever makes them when gets the same.
 */
export interface LedgerTask {
  readonly planId: PlanId
  readonly cycleSeconds: number
  readonly offsetSeconds: number
  /** The first slot of a task that is new, and of a meter that joins it. */
  readonly first: Instant
  /** The slot that comes after now. */
  readonly next: Instant
  /** How far back slots are made up that nobody wrote down: what is older nobody can fetch. */
  readonly reach: Instant
  /** When its slots begin in `[from, to)`, oldest first, and at most so many. */
  slots(from: Instant, to: Instant, most: number): readonly Instant[]
}

/** The ledger of what should have come and what did (采集台账). */
export interface Collection {
  /**
   * Takes in which tasks there are and which meters take part in them: slots of a meter that was
   * removed are not expected any more, those of one that was installed are from then on.
   */
  follow(tasks: readonly LedgerTask[], now: Instant): Promise<void>
  /**
   * Writes down the slots of a task that begin before `to`, each exactly once, also those that
   * nobody wrote down in time. Returns until when they are; null for a task that is not followed.
   */
  advance(task: LedgerTask, to: Instant, signal?: AbortSignal): Promise<Instant | null>
  /** In the transaction of whoever stores what they brought, as its last statement, or its own. */
  record(outcomes: readonly SlotOutcome[], tx?: Db): Promise<void>
  /**
   * Slots without a value have an estimated one now, by this method. Those that were received stay
   * as they are, and a value that comes later takes the estimate's place. Returns how many.
   */
  estimate(slots: readonly Slot[], method: string, tx?: Db): Promise<number>
  /** Slots from `from` on that are still without a value, newest first: what is caught up. */
  open(query: OpenSlotQuery): Promise<readonly OpenSlot[]>
  /**
   * Ends what is still owed and cannot come any more; slots of plans that are not named end with
   * the reason `no-plan`. Returns how many.
   */
  close(ends: readonly SlotEnd[], now: Instant): Promise<number>
  /** Slots whose start lies in the utility's civil day. */
  summary(date: BusinessDate): Promise<CollectionSummary>
  /** Packs days that hardly change any more; returns how many chunks. */
  compress(now: Instant): Promise<number>
  /** Counts days whose sums do not hold all slots yet, after an upgrade; returns how many. */
  recount(): Promise<number>
  /** Drops slots that began so long ago; returns how many chunks. */
  retain(now: Instant, keptDays: number): Promise<number>
}

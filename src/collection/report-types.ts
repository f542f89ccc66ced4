import type { BusinessDate, ConcentratorId, Instant, MeterId, Result } from '#src/core'
import type { Db } from '#src/db'
import type { Grouping } from './counting.ts'
import type { SlotCounts } from './slot-sums.ts'
import type { PlanId } from './types.ts'

/** A share, with the formula it comes from and the numbers that went into it. */
export interface Kpi {
  readonly name: 'finalSuccess' | 'firstPassSuccess' | 'timeliness' | 'onlineRate' | 'coverage'
  readonly formula: string
  readonly numerator: number
  readonly denominator: number
  /** Null where nothing counts yet. */
  readonly value: string | null
}

interface KpiQuery {
  readonly from: BusinessDate
  /** Inclusive. */
  readonly to: BusinessDate
  readonly by: Grouping
}

interface KpiGroup {
  readonly group: string
  readonly counts: SlotCounts
  readonly kpis: readonly Kpi[]
}

export const slotStates = [
  'due',
  'received',
  'late',
  'given-up',
  'not-expected',
  'estimated',
] as const

export type SlotState = (typeof slotStates)[number]

export interface SlotFilter {
  readonly date: BusinessDate
  readonly state?: SlotState
  readonly reason?: string
  readonly planId?: PlanId
  readonly meterId?: MeterId
  readonly concentratorId?: ConcentratorId
}

export interface ListPage {
  readonly limit: number
  readonly cursor?: string
}

export interface ListedSlot {
  readonly meterId: MeterId
  readonly address: string
  readonly usagePoint: string | null
  readonly concentrator: string | null
  readonly task: string
  readonly slotStart: Instant
  readonly due: Instant
  readonly state: SlotState
  readonly reason: string | null
  readonly attempts: number
  readonly answeredAt: Instant | null
}

/** A meter of which nothing was received for days, although it was owed. */
export interface UnreadPoint {
  readonly meterId: MeterId
  readonly address: string
  readonly usagePoint: string | null
  readonly concentrator: string | null
  /** When something was received last, within two months. */
  readonly lastReceived: Instant | null
  /** Why the newest of the slots is empty; null while it may still come. */
  readonly reason: string | null
}

/** A usage point that no terminal covers. */
export interface UncoveredPoint {
  readonly usagePoint: string
  readonly address: string | null
  readonly concentrator: string | null
  readonly reason: 'no-meter' | 'never-heard' | 'silent' | 'nothing-received'
}

export interface Listed<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

export interface BadListCursor {
  readonly kind: 'bad-cursor'
}

/** Which slots that were given up should be asked for again. */
export interface BackfillOrder {
  /** Nobody named: every meter. */
  readonly meterIds: readonly MeterId[]
  readonly groupIds: readonly number[]
  readonly concentratorIds: readonly ConcentratorId[]
  /** None named: every task. */
  readonly planIds: readonly PlanId[]
  readonly from: BusinessDate
  /** Inclusive. */
  readonly to: BusinessDate
}

export interface BackfillOutcome {
  /** Due again. */
  readonly slots: number
  /** Given up as well, but no device holds them any more, or their task has no way to ask. */
  readonly lost: number
}

export interface CollectionReports {
  kpis(query: KpiQuery): Promise<KpiQuery & { readonly items: readonly KpiGroup[] }>
  /** The newest first. */
  slots(filter: SlotFilter, page: ListPage): Promise<Result<Listed<ListedSlot>, BadListCursor>>
  /** Meters of which nothing was received on any of the last so many whole days and since. */
  unread(days: number, page: ListPage): Promise<Result<Listed<UnreadPoint>, BadListCursor>>
  coverage(
    page: ListPage,
  ): Promise<Result<Listed<UncoveredPoint> & { readonly kpi: Kpi }, BadListCursor>>
  /** Makes slots due again that were given up and may still be had; twice is once. */
  backfill(
    order: BackfillOrder,
    also: (tx: Db, outcome: BackfillOutcome) => Promise<void>,
  ): Promise<BackfillOutcome>
}

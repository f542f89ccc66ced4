import type { DataClass, ItemCode, Value } from '#protocols/model'
import type { Instant, MeterId, Result } from '#src/core'
import type { Db } from '#src/db'

/** A value that can be kept: what a device did not send is not stored. */
type StoredValue = Exclude<Value, { kind: 'missing' }>

/** Whose clock gave the time of the reading. */
export type TimeSource = 'meter' | 'head-end'

/** How the reading came to us. */
export type ReadingSource = 'poll' | 'on-demand' | 'push' | 'import'

/** `clock-doubtful`: taken while the meter's clock was more than five minutes off. */
export type ReadingQuality = 'good' | 'clock-doubtful' | 'suspect' | 'estimated'

/**
 * One value of one item at one time. All present values of one poll of one meter should carry
 * the same `measuredAt` (say, when the last answer came): they then share one wide row, which is
 * an order of magnitude cheaper than a row each.
 */
export interface StoredReading {
  readonly meterId: MeterId
  readonly item: ItemCode
  readonly value: StoredValue
  readonly dataClass: DataClass
  readonly measuredAt: Instant
  readonly timeSource: TimeSource
  readonly receivedAt: Instant
  readonly source: ReadingSource
  readonly quality: ReadingQuality
}

/** Readings that were new, known already, or different from what is kept (now a revision). */
export interface StoreOutcome {
  readonly stored: number
  readonly repeated: number
  readonly revised: number
}

/** A reading as it leaves the store: the value exactly as the device wrote it. */
export interface KeptReading {
  readonly meterId: MeterId
  readonly register: ItemCode
  readonly value: string
  readonly unit: string
  readonly dataClass: DataClass
  readonly at: Instant
  readonly receivedAt: Instant
  readonly quality: ReadingQuality
  readonly source: ReadingSource
  readonly timeSource: TimeSource
}

export interface ReadingQuery {
  readonly register?: ItemCode
  readonly dataClass?: DataClass
  /** Inclusive. */
  readonly from?: Instant
  /** Exclusive. */
  readonly to?: Instant
  readonly limit: number
  readonly cursor?: string
}

export interface ReadingPage {
  readonly items: readonly KeptReading[]
  readonly next: string | null
}

export interface BadCursor {
  readonly kind: 'bad-cursor'
}

export interface CurvePoint {
  readonly at: Instant
  readonly value: string
}

/** One meter since a moment. */
export interface SampleQuery {
  readonly meterId: MeterId
  readonly from: Instant
}

/** One value of a moment, `digits` × 10^-`scale`, as it was sent. */
export interface Sampled {
  readonly meterId: MeterId
  readonly at: Instant
  readonly digits: bigint
  readonly scale: number
}

export interface TrendQuery {
  readonly from: Instant
  /** Exclusive. */
  readonly to: Instant
  readonly buckets: number
  /** Exact decimals: what is told is the reading × `factor` + `shift`. */
  readonly factor: string
  readonly shift: string
}

/** A stretch of time; the average is rounded to six decimals, all else is exact. */
export interface TrendBucket {
  readonly start: Instant
  readonly end: Instant
  readonly min: string
  readonly max: string
  readonly average: string
  readonly last: string
  readonly count: number
}

/** Which readings the maintenance keeps, in days. */
export interface Retention {
  readonly curveDays: number
  readonly dailyDays: number
  readonly itemDays: number
}

/** What the schedule does to the stored readings; each step is safe to repeat at any time. */
export interface ReadingsMaintenance {
  /** Brings the hourly continuous aggregate up to date, also where data came late. */
  refreshHours(now: Instant): Promise<void>
  /** Moves old chunks to the columnstore; returns how many. */
  compress(now: Instant): Promise<number>
  /** Drops chunks past their retention; returns how many. */
  retain(now: Instant, retention: Retention): Promise<number>
  analyze(): Promise<void>
}

/** The only door to stored measurements. */
export interface Readings {
  /**
   * Idempotent: the same readings in any order and number leave the same store. In a transaction
   * of its own, or in the one that is given.
   */
  store(batch: readonly StoredReading[], tx?: Db): Promise<StoreOutcome>
  /** Newest first. */
  list(meterId: MeterId, query: ReadingQuery): Promise<Result<ReadingPage, BadCursor>>
  /** The newest present or profile value of each item of these meters. */
  latest(meterIds: readonly MeterId[]): Promise<readonly KeptReading[]>
  /** One quantity of one meter over time, oldest first, thinned to about `pointsMax`. */
  curve(
    meterId: MeterId,
    register: ItemCode,
    from: Instant,
    to: Instant,
    pointsMax: number,
  ): Promise<readonly CurvePoint[]>
  /** One quantity of one meter in equal stretches of time, oldest first. */
  trend(meterId: MeterId, register: ItemCode, query: TrendQuery): Promise<readonly TrendBucket[]>
  /** What is stored of one item of many meters, each since a moment; in any order. */
  samples(register: ItemCode, queries: readonly SampleQuery[], tx?: Db): Promise<readonly Sampled[]>
  /** The last readings that came in, newest first; for the live page. */
  newest(limit: number): Promise<readonly KeptReading[]>
  /** Values received since then; for the live page. */
  countSince(since: Instant): Promise<number>
  readonly maintenance: ReadingsMaintenance
}

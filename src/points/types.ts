import type { ItemCode } from '#protocols/model'
import type { Id, Instant, MeterId, Result } from '#src/core'
import type { Db } from '#src/db'
import type { TrendBucket } from '#src/readings'

export type PointId = Id<'point'>

export const limitKinds = ['low-low', 'low', 'high', 'high-high'] as const
export type LimitKind = (typeof limitKinds)[number]
export type Level = 'normal' | LimitKind

/** What people set; quantities are exact decimals as text. */
export interface PointSettings {
  readonly name: string
  readonly meterId: MeterId
  readonly item: ItemCode
  /** What is shown is the reading × `factor` + `shift`. */
  readonly factor: string
  readonly shift: string
  readonly unit: string
  readonly lowLow: string | null
  readonly low: string | null
  readonly high: string | null
  readonly highHigh: string | null
  readonly hysteresis: string
  readonly deadband: string
  readonly delaySeconds: number
  readonly staleSeconds: number
  readonly opensCase: boolean
}

export interface PointAlarm {
  readonly id: number
  readonly level: LimitKind
  readonly raisedAt: Instant
  readonly value: string
  readonly clearedAt: Instant | null
  readonly withdrawnAt: Instant | null
  readonly acknowledgedAt: Instant | null
  readonly acknowledgedBy: string | null
  readonly note: string | null
}

export interface Point extends PointSettings {
  readonly id: PointId
  readonly meterAddress: string
  readonly level: Level
  readonly levelSince: Instant | null
  /** The last value and its time; whether it still counts is for `isStale` to say. */
  readonly value: string | null
  readonly measuredAt: Instant | null
  readonly changedAt: Instant | null
  readonly isStale: boolean
  /** Alarms that nobody has acknowledged. */
  readonly unacknowledged: number
}

export const pointStates = ['alarm', 'unacknowledged', 'stale', 'normal'] as const
export type PointStateFilter = (typeof pointStates)[number]

export interface PointFilter {
  readonly state?: PointStateFilter
  readonly meterId?: MeterId
  readonly name?: string
}

export interface PointRefusal {
  readonly kind: 'not-found' | 'name-taken' | 'no-meter' | 'wrong'
  readonly message: string
}

/** The audit record of what a person did, in the transaction of it. */
export type Also = (tx: Db) => Promise<void>

export interface Points {
  create(settings: PointSettings, also: Also): Promise<Result<Point, PointRefusal>>
  change(id: PointId, settings: PointSettings, also: Also): Promise<Result<Point, PointRefusal>>
  remove(id: PointId, also: Also): Promise<boolean>
  get(id: PointId): Promise<Point | undefined>
  /** By number, after a number. */
  list(filter: PointFilter, after: number, limit: number): Promise<readonly Point[]>
  /** Newest first, before a number. */
  alarms(id: PointId, before: number | null, limit: number): Promise<readonly PointAlarm[]>
  /** Everything of the point that nobody acknowledged; undefined where there is no such point. */
  acknowledge(id: PointId, who: string, note: string, also: Also): Promise<number | undefined>
  trend(point: Point, from: Instant, to: Instant, buckets: number): Promise<readonly TrendBucket[]>
}

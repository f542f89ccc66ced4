import type { ItemCode } from '#protocols/model'
import type { Instant, MeterId, Result, UsagePointId } from '#src/core'

export type Granularity = '15min' | 'hour' | 'day' | 'month'

/**
 * Whose energy is asked for: what hung at a usage point in `[from, to)`, or of it only one meter.
 * `#src/registry` Installation fits.
 */
export interface MeteredSpan {
  readonly meterId: MeterId
  /** Null for a meter that counts for no usage point: it counts as it reads. */
  readonly usagePointId: UsagePointId | null
  readonly from: Instant
  readonly to: Instant | null
}

export interface UsageQuery {
  readonly installations: readonly MeteredSpan[]
  readonly register: ItemCode
  /** The periods that touch `[from, to)` are answered whole. */
  readonly from: Instant
  readonly to: Instant
  readonly granularity: Granularity
}

/**
 * `measured`: both boundaries were read; `interpolated`: at least one lies between two readings
 * no more than an hour apart; `suspect`: a reading used carries a doubt; `incomplete`: the energy
 * known so far, because a boundary is missing or still to come; `estimated` and `edited`: a boundary
 * is a value that no meter said.
 */
export type UsageQuality =
  | 'measured'
  | 'interpolated'
  | 'suspect'
  | 'incomplete'
  | 'estimated'
  | 'edited'

export interface UsageItem {
  readonly start: Instant
  readonly end: Instant
  /** Primary energy (× CT·PT ratio), an exact decimal. */
  readonly value: string
  readonly quality: UsageQuality
}

export interface Usage {
  readonly unit: string
  /** Periods of which nothing is known are absent. */
  readonly items: readonly UsageItem[]
  /** Periods left out because the register fell: a reset, an unknown swap or a wrong reading. */
  readonly fallen: number
}

export interface UsageRefusal {
  readonly kind: 'not-a-register' | 'too-many-periods'
  readonly message: string
}

/** Energy of usage points, from the registers of whatever was installed. */
export interface Metering {
  usage(query: UsageQuery): Promise<Result<Usage, UsageRefusal>>
  /** Recomputes the days and months that are finished or changed; returns rows written. */
  rollUp(now: Instant): Promise<number>
  /** Moves old days to the columnstore; returns how many chunks. */
  compress(now: Instant): Promise<number>
  analyze(): Promise<void>
}

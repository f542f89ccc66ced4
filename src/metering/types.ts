import type { ItemCode } from '#protocols/model'
import type { BusinessDate, Instant, MeterId, Result, UsagePointId } from '#src/core'

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

/** One value of a register at one moment; not all that is there counts. */
export interface ValueOrigin {
  readonly at: Instant
  /** As the meter counts, before any ratio. */
  readonly value: string
  /** `read`, `installation` (written down there), or the kind of a value put in its place. */
  readonly kind: string
  readonly counts: boolean
  readonly dataClass: string | null
  readonly source: string | null
  readonly readingQuality: string | null
  readonly receivedAt: Instant | null
  readonly verdict: string | null
  readonly method: string | null
  readonly rule: string | null
  readonly ruleVersion: number | null
  readonly reason: string | null
  readonly madeBy: string | null
  readonly madeAt: Instant | null
  readonly decidedBy: string | null
  readonly decidedAt: Instant | null
}

/** The register at an end of a period, before any ratio. */
export interface BoundaryExplained {
  readonly at: Instant
  readonly value: string
  readonly quality: UsageQuality
  /** Two moments where it lies between them. */
  readonly rests: readonly ValueOrigin[]
}

/** What one installation added. */
export interface PartExplained {
  readonly installationId: number
  readonly meterId: number
  readonly meterAddress: string
  readonly installedFrom: Instant
  readonly installedTo: Instant | null
  readonly ratio: { readonly numerator: bigint; readonly denominator: bigint }
  /** `fallen`: the register fell and nobody knows why; `unknown`: too little was read. */
  readonly outcome: 'energy' | 'fallen' | 'unknown'
  readonly energy: string | null
  readonly estimated: string | null
  readonly quality: UsageQuality | null
  readonly rollOvers: number
  readonly from: BoundaryExplained | null
  readonly to: BoundaryExplained | null
}

/** Where the energy of a day came from, as far as is known now. */
export interface EnergyExplained {
  readonly usagePoint: string
  readonly register: ItemCode
  readonly unit: string
  readonly date: BusinessDate
  readonly start: Instant
  readonly end: Instant
  readonly outcome: 'energy' | 'fallen' | 'unknown'
  readonly energy: string | null
  readonly estimated: string | null
  readonly quality: UsageQuality | null
  /** What is kept for the day; it follows within minutes. */
  readonly kept: null | {
    readonly energy: string
    readonly quality: UsageQuality
    readonly computedAt: Instant
  }
  readonly parts: readonly PartExplained[]
}

export type ExplainRefusal = 'unknown-usage-point' | 'not-a-register'

/** Which of the kept days or months; all usage points and registers where nothing is said. */
export interface KeptUsageQuery {
  readonly granularity: 'day' | 'month'
  readonly from: BusinessDate
  /** Inclusive. */
  readonly to: BusinessDate
  readonly registers?: readonly ItemCode[]
  readonly account?: string
  readonly usagePoint?: string
  readonly after?: KeptUsageKey
  readonly limit: number
}

export interface KeptUsageKey {
  readonly usagePointId: number
  readonly date: string
  readonly register: string
}

export interface KeptUsage extends KeptUsageKey {
  readonly usagePoint: string
  /** Whose it was at the end of the period. */
  readonly account: string | null
  readonly register: ItemCode
  readonly energy: string
  readonly unit: string
  readonly quality: UsageQuality
  readonly estimated: string
  readonly computedAt: Instant
}

/** Energy of usage points, from the registers of whatever was installed. */
export interface Metering {
  usage(query: UsageQuery): Promise<Result<Usage, UsageRefusal>>
  explain(
    usagePoint: string,
    date: BusinessDate,
    register: ItemCode,
  ): Promise<Result<EnergyExplained, ExplainRefusal>>
  /** Kept days or months of many usage points, in the order of their key. */
  kept(query: KeptUsageQuery): Promise<readonly KeptUsage[]>
  /** Recomputes the days and months that are finished or changed; returns rows written. */
  rollUp(now: Instant): Promise<number>
  /** Moves old days to the columnstore; returns how many chunks. */
  compress(now: Instant): Promise<number>
  /** Lets go of changes that every follower has seen long ago; returns how many. */
  forgetChanges(now: Instant): Promise<number>
  analyze(): Promise<void>
}

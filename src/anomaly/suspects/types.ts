import type { BusinessDate, Instant } from '#src/core'
import type { Manner } from './templates.ts'

/** A usage point that may explain the loss of its area. */
export interface Suspect {
  readonly usagePointId: number
  readonly usagePoint: string
  readonly nodeId: number
  readonly node: string
  /** 0 to 100, with two decimals. */
  readonly score: string
  readonly manner: Manner
  readonly since: BusinessDate
  readonly from: BusinessDate
  readonly to: BusinessDate
  /** Not billed, 10^-6 kWh: the estimate, and at least and at most. */
  readonly energy: bigint
  readonly energyLow: bigint
  readonly energyHigh: bigint
  readonly worth: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly computedAt: Instant
}

/** What a case against a usage point can stand on. */
export interface EvidencePack {
  readonly suspect: Suspect
  readonly days: readonly {
    readonly date: BusinessDate
    readonly energy: bigint | null
    readonly quality: number | null
    readonly areaLoss: bigint | null
    /** Of that loss, what the suspect explains. */
    readonly explained: bigint | null
  }[]
  /** Mean kWh by hour of the day before and since, as exact decimals. */
  readonly hours: readonly {
    readonly hour: number
    readonly before: string | null
    readonly since: string | null
  }[]
  /** Means of a day before the change and since; null where no day is known. */
  readonly means: Readonly<
    Record<
      'energy' | 'areaLoss' | 'areaLossWithout',
      { readonly before: bigint | null; readonly since: bigint | null }
    >
  >
  /** What the estimate is worth, at the price of a kWh that counted on its last day. */
  readonly money: {
    readonly price: string
    readonly worth: string
    readonly worthLow: string
    readonly worthHigh: string
  }
  /** Register readings at the ends of the days, as the meters sent them. */
  readonly registers: readonly {
    readonly meter: string
    readonly register: string
    readonly at: Instant
    readonly value: string
    readonly receivedAt: Instant
    readonly quality: number
  }[]
  readonly events: readonly {
    readonly code: string
    readonly at: Instant
    readonly endedAt: Instant | null
  }[]
  readonly anomalies: readonly {
    readonly id: number
    readonly code: string
    readonly version: number
    readonly score: number
    readonly state: string
    readonly beganOn: BusinessDate
    readonly lastOn: BusinessDate
    readonly evidence: Readonly<Record<string, unknown>>
  }[]
  /** The archive as it was on the first day of it. */
  readonly archive: Readonly<Record<string, unknown>>
  /** Who and what hung there in the time that was looked at, and how it changed. */
  readonly history: readonly {
    readonly what: 'meter' | 'account' | 'contract' | 'place'
    readonly name: string
    readonly from: Instant
    readonly to: Instant | null
    readonly detail: Readonly<Record<string, unknown>>
  }[]
  /** Users of the area: mean kWh of a day before and since, the suspect among them. */
  readonly peers: readonly {
    readonly usagePoint: string
    readonly isSuspect: boolean
    readonly before: string | null
    readonly since: string | null
    /** Since by before. */
    readonly change: string | null
  }[]
  /** How the estimate was computed, in sentences. */
  readonly method: readonly string[]
}

export interface SuspectPlace {
  readonly score: string
  readonly usagePointId: number
}

export interface Suspects {
  /** Looks at areas whose losses went on since they were looked at. Returns how many. */
  follow(now: Instant, signal?: AbortSignal): Promise<number>
  /** The most suspect first, after a place. */
  list(
    filter: { readonly node?: number; readonly scoreMin?: number },
    after: SuspectPlace | null,
    limit: number,
  ): Promise<readonly Suspect[]>
  pack(usagePointId: number): Promise<EvidencePack | undefined>
}

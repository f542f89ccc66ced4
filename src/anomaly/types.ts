import type { BusinessDate, Instant, Result } from '#src/core'
import type { Db } from '#src/db'
import type { Shape } from './conditions.ts'

export const anomalyStates = ['open', 'confirmed', 'dismissed', 'cleared'] as const
export type AnomalyState = (typeof anomalyStates)[number]

const classes = ['residential', 'commercial', 'industrial', 'agricultural', 'public'] as const
type CustomerClass = (typeof classes)[number]

/** A version of a rule in force. */
export interface Rule {
  readonly code: string
  readonly version: number
  readonly shape: Shape
  readonly parameters: unknown
  readonly customerClass: CustomerClass | null
  /** Classes that have a version of this rule of their own. */
  readonly otherClasses: readonly CustomerClass[]
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  readonly baseScore: number
  readonly raiseDays: number
  readonly raiseWithin: number
  readonly clearDays: number
  readonly opensCase: boolean
  readonly enabled: boolean
}

/** A change of a rule: what is absent stays as it is. */
export type RuleChange = Partial<
  Pick<
    Rule,
    | 'parameters'
    | 'severity'
    | 'baseScore'
    | 'raiseDays'
    | 'raiseWithin'
    | 'clearDays'
    | 'opensCase'
    | 'enabled'
  >
>

/** What a kWh is worth from a day on: of a tariff, of a class, or, without either, of all. */
export interface Price {
  readonly tariff: string
  readonly customerClass: string | null
  readonly validFrom: BusinessDate
  /** An exact decimal of the currency. */
  readonly price: string
}

export interface DaySpan {
  readonly date: BusinessDate
  readonly start: Instant
  readonly end: Instant
}

export interface Anomaly {
  readonly id: number
  readonly code: string
  readonly version: number
  readonly severity: Rule['severity']
  readonly usagePointId: number
  readonly usagePoint: string
  readonly meterId: number | null
  readonly meter: string | null
  readonly nodeId: number | null
  readonly node: string | null
  readonly score: number
  readonly state: AnomalyState
  readonly beganOn: BusinessDate
  readonly lastOn: BusinessDate
  readonly endedOn: BusinessDate | null
  readonly days: number
  /** At stake, 10^-6 kWh. */
  readonly energy: bigint
  /** What that is worth, an exact decimal of the currency. */
  readonly worth: string
  readonly evidence: Readonly<Record<string, unknown>>
  readonly raisedAt: Instant
  readonly clearedAt: Instant | null
  readonly decidedBy: string | null
  readonly decidedAt: Instant | null
  readonly reason: string
  readonly quietUntil: BusinessDate | null
  readonly caseId: number | null
}

export interface AnomalyFilter {
  /** Open and confirmed ones if absent. */
  readonly states?: readonly AnomalyState[]
  readonly code?: string
  readonly usagePointId?: number
  /** Of points that counted for this node or one below it. */
  readonly below?: number
  readonly scoreMin?: number
}

/** A place in the list: by what is at stake, then by number. */
export interface AnomalyPlace {
  readonly energy: bigint
  readonly id: number
}

export type AnomalyMove =
  | { readonly kind: 'confirm'; readonly reason: string }
  | { readonly kind: 'dismiss'; readonly reason: string; readonly quietDays: number }
  | { readonly kind: 'ticket' }

export interface AnomalyRefusal {
  readonly kind: 'not-found' | 'not-now' | 'invalid'
  readonly message: string
}

/** What stands around a finding. */
export interface AnomalyContext {
  readonly days: readonly {
    readonly date: BusinessDate
    readonly energy: bigint | null
    readonly quality: number | null
    readonly areaLoss: bigint | null
  }[]
  readonly curve: readonly {
    readonly at: Instant
    readonly values: Readonly<Record<string, string | null>>
  }[]
  readonly events: readonly {
    readonly code: string
    readonly at: Instant
    readonly endedAt: Instant | null
  }[]
  readonly hits: readonly {
    readonly date: BusinessDate
    readonly evidence: Readonly<Record<string, unknown>>
  }[]
}

export type Also = (tx: Db) => Promise<void>

export interface Anomalies {
  /** Judges what changed. Returns how many points and days it judged. */
  follow(now: Instant, signal?: AbortSignal): Promise<number>
  /** Lets days go that no rule and no finding needs any more. Returns how many. */
  forget(now: Instant, signal?: AbortSignal): Promise<number>
  /** The most worth first, after a place. */
  list(
    filter: AnomalyFilter,
    after: AnomalyPlace | null,
    limit: number,
  ): Promise<readonly Anomaly[]>
  get(id: number): Promise<Anomaly | undefined>
  context(anomaly: Anomaly): Promise<AnomalyContext>
  move(
    id: number,
    move: AnomalyMove,
    actor: string,
    now: Instant,
    also: Also,
  ): Promise<Result<Anomaly, AnomalyRefusal>>
  rules(): Promise<readonly Rule[]>
  /** Every price there was. */
  prices(): Promise<readonly Price[]>
  setPrice(price: Price, by: string, now: Instant, also: Also): Promise<void>
  /** A new version from now on, for a class of customers or for everybody. */
  setRule(
    code: string,
    customerClass: CustomerClass | null,
    change: RuleChange,
    by: { readonly name: string; readonly reason: string; readonly now: Instant },
    also: Also,
  ): Promise<Result<Rule, AnomalyRefusal>>
}

import type { BusinessDate, Id, Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'

export type FindingId = Id<'validation_finding'>

/** What a finding does to the value, and what a method does. */
export const acts = ['reject', 'suspect', 'flag', 'estimate', 'off'] as const
export type Act = (typeof acts)[number]

export const severities = ['low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

export const customerClasses = [
  'residential',
  'commercial',
  'industrial',
  'agricultural',
  'public',
] as const
export type CustomerClass = (typeof customerClasses)[number]

/** A rule or a method in one version. */
export interface Rule {
  readonly id: Id<'validation_rule'>
  readonly kind: 'rule' | 'method'
  readonly code: string
  readonly version: number
  readonly customerClass: CustomerClass | null
  readonly group: string | null
  readonly act: Act
  readonly severity: Severity
  readonly parameters: Readonly<Record<string, unknown>>
  readonly position: number | null
  readonly validFrom: Instant
  readonly validTo: Instant | null
  readonly madeBy: string
  readonly reason: string
}

/** A change of a rule: what is not named stays as it was. */
export interface RuleChange {
  readonly code: string
  readonly customerClass: CustomerClass | null
  readonly group: string | null
  readonly act?: Act
  readonly severity?: Severity
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly position?: number
  readonly reason: string
}

export interface RuleRefusal {
  readonly kind: 'no-such-rule' | 'no-such-group' | 'bad-parameters'
  readonly message: string
}

/** The audit record of what a person did, in the transaction of it. */
export type Also = (tx: Db, detail: Readonly<Record<string, unknown>>) => Promise<void>

/** A day of a meter to be judged. */
export interface DayTask {
  readonly meterId: MeterId
  readonly date: BusinessDate
}

export interface RunOutcome {
  /** Days of meters that were judged. */
  readonly days: number
  readonly found: number
  readonly settled: number
  readonly estimated: number
}

export const findingStates = ['open', 'accepted', 'rejected', 'corrected', 'settled'] as const
export type FindingState = (typeof findingStates)[number]

export interface Finding {
  readonly id: FindingId
  readonly meterId: MeterId
  readonly meterAddress: string
  readonly usagePoint: string | null
  readonly register: string
  readonly date: BusinessDate
  readonly at: Instant | null
  /** The reading that a person brought and that waits for this. */
  readonly valueId: bigint | null
  readonly code: string
  readonly version: number
  readonly act: Act
  readonly severity: Severity
  readonly evidence: Readonly<Record<string, unknown>>
  /** Primary energy that hangs on it, 10^-6, and what it is worth by the price of the limits. */
  readonly stake: bigint
  readonly worth: string
  readonly state: FindingState
  readonly foundAt: Instant
  readonly claimedBy: string | null
  readonly decidedBy: string | null
  readonly decidedAt: Instant | null
  readonly reason: string
}

export interface FindingFilter {
  readonly state?: FindingState
  readonly code?: string
  readonly severity?: Severity
  readonly meterId?: MeterId
  readonly usagePoint?: string
  readonly claimedBy?: string
  /** The days that findings are about, both inclusive. */
  readonly from?: BusinessDate
  readonly to?: BusinessDate
}

export interface FindingPage {
  readonly items: readonly Finding[]
  readonly next: string | null
}

export const decisions = ['claim', 'release', 'accept', 'reject', 'estimate'] as const
export type Decision = (typeof decisions)[number]

/** What became of each finding that was decided. */
export interface Decided {
  readonly done: readonly FindingId[]
  /** Not open any more, or not there. */
  readonly left: readonly FindingId[]
}

export type DeskRefusal = {
  readonly kind:
    | 'not-found'
    | 'no-meter'
    | 'not-now'
    | 'second-person'
    | 'too-many'
    | 'bad-cursor'
    | 'bad-reading'
    | 'bad-photo'
    | 'bad-file'
  readonly message: string
}

export const valueKinds = ['estimated', 'edited', 'handheld', 'self', 'manual'] as const
export type ValueKind = (typeof valueKinds)[number]
export const valueStates = ['proposed', 'in-force', 'superseded', 'refused'] as const
export type ValueState = (typeof valueStates)[number]

/** A register value that no meter sent. */
export interface Value {
  readonly id: bigint
  readonly meterId: MeterId
  readonly meterAddress: string
  readonly register: string
  readonly at: Instant
  readonly value: string
  readonly kind: ValueKind
  readonly method: string | null
  readonly state: ValueState
  readonly reason: string
  readonly madeBy: string
  readonly madeAt: Instant
  readonly decidedBy: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export interface ValueFilter {
  readonly meterId?: MeterId
  readonly state?: ValueState
  readonly kind?: ValueKind
}

/** A register as a person wrote it down. */
export interface Written {
  readonly meterId: MeterId
  readonly register: string
  readonly at: Instant
  /** A decimal as on the display. */
  readonly value: string
  readonly detail?: Readonly<Record<string, unknown>>
}

/** What became of a reading that was brought. */
export interface Brought {
  readonly valueId: bigint | null
  readonly meterId: MeterId
  readonly outcome: 'accepted' | 'queued' | 'refused'
  readonly reasons: readonly string[]
}

export interface Proposal {
  readonly id: number
  readonly kind: 'bill'
  readonly usagePoint: string
  readonly account: string | null
  readonly month: BusinessDate
  readonly reason: string
  readonly state: 'open' | 'done' | 'dismissed'
  readonly madeAt: Instant
}

export interface Figures {
  /** Meters that were in service, and those of them that people brought a reading of. */
  readonly meters: number
  readonly brought: number
  readonly values: readonly {
    readonly kind: ValueKind
    readonly state: ValueState
    readonly count: number
  }[]
  readonly findings: readonly {
    readonly code: string
    readonly state: FindingState
    readonly count: number
  }[]
}

export interface Limit {
  readonly name: string
  readonly value: string
  readonly meaning: string
}

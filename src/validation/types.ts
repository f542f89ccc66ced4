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

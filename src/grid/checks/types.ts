import type { BusinessDate } from '#src/core'
import type { RuleSubject } from './rules.ts'

export interface RuleResult {
  readonly rule: string
  readonly subject: RuleSubject
  readonly en: string
  readonly zh: string
  readonly weight: number
  readonly checked: number
  readonly failed: number
}

/** `score`: 0 to 100 with two decimals; null where there was nothing to look at. */
export interface ArchiveScore {
  readonly score: string | null
  readonly rules: readonly RuleResult[]
}

export interface AreaScore {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly score: string
  readonly failed: number
}

export interface ArchiveGap {
  readonly id: number
  readonly subject: RuleSubject
  /** Code of the point or area, address of the meter, number of the account. */
  readonly key: string
  readonly area: string | null
}

export interface ScoreDay {
  readonly date: BusinessDate
  readonly score: string | null
  readonly failed: number
}

/** Changes of the archive on a day, by what they were about. */
export interface ChangeDay {
  readonly date: BusinessDate
  readonly subject: string
  readonly action: string
  readonly changes: number
}

export const differenceKinds = ['differs', 'unset', 'theirs-only', 'ours-only'] as const
export type DifferenceKind = (typeof differenceKinds)[number]

export interface Difference {
  readonly id: number
  readonly account: string
  readonly usagePoint: string
  readonly kind: DifferenceKind
  readonly field: string
  readonly ours: string | null
  readonly theirs: string | null
  readonly foundOn: BusinessDate
}

export interface DifferenceFilter {
  readonly kind?: DifferenceKind
  readonly field?: string
  readonly account?: string
}

export interface DifferenceSum {
  readonly kind: DifferenceKind
  readonly field: string
  readonly differences: number
}

export interface ComparisonDay {
  readonly date: BusinessDate
  readonly accounts: number
  readonly differences: readonly DifferenceSum[]
}

export interface CheckPage {
  readonly after: number
  readonly limit: number
}

/** How good the archive is: whole in itself, and the same as in the marketing system. */
export interface ArchiveChecks {
  /** Looks at everything anew and keeps the result of the day. */
  look(): Promise<ArchiveScore>
  /** As it was last looked at. */
  score(): Promise<ArchiveScore & { readonly date: BusinessDate | null }>
  /** Worst first. */
  areas(limit: number): Promise<readonly AreaScore[]>
  area(code: string): Promise<ArchiveScore | null>
  /** What breaks a rule now; null where there is no such rule. */
  gaps(rule: string, area: string | null, page: CheckPage): Promise<readonly ArchiveGap[] | null>
  scoreDays(from: BusinessDate, to: BusinessDate): Promise<readonly ScoreDay[]>
  changeDays(from: BusinessDate, to: BusinessDate): Promise<readonly ChangeDay[]>
  /** Compares with what the marketing system said last; the number of differences. */
  compare(): Promise<{ readonly accounts: number; readonly differences: number }>
  differences(filter: DifferenceFilter, page: CheckPage): Promise<readonly Difference[]>
  comparisonDays(from: BusinessDate, to: BusinessDate): Promise<readonly ComparisonDay[]>
  /** What is to be done once a day, if it was not done yet. */
  daily(): Promise<void>
}

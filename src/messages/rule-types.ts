import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { Role } from '#src/identity'
import type { Locale, MessagePolicy, QuietHours } from './types.ts'

/** What people may be told of. */
export const occasions = [
  'case.opened',
  'case.assigned',
  'order.assigned',
  'order.hanging',
  'firmware.stopped',
  'device.event',
] as const
export type Occasion = (typeof occasions)[number]

export const urgencies = ['low', 'medium', 'high', 'critical'] as const
export type Urgency = (typeof urgencies)[number]

/** Who is told what (消息规则). */
export interface MessageRule {
  readonly name: string
  readonly occasion: Occasion
  readonly minSeverity: Urgency
  /** Kinds of cases, codes of events; null for all. */
  readonly topics: readonly string[] | null
  readonly toAssignee: boolean
  /** Everybody of this role. */
  readonly toRole: Role | null
  readonly template: string
  /** Also in quiet hours. */
  readonly urgent: boolean
  /** Null: as the policy has them. */
  readonly quiet: QuietHours | null
  /** So many of this rule to one person an hour; null: as the policy has it. */
  readonly personHourMax: number | null
  readonly validMinutes: number
  readonly enabled: boolean
}

export interface Template {
  readonly code: string
  readonly locale: Locale
  readonly body: string
}

export type Also = (tx: Db) => Promise<void>

/** What a rule may be wrong in. */
export interface RuleRefusal {
  readonly kind: 'no-template' | 'nobody' | 'unknown-parameter'
  readonly message: string
}

/** What an event of a device means to people. */
export interface EventWords {
  readonly code: string
  readonly severity: Urgency
  readonly zh: string
  readonly en: string
}

/** Something that a person is to be told by a rule, and was not yet. */
export interface Notice {
  readonly key: string
  readonly rule: Pick<MessageRule, 'name' | 'template' | 'urgent' | 'quiet' | 'validMinutes'>
  readonly recipient: string
  readonly locale: Locale
  readonly reference: string
  readonly occasion: Occasion
  readonly at: Instant
  readonly facts: Readonly<Record<string, unknown>>
}

export interface RuleBook {
  rules(): Promise<readonly MessageRule[]>
  templates(): Promise<readonly Template[]>
  policy(): Promise<MessagePolicy>
}

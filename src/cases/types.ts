import type { ConcentratorId, Duration, Id, Instant, MeterId, Result, UserId } from '#src/core'
import type { Db } from '#src/db'

export type CaseId = Id<'work_case'>

export const severities = ['low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

/** `closed` by evidence, `dismissed` with a reason; both may be opened again by new evidence. */
export const caseStates = ['open', 'assigned', 'working', 'closed', 'dismissed'] as const
export type CaseState = (typeof caseStates)[number]

/** What the work is about. */
export type CaseSubject =
  | { readonly kind: 'meter'; readonly id: MeterId }
  | { readonly kind: 'concentrator'; readonly id: ConcentratorId }
  | { readonly kind: 'usage-point'; readonly id: Id<'usage_point'> }
  | { readonly kind: 'area'; readonly id: Id<'transformer'> }

/** Facts with references to what proves them: slots, readings, frames, orders. */
export type Evidence = Readonly<Record<string, unknown>>

/** Something that somebody should look after. The same key is the same case. */
export interface Finding {
  /** Stable, e.g. `meter.silent`. */
  readonly kind: string
  readonly key: string
  readonly subject: CaseSubject
  readonly severity: Severity
  readonly evidence: Evidence
}

export interface WorkCase extends Finding {
  readonly id: CaseId
  readonly state: CaseState
  readonly assignee: { readonly id: UserId; readonly username: string } | null
  readonly dueAt: Instant
  readonly openedAt: Instant
  readonly lastFoundAt: Instant
  readonly timesFound: number
  readonly endedAt: Instant | null
  readonly mutedUntil: Instant | null
}

export type CaseAct =
  | 'opened'
  | 'reopened'
  | 'worsened'
  | 'assigned'
  | 'started'
  | 'changed'
  | 'noted'
  | 'closed'
  | 'dismissed'

export interface CaseEntry {
  readonly seq: number
  readonly at: Instant
  readonly actor: string
  readonly act: CaseAct
  readonly note: string
  readonly detail: Evidence
}

export interface CaseFilter {
  readonly states?: readonly CaseState[]
  readonly kind?: string
  readonly assignee?: UserId
  readonly subject?: CaseSubject
  /** Only those whose time is over. */
  readonly dueBefore?: Instant
}

/** What a person does with a case. */
export type CaseMove =
  | { readonly kind: 'assign'; readonly to: UserId }
  | { readonly kind: 'start' }
  | { readonly kind: 'note'; readonly note: string }
  | { readonly kind: 'change'; readonly severity?: Severity; readonly dueAt?: Instant }
  | { readonly kind: 'close'; readonly evidence: Evidence; readonly note: string }
  | { readonly kind: 'dismiss'; readonly note: string; readonly quietFor?: Duration }

export interface CaseActor {
  readonly name: string
  /** Null for a machine, which cannot take a case on. */
  readonly userId: UserId | null
}

export interface CaseRefusal {
  readonly kind: 'not-found' | 'not-now' | 'no-such-user'
  readonly message: string
}

export interface FoundOutcome {
  readonly opened: number
  readonly reopened: number
  /** Known already: counted, with the newest evidence. */
  readonly extended: number
}

/** The audit record of what a person did, in the transaction of it. */
export type Also = (tx: Db) => Promise<void>

export interface Cases {
  /** Opens, reopens or extends; set-based and idempotent by key. In `tx` where one is given. */
  found(findings: readonly Finding[], tx?: Db): Promise<FoundOutcome>
  /** Closes what is not ended of these keys: the evidence says that it is over. Returns how many. */
  settled(
    ends: readonly { readonly key: string; readonly evidence: Evidence }[],
    tx?: Db,
  ): Promise<number>
  get(id: CaseId): Promise<WorkCase | undefined>
  history(id: CaseId): Promise<readonly CaseEntry[]>
  /** Newest first, before a number. */
  list(filter: CaseFilter, before: number | null, limit: number): Promise<readonly WorkCase[]>
  move(
    id: CaseId,
    move: CaseMove,
    actor: CaseActor,
    also?: Also,
  ): Promise<Result<WorkCase, CaseRefusal>>
}

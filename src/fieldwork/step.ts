import type { Clock, Duration } from '#src/core'
import type { Db } from '#src/db'
import type { Readings } from '#src/readings'
import type { Facts, FieldOrder, FieldReport, FieldSlots, FieldTalk } from './types.ts'

/** What a step came to. */
export type StepOutcome =
  | { readonly kind: 'done'; readonly evidence: Facts }
  /** A person has to do something first; looked at again after a while where that may help. */
  | { readonly kind: 'waits'; readonly reason: string; readonly after: Duration | null }
  | { readonly kind: 'again'; readonly reason: string; readonly evidence?: Facts }
  | { readonly kind: 'failed'; readonly reason: string; readonly evidence?: Facts }

/** What steps work with. */
export interface StepWorld {
  readonly clock: Clock
  readonly talk: FieldTalk
  readonly readings: Pick<Readings, 'store'>
  readonly slots: FieldSlots
  /** Takes the archive in anew, so that a meter that came can be asked. */
  readonly archiveChanged: () => Promise<unknown>
}

export interface StepContext {
  readonly order: FieldOrder
  readonly report: FieldReport | null
  /** What earlier steps found, by their names. */
  readonly found: ReadonlyMap<string, Facts>
  readonly world: StepWorld
  readonly signal: AbortSignal
}

interface AnyStep {
  readonly name: string
  /** Longer than this, and it hangs. */
  readonly patience: Duration
}

/** `base`: done with its record in one transaction. `field`: may be done again after a crash. */
export type Step = AnyStep &
  (
    | { readonly kind: 'field'; run(context: StepContext): Promise<StepOutcome> }
    | { readonly kind: 'base'; run(context: StepContext, tx: Db): Promise<StepOutcome> }
  )

export const done = (evidence: Facts = {}): StepOutcome => ({ kind: 'done', evidence })
export const again = (reason: string): StepOutcome => ({ kind: 'again', reason })
export const failed = (reason: string): StepOutcome => ({ kind: 'failed', reason })

/** A number among the facts of an earlier step. */
export function numberIn({ found }: StepContext, step: string, name: string): number | null {
  const value = found.get(step)?.[name]
  return typeof value === 'number' ? value : null
}

export function textIn({ found }: StepContext, step: string, name: string): string | null {
  const value = found.get(step)?.[name]
  return typeof value === 'string' ? value : null
}

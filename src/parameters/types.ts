import type { ChannelId, Instant, MeterId, Result } from '#src/core'
import type { Db } from '#src/db'

export const writeStates = [
  'proposed',
  'approved',
  'sending',
  'unknown',
  'done',
  'failed',
  'refused',
  'rejected',
] as const
export type WriteState = (typeof writeStates)[number]

/** What a write may do besides: move what prices hang on, or how a device works. */
export const parameterEffects = ['write', 'price', 'mode'] as const
export type ParameterEffect = (typeof parameterEffects)[number]

export interface ParameterRule {
  readonly protocol: string
  /** The beginning of the ids of items. */
  readonly prefix: string
  readonly name: string
  readonly effect: ParameterEffect
  readonly people: number
}

export interface ParameterWrite {
  readonly id: number
  readonly run: number | null
  readonly meter: MeterId
  readonly address: string
  readonly channelId: ChannelId
  readonly item: string
  readonly wanted: string
  readonly effect: ParameterEffect
  readonly state: WriteState
  readonly peopleNeeded: number
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly approvers: readonly string[]
  readonly before: string | null
  readonly after: string | null
  readonly sentAt: Instant | null
  readonly reason: string | null
  /** Its stable name. */
  readonly reasonCode: string | null
  readonly endedAt: Instant | null
}

export interface ParameterRun {
  readonly id: number
  readonly name: string
  readonly state: 'running' | 'stopped' | 'done'
  readonly stopPercent: number
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly endedAt: Instant | null
  readonly reason: string | null
  readonly counts: Readonly<Record<WriteState, number>>
}

export interface ParameterFailure {
  readonly code: string
  readonly message: string
}

export interface ParameterOrder {
  readonly item: string
  readonly wanted: string
  readonly effect: ParameterEffect
  readonly reference: string
  readonly requestedBy: string
  readonly approvers: readonly string[]
}

/** The field, as settings need it: acquisition is behind it. */
export interface ParameterTalk {
  read(meter: MeterId, item: string): Promise<Result<string, ParameterFailure>>
  /** Why the value cannot be written to such a meter; null where it can. Nothing is sent. */
  fault(
    meter: MeterId,
    order: Pick<ParameterOrder, 'item' | 'wanted' | 'effect'>,
  ): Promise<ParameterFailure | null>
  /** Reads, asks `mayGo`, writes with a permit and reads again. A failure: nothing was sent. */
  write(
    meter: MeterId,
    order: ParameterOrder,
    mayGo: (before: string) => Promise<boolean>,
  ): Promise<
    Result<
      { readonly refusal: ParameterFailure | null; readonly after: string | null },
      ParameterFailure
    >
  >
}

/** What is wanted of some meters. */
export interface NewWrites {
  readonly meters: readonly MeterId[]
  readonly item: string
  readonly wanted: string
  readonly by: string
  /** Of a run over many; null for a write by itself. */
  readonly run: { readonly name: string; readonly stopPercent: number } | null
}

export interface ParameterRefusal {
  readonly kind: 'not-found' | 'not-allowed' | 'not-now' | 'second-person' | 'wrong'
  readonly message: string
}

/** What the device or the way to it said instead of a setting. */
export interface FieldRefusal {
  readonly kind: 'field'
  readonly code: string
  readonly message: string
}

export type Also = (tx: Db) => Promise<void>

export interface Parameters {
  rules(): Promise<readonly ParameterRule[]>
  read(meter: MeterId, item: string): Promise<Result<string, ParameterRefusal | FieldRefusal>>
  /** Nothing is written down where an item is not on the list, or a value is none of it. */
  order(
    wanted: NewWrites,
    also?: Also,
  ): Promise<Result<readonly ParameterWrite[], ParameterRefusal>>
  /** All proposed writes of a run where `of` is one, else the one. */
  decide(
    of: { readonly write: number } | { readonly run: number },
    act: 'approve' | 'reject',
    by: string,
    also?: Also,
  ): Promise<Result<number, ParameterRefusal>>
  list(
    filter: { readonly meter?: MeterId; readonly run?: number; readonly state?: WriteState },
    before: number | null,
    limit: number,
  ): Promise<readonly ParameterWrite[]>
  write(id: number): Promise<ParameterWrite | undefined>
  run(id: number): Promise<ParameterRun | undefined>
  runs(before: number | null, limit: number): Promise<readonly ParameterRun[]>
}

import type { ChannelId, Instant, MeterId, Result } from '#src/core'
import type { Db } from '#src/db'
import type { DeviceKind, Measured } from './rules.ts'

export interface ClockDevice {
  readonly kind: DeviceKind
  /** Of the meter or of the concentrator. */
  readonly id: number
}

export interface ClockState extends ClockDevice {
  readonly address: string
  readonly protocol: string | null
  readonly channelId: ChannelId
  readonly nextAt: Instant
  readonly measuredAt: Instant | null
  readonly offsetMs: number | null
  readonly uncertaintyMs: number | null
  readonly failures: number
  readonly reason: string | null
  readonly doubtfulSince: Instant | null
  readonly doubtfulUntil: Instant | null
}

export const correctionStates = [
  'proposed',
  'approved',
  'sending',
  'unknown',
  'done',
  'failed',
  'refused',
  'rejected',
  'expired',
] as const
export type CorrectionState = (typeof correctionStates)[number]
export type CorrectionHow = 'own' | 'broadcast'

export interface Correction {
  readonly id: number
  readonly device: ClockDevice
  readonly address: string
  readonly channelId: ChannelId
  readonly how: CorrectionHow
  readonly state: CorrectionState
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly approvers: readonly string[]
  readonly peopleNeeded: number
  /** Null for a clock that showed no possible time. */
  readonly offsetMs: number | null
  readonly uncertaintyMs: number
  readonly before: Omit<Measured, 'measuredAt'> | null
  readonly sentAt: Instant | null
  readonly after: Omit<Measured, 'measuredAt'> | null
  /** Of an approved one, why it waits. */
  readonly reason: string | null
  readonly reasonCode: string | null
  readonly endedAt: Instant | null
}

export interface ClockFailure {
  readonly code: string
  readonly message: string
}

export interface ClockPolicy {
  readonly autoCorrect: boolean
  readonly trustHost: boolean
}

/** Who stands behind an order, for the permit. */
export interface ClockOrder {
  readonly reference: string
  readonly requestedBy: string
  readonly approvers: readonly string[]
}

/** The field, as clocks need it: acquisition is behind it. */
export interface ClockTalk {
  /** Between two reads of the device's channel. */
  measure(device: ClockDevice): Promise<Result<Measured, ClockFailure>>
  /**
   * Measures, asks `mayGo`, tells the time with a permit, and reads it back, with nothing between.
   * A failure before the frame left is a failure; afterwards it stands in what came of it.
   */
  correct(
    device: ClockDevice,
    how: CorrectionHow,
    order: ClockOrder,
    mayGo: (before: Measured) => Promise<boolean>,
  ): Promise<Result<CorrectionOutcome, ClockFailure>>
}

export interface CorrectionOutcome {
  /** Why it was not taken, as the device or the line said; null where nothing spoke against. */
  readonly refusal: ClockFailure | null
  /** The clock afterwards; null where nobody could read it. */
  readonly after: Measured | null
}

export interface ClockPerson {
  /** As in the audit: `user/1`. */
  readonly name: string
}

export type ClockRefusal = 'not-found' | 'not-now' | 'second-person' | 'not-measured' | 'not-needed'

/** What the device or the way to it said instead of the time. */
export interface ClockSilence extends ClockFailure {
  readonly kind: 'field'
}

/** The audit record of what a person did, in the transaction of it. */
export type Also = (tx: Db) => Promise<void>

export interface ClockFilter {
  readonly kind?: DeviceKind
  /** Only those at least so far off, or of an impossible time. */
  readonly aboveMs?: number
}

export interface Clocks {
  list(filter: ClockFilter, offset: number, limit: number): Promise<readonly ClockState[]>
  get(device: ClockDevice): Promise<ClockState | undefined>
  series(device: ClockDevice, limit: number): Promise<readonly Measured[]>
  /** Measures these as soon as their channels have time; returns how many are known. */
  measureNow(devices: readonly ClockDevice[], also?: Also): Promise<number>
  /** Measures this one while somebody waits for it. */
  measure(device: ClockDevice): Promise<Result<ClockState, 'not-found' | ClockSilence>>
  propose(
    device: ClockDevice,
    by: ClockPerson,
    also?: Also,
  ): Promise<Result<Correction, ClockRefusal>>
  approve(id: number, by: ClockPerson, also?: Also): Promise<Result<Correction, ClockRefusal>>
  reject(id: number, by: ClockPerson, also?: Also): Promise<Result<Correction, ClockRefusal>>
  correction(id: number): Promise<Correction | undefined>
  corrections(
    filter: { readonly state?: CorrectionState; readonly device?: ClockDevice },
    before: number | null,
    limit: number,
  ): Promise<readonly Correction[]>
  policy(): Promise<ClockPolicy>
  setPolicy(policy: ClockPolicy, also?: Also): Promise<void>
}

/** Whose readings are in doubt; asked for each reading, so it is kept in memory. */
export interface DoubtBook {
  doubts(meter: MeterId, measuredAt: Instant): boolean
}

/** Clocks that visits tell by the way. */
export interface ClockEar {
  isDue(meter: number): boolean
  isWelcome(meter: number): boolean
  heard(meter: number, measured: Measured): void
  missed(meter: number): void
}

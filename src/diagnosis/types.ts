import type { Cases } from '#src/cases'
import type { BusinessDate, ChannelId, Instant, MeterId } from '#src/core'
import type { Cause, FaultClass } from './causes.ts'
import type { ControlGroup } from './control.ts'
import type { HeardOnBus } from './probe-queries.ts'
import type { Grouping } from './queries.ts'
import type { VisitEnd } from './talks.ts'

/** Where what was found becomes work. */
export type CasePort = Pick<Cases, 'found' | 'settled' | 'list'>

/** Whoever may look closer: at one meter in other protocols, and at who hangs on a line. */
export interface ProbePort {
  /**
   * The protocol in which a silent meter answers to another question, its own or another; null for
   * none. On a line that is not its own, only its own protocol is tried.
   */
  speaks(meterId: MeterId, at?: ChannelId): Promise<string | null | 'unasked'>
  /** Who is on a line; `isWhole` is false where the search was broken off. */
  search(
    line: SearchedLine,
    signal: AbortSignal,
  ): Promise<{
    readonly heard: readonly HeardOnBus[]
    readonly isWhole: boolean
  } | null>
  /** Has their clocks measured soon; nobody waits for it. */
  measureClocks(meters: readonly MeterId[], concentrators: readonly number[]): Promise<void>
}

/** A line on which somebody may hang whom the archive does not know. */
export interface SearchedLine {
  readonly channelId: ChannelId
  readonly protocol: string
  /** Of the concentrator; null where there is none. */
  readonly terminal: string | null
}

export interface DiagnosisGroup {
  readonly cause: Cause
  readonly class: FaultClass
  /** What the group is of; null where it is of everything. */
  readonly name: string | null
  readonly meters: number
  readonly slots: number
}

/** Why something of a meter's day is missing. */
export interface MeterDiagnosis {
  readonly meterId: MeterId
  readonly address: string
  readonly concentrator: string | null
  readonly cause: Cause
  readonly class: FaultClass
  readonly rule: string
  readonly confidence: number
  readonly missingSlots: number
  readonly evidence: Readonly<Record<string, unknown>>
  readonly since: Instant
}

export interface Diagnosis {
  /** Notes how a visit ended; a meter that is well costs nothing. Never waits. */
  visited(meterId: MeterId, end: VisitEnd): void
  /** Writes down what was noted. While the database is away it counts on, and notes the outage. */
  flush(): Promise<void>
  /** Judges every meter of which something of the day is missing; returns how many. */
  run(date: BusinessDate): Promise<number>
  /** Looks closer where silence has several reasons; returns at how many meters and lines. */
  lookCloser(date: BusinessDate, limit: number, signal?: AbortSignal): Promise<number>
  /**
   * What concerns the day's missing slots becomes work, one finding a line or a meter; work ends of
   * whose subject the day's data comes again.
   */
  offer(date: BusinessDate): Promise<number>
  /** Forgets what is older; returns how many rows went. */
  retain(before: Instant): Promise<number>
  groups(date: BusinessDate, by: Grouping): Promise<readonly DiagnosisGroup[]>
  /** Faults of control that orders show now, counted. */
  control(): Promise<readonly ControlGroup[]>
  findings(
    date: BusinessDate,
    cause: Cause | null,
    after: number,
    limit: number,
  ): Promise<readonly MeterDiagnosis[]>
}

import type { ProtocolName } from '#protocols/model'
import type { ChannelId, ConcentratorId, Id, Instant, MeterId, Result } from '#src/core'
import type { Db } from '#src/db'

export type CommissionId = Id<'commission_job'>

/** How the meters of a channel are looked for; that of acquisition fits. */
export type CommissionWay =
  | { readonly kind: 'dlt645'; readonly editions: readonly ('dlt645-2007' | 'dlt645-1997')[] }
  | { readonly kind: 'gdw376' | 'dlt698'; readonly terminal: string }
  | { readonly kind: 'modbus'; readonly units: readonly number[] }

export type CommissionState = 'searching' | 'reading' | 'done' | 'failed' | 'cancelled'

/**
 * `known` here and in the archive; `new` is not in the archive; `missing` is in the archive and did
 * not answer; `moved` is in the archive on another channel; `duplicate` was found more than once.
 */
export type Match = 'known' | 'new' | 'missing' | 'moved' | 'duplicate'
export type CommissionVerdict = 'ready' | 'remarks' | 'not-ready'

/** What stands against a meter; the words are in `words.ts`. */
export interface Remark {
  readonly code: string
  readonly severity: 'fault' | 'remark'
  readonly evidence: string
}

export interface CommissionedMeter {
  readonly address: string
  readonly protocol: ProtocolName
  readonly place: string
  readonly match: Match | null
  readonly meterId: MeterId | null
  readonly adoptedAt: Instant | null
  readonly readId: string | null
  readonly verdict: CommissionVerdict | null
  readonly remarks: readonly Remark[]
}

export interface Commission {
  readonly id: CommissionId
  readonly channelId: ChannelId
  readonly concentratorId: ConcentratorId | null
  readonly state: CommissionState
  readonly ways: readonly CommissionWay[]
  readonly waysDone: number
  readonly adoptsAll: boolean
  readonly profile: string | null
  /** What is asked now. */
  readonly trying: string
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly finishedAt: Instant | null
  readonly failure: string | null
  readonly verdict: CommissionVerdict | null
  readonly meters: readonly CommissionedMeter[]
}

export interface NewCommission {
  readonly channelId: ChannelId
  readonly concentratorId: ConcentratorId | null
  /** Empty: as suits the channel. */
  readonly ways: readonly CommissionWay[]
  /** Enters all that are new in the archive without asking. */
  readonly adoptsAll: boolean
  /** Register map of Modbus units that are adopted. */
  readonly profile: string | null
  readonly requestedBy: string
}

export interface Adoption {
  /** Null: all that are new. */
  readonly addresses: readonly string[] | null
  /** Usage points by address of the meter. */
  readonly usagePoints: Readonly<Record<string, string>>
  readonly profile: string | null
}

export interface CommissionRefusal {
  readonly kind: 'not-found' | 'not-now' | 'no-channel' | 'wrong'
  readonly message: string
}

/** The audit record of what a person did, in the transaction of it. */
export type Also = (tx: Db) => Promise<void>
type Told = Promise<Result<Commission, CommissionRefusal>>

export interface Commissioning {
  /** Begins at once; a channel has one at a time. */
  start(commission: NewCommission, also: Also): Told
  get(id: CommissionId): Promise<Commission | undefined>
  /** Newest first, before a number, without their meters. */
  list(before: number | null, limit: number): Promise<readonly Commission[]>
  /** Enters meters in the archive and reads them; the same again changes nothing. */
  adopt(id: CommissionId, adoption: Adoption, also: Also): Told
  cancel(id: CommissionId, also: Also): Told
  /** Takes up what an earlier run left. */
  resume(): Promise<void>
  stop(): Promise<void>
}

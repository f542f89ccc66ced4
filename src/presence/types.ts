import type { ProtocolName } from '#protocols/model'
import type { BusinessDate, ChannelId, ConcentratorId, Id, Instant, Result } from '#src/core'
import type { Db } from '#src/db'

/** How a time online ended. */
export type EndReason =
  /** The device hung up. */
  | 'closed'
  /** The network broke the connection. */
  | 'lost'
  /** Neither byte nor heartbeat came for too long. */
  | 'silent'
  /** The same identity called from another address. */
  | 'taken-over'
  /** The head-end closed it. */
  | 'stopped'
  /** The process died; it ends with what was heard last. */
  | 'restart'
  | 'refused'
  | 'removed'

/** A time online; written once when it begins and once when it ends. */
export interface OnlineInterval {
  readonly concentratorId: ConcentratorId
  readonly from: Instant
  /** Null while it lasts. */
  readonly to: Instant | null
  readonly remoteAddress: string | null
  readonly endReason: EndReason | null
}

/** What went over a connection; up is from the device. */
export interface Traffic {
  readonly bytesUp: number
  readonly bytesDown: number
  readonly framesUp: number
  readonly framesDown: number
  readonly logins: number
  readonly heartbeats: number
}

export interface TrafficShare extends Traffic {
  readonly concentratorId: ConcentratorId
  readonly date: BusinessDate
}

export interface TrafficDay extends Traffic {
  readonly date: BusinessDate
}

export type ConnectionEventKind = 'takeover' | 'held-off' | 'flapping' | 'flapping-cleared'

export interface ConnectionEvent {
  readonly concentratorId: ConcentratorId
  readonly at: Instant
  readonly kind: ConnectionEventKind
  /** Of the newer connection. */
  readonly remoteAddress: string
  /** Of the one that it took over, or that held its place. */
  readonly otherAddress: string
  /** How many of the kind this one stands for. */
  readonly times: number
}

/** Two devices under one identity; stands until a person clears it. */
export interface Flapping {
  readonly concentratorId: ConcentratorId
  readonly since: Instant
  readonly lastAt: Instant
  readonly takeovers: number
  readonly addresses: readonly string[]
}

export type QuarantineReason =
  | 'unknown'
  | 'wrong-protocol'
  | 'address-mismatch'
  | 'unidentified'
  | 'blocked'

/** Calls of a device that was not let in, since they were written down last. */
export interface StrangeCall {
  readonly identity: string
  readonly reason: QuarantineReason
  readonly rule: string
  /** Of its own login, where it has one. */
  readonly protocol: ProtocolName | null
  readonly remoteAddress: string
  readonly firstAt: Instant
  readonly lastAt: Instant
  readonly calls: number
}

export type QuarantineState = 'waiting' | 'adopted' | 'blocked'

export interface Quarantined extends Omit<StrangeCall, 'firstAt' | 'lastAt'> {
  readonly id: Id<'quarantine'>
  readonly state: QuarantineState
  readonly firstSeenAt: Instant
  readonly lastSeenAt: Instant
  readonly concentratorId: ConcentratorId | null
  readonly decidedBy: string | null
  readonly decidedAt: Instant | null
}

export type FrameDirection = 'sent' | 'received'

export interface LoggedFrame {
  readonly concentratorId: ConcentratorId
  readonly at: Instant
  /** Orders what passed in the same millisecond. */
  readonly seq: number
  readonly direction: FrameDirection
  /** Hex in capitals; bytes of passwords are `**`. */
  readonly frame: string
}

export interface FrameLogSwitch {
  readonly concentratorId: ConcentratorId
  readonly since: Instant
  readonly until: Instant
  readonly by: string
}

export interface FrameQuery {
  readonly from: Instant
  readonly to: Instant
  readonly direction: FrameDirection | null
  /** Each in hex; a frame with all of them is found, at whole bytes. Empty for every frame. */
  readonly contains: readonly string[]
  /** Those before it, newest first. */
  readonly before: { readonly at: Instant; readonly seq: number } | null
  readonly limit: number
}

export interface SimCard {
  readonly iccid: string
  readonly msisdn: string | null
  readonly pool: string
  readonly apn: string
  readonly fixedAddress: string | null
}

export interface PlacedSim extends SimCard {
  readonly concentratorId: ConcentratorId
  readonly concentrator: string
  readonly from: BusinessDate
}

export interface SimPool extends Traffic {
  readonly pool: string
  readonly cards: number
}

/** What the door has to know of everybody who may call. */
export interface DoorBook {
  readonly blocked: readonly string[]
  readonly fixedAddresses: readonly {
    readonly concentratorId: ConcentratorId
    readonly address: string
  }[]
  readonly flapping: readonly Flapping[]
  readonly frameLogs: readonly FrameLogSwitch[]
}

/** What was seen since it was written down last. */
export interface PresenceBatch {
  readonly intervals: readonly OnlineInterval[]
  readonly traffic: readonly TrafficShare[]
  readonly events: readonly ConnectionEvent[]
  readonly flapping: readonly Flapping[]
  readonly calls: readonly StrangeCall[]
  readonly frames: readonly LoggedFrame[]
}

/** Done in the transaction of a change: its audit record. */
export type Also = (tx: Db, target: string) => Promise<void>

export interface Adoption {
  readonly name: string | null
  /** Code of a transformer area that is in the archive. */
  readonly transformer: string | null
  readonly protocol: ProtocolName | null
}

export type AdoptFailure = 'not-found' | 'decided' | 'taken' | 'no-transformer' | 'unnamed'

export interface AdoptedConcentrator {
  readonly concentratorId: ConcentratorId
  readonly channelId: ChannelId
}

/** Who was there when, who else called, and what was said. */
export interface PresenceBook {
  /** Ends what a process that died left open. */
  resume(): Promise<void>
  /** One transaction and a few statements, however many devices there are. */
  record(batch: PresenceBatch): Promise<void>
  door(now: Instant): Promise<DoorBook>
  /** Newest first; those that touch `[from, to)`. */
  intervals(
    id: ConcentratorId,
    from: Instant,
    to: Instant,
    limit: number,
  ): Promise<readonly OnlineInterval[]>
  events(
    id: ConcentratorId,
    from: Instant,
    to: Instant,
    limit: number,
  ): Promise<readonly ConnectionEvent[]>
  flappingOf(ids: readonly ConcentratorId[]): Promise<readonly Flapping[]>
  /** False where there is nothing to clear. */
  clearFlapping(id: ConcentratorId, now: Instant, also: Also): Promise<boolean>
  /** Most recently heard first; `after` is the last one's of the page before. */
  quarantine(
    state: QuarantineState | null,
    after: number | null,
    limit: number,
  ): Promise<readonly Quarantined[]>
  adopt(
    id: Id<'quarantine'>,
    adoption: Adoption,
    by: string,
    now: Instant,
    also: Also,
  ): Promise<Result<AdoptedConcentrator, AdoptFailure>>
  /** The identity that is let in no more; undefined where there is none of this number. */
  block(
    id: Id<'quarantine'>,
    by: string,
    now: Instant,
    also: Also,
  ): Promise<Quarantined | undefined>
  traffic(id: ConcentratorId, from: BusinessDate, to: BusinessDate): Promise<readonly TrafficDay[]>
  simOf(id: ConcentratorId, date: BusinessDate): Promise<PlacedSim | undefined>
  /** The card that is in the device from a date on. */
  placeSim(id: ConcentratorId, card: SimCard, from: BusinessDate, also: Also): Promise<void>
  /** Totals by pool over `[from, to]`, by where each card was on each day. */
  simPools(from: BusinessDate, to: BusinessDate): Promise<readonly SimPool[]>
  frameLog(id: ConcentratorId): Promise<FrameLogSwitch | undefined>
  switchFrameLog(logSwitch: FrameLogSwitch, also: Also): Promise<void>
  /** False where it was off. */
  endFrameLog(id: ConcentratorId, also: Also): Promise<boolean>
  frames(id: ConcentratorId, query: FrameQuery): Promise<readonly LoggedFrame[]>
  /** Drops what is older than it has to be kept. */
  retain(
    now: Instant,
    kept: { readonly linkDays: number; readonly frameDays: number },
  ): Promise<void>
}

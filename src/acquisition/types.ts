import type { Dialer, Feed, Listener } from '#drivers/channel'
import type { ProtocolName } from '#protocols/model'
import type { Collection, ReadHead, ReadRequestId, ReadRequests } from '#src/collection'
import type { ChannelId, CivilTime, Clock, MeterId, Random, Result } from '#src/core'
import type { DeviceEventStore } from '#src/events'
import type { Logger, Metrics } from '#src/observe'
import type { PresenceBook } from '#src/presence'
import type { ChannelRecord, ChannelWays, Registry } from '#src/registry'
import type { TerminalProtocol } from './dialin/index.ts'
import type { FeedOptions } from './feeds/index.ts'
import type { FieldFailure, ScanWatcher } from './field/types.ts'
import type { Gatekeeper } from './gate/index.ts'
import type { ClockDoubts, DeliveryOutbox } from './intake/index.ts'
import type { SearchWay } from './on-demand/index.ts'
import type { PollPlan, RoundSummary, VisitEnd } from './polling/index.ts'
import type { MeterReader } from './readers/index.ts'
import type { HearPassing, Line } from './wire/index.ts'

export interface AcquisitionOptions {
  /** Takes what devices say, and makes it safe before anybody is told so. */
  readonly outbox: DeliveryOutbox
  /** Whose clocks are known to be wrong: their readings say so. */
  readonly doubts?: ClockDoubts
  readonly registry: Pick<
    Registry,
    'channels' | 'allMeters' | 'allConcentrators' | 'allConcentratorsOffline' | 'concentratorsSeen'
  >
  readonly collection: Pick<Collection, 'open' | 'follow' | 'advance' | 'close'>
  readonly readRequests: Pick<ReadRequests, 'unfinished' | 'reopen' | 'take' | 'record' | 'expire'>
  /** What is stored of what devices say happened. */
  readonly deviceEvents: Pick<DeviceEventStore, 'knownOf' | 'knownFrom'>
  readonly channelWays: Pick<ChannelWays, 'changed'>
  /** Every frame passes it before it is sent. */
  readonly gatekeeper: Gatekeeper
  /** Who was there when, and who else called. */
  readonly presenceBook: Pick<PresenceBook, 'resume' | 'record' | 'door'>
  /** The tasks that hold today. */
  readonly plans: () => Promise<readonly PollPlan[]>
  readonly readers: readonly MeterReader[]
  /** How a channel that we dial is dialed; null for kinds that call us or push. */
  readonly dialerOf: (channel: ChannelRecord) => Dialer | null
  readonly listener: Listener | null
  /** Protocols whose devices call and speak unasked; the listener knows them by their logins. */
  readonly terminals: readonly TerminalProtocol[]
  readonly feeds: readonly { readonly feed: Feed; readonly decode: FeedOptions['decode'] }[]
  readonly clock: Clock
  readonly random: Random
  readonly civil: CivilTime
  readonly log: Logger
  readonly metrics: Metrics
  readonly onRound: (summary: RoundSummary) => void
  /** How each visit ended, for whoever asks why something is missing; must not throw. */
  readonly onVisit?: (meterId: MeterId, end: VisitEnd) => void
}

export interface AcquisitionStatus {
  readonly channels: number
  readonly channelsOnline: number
  readonly metersSilent: number
  readonly feedsConnected: number
  readonly feeds: number
  readonly lastRound: RoundSummary | null
}

/** The only part of the product that talks to devices. */
export interface Acquisition {
  start(): Promise<void>
  /** Ends what is in the air, stores what was read, and closes every channel. */
  stop(): Promise<void>
  /**
   * Reads the archive again, after meters or channels were imported into it. False where it could
   * not be read: then it is served as it was.
   */
  archiveChanged(): Promise<boolean>
  /** Carries out a read request that already stands in the database. */
  beginRead(request: ReadHead): void
  /** Asks nothing more of a request that was cancelled in the database. */
  cancelRead(id: ReadRequestId): void
  /**
   * Finds the meters on a channel that is served, between two of its reads. Only asks; without a
   * way everybody in DL/T 645-2007.
   */
  search(
    channel: ChannelId,
    watcher: ScanWatcher,
    signal: AbortSignal,
    way?: SearchWay,
  ): Promise<Result<void, FieldFailure>>
  /**
   * The protocol in which a meter answers to a question for its energy, its own or another; on a
   * line that is not its own, only its own. It is only asked.
   */
  speaks(id: MeterId, at?: ChannelId): Promise<ProtocolName | null | 'unasked'>
  /** The same for what moves something: before everything else that the channel has to do. */
  order(
    channel: ChannelId,
    use: (line: Line, signal: AbortSignal) => Promise<void>,
  ): Promise<Result<void, FieldFailure>>
  /** Lends the line of a channel that is served, between two of its reads. */
  lend(
    channel: ChannelId,
    use: (line: Line, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Result<void, FieldFailure>>
  /** The same for one exchange at a time, in the lane behind all others. */
  spare(
    channel: ChannelId,
    use: (line: Line, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Result<void, FieldFailure>>
  /** Calls back with what passes on a channel, until the returned function is called. */
  listen(channel: ChannelId, hear: HearPassing): () => void
  /** People decided whom to block, whose frames to write down, or where a card is. */
  doorChanged(): Promise<void>
  status(): AcquisitionStatus
}

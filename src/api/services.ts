import type { Acquisition, Delivery } from '#src/acquisition'
import type { TripControl } from '#src/acquisition/gate'
import type { Anomalies } from '#src/anomaly'
import type { Suspects } from '#src/anomaly/suspects'
import type { Cases } from '#src/cases'
import type { Clocks } from '#src/clocks'
import type {
  Collection,
  CollectionReports,
  NewReadRequest,
  ReadRequest,
  ReadRequests,
  Tasks,
} from '#src/collection'
import type { CheckMeter, Commissioning } from '#src/commissioning'
import type { SettingView } from '#src/config'
import type { CivilTime, Clock, Instant } from '#src/core'
import type { Diagnosis } from '#src/diagnosis'
import type { DeviceEventStore } from '#src/events'
import type { Evidence } from '#src/evidence'
import type { FieldOrders } from '#src/fieldwork'
import type { FirmwareDesk } from '#src/firmware'
import type { Forecasts } from '#src/forecast'
import type { Grid } from '#src/grid'
import type { ArchiveChecks } from '#src/grid/checks'
import type { Duties } from '#src/grid/duty'
import type { Loading } from '#src/grid/loading'
import type { Proposals } from '#src/grid/proposals'
import type { Audit, Identity, Note } from '#src/identity'
import type { LineLoss } from '#src/lineloss'
import type { Messages, Notifier, Provider } from '#src/messages'
import type { Metering } from '#src/metering'
import type { Logger, Metrics } from '#src/observe'
import type { OutboxStatus, RefusedRecord, RefusedRecords } from '#src/outbox'
import type { Parameters as DeviceParameters } from '#src/parameters'
import type { Points } from '#src/points'
import type { PresenceBook } from '#src/presence'
import type { ReadingDays } from '#src/reading-days'
import type { Readings } from '#src/readings'
import type { ArchiveDesk, ChannelWays, PointHistory, Registry, UsageGroups } from '#src/registry'
import type { Statistics } from '#src/statistics'
import type { Validation } from '#src/validation'

/** The services' own; the API only passes it on. */
type Transaction = Parameters<Note>[0]

/** On-demand reads (召测): acquisition takes them on, storage remembers them. */
export interface OnDemandReads {
  /** The same id twice is one request, answered as it is kept; `also` is done with it. */
  request(read: NewReadRequest, also: (tx: Transaction) => Promise<void>): Promise<ReadRequest>
  readonly get: ReadRequests['get']
  readonly items: ReadRequests['items']
  readonly resolve: ReadRequests['resolve']
  readonly cancel: ReadRequests['cancel']
}

/** A delivery that the database refused. */
export type RefusedDelivery = RefusedRecord<Delivery>

/** One finished poll round over every meter that was due. */
export interface RoundReport {
  readonly startedAt: Instant
  readonly finishedAt: Instant
  readonly expected: number
  readonly answered: number
}

/** A part the server needs. `check` rejects or answers false where it is not usable. */
export interface Dependency {
  readonly name: string
  check(signal: AbortSignal): Promise<DependencyState>
}

export interface DependencyState {
  readonly ok: boolean
  /** A short sentence for people: what is wrong, or what was found. */
  readonly detail: string
}

/** A process of the head-end and what it owns. */
export interface NodeView {
  readonly name: string
  readonly roles: readonly string[]
  readonly startedAt: Instant
  readonly version: string
  readonly channels: number
}

/** What the API is a face of; `main.ts` gathers it. */
export interface ApiServices {
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly metrics: Metrics
  readonly identity: Identity
  readonly audit: Audit
  readonly channelWays: ChannelWays
  readonly registry: Pick<
    Registry,
    | 'meter'
    | 'meters'
    | 'allConcentrators'
    | 'concentrators'
    | 'concentrator'
    | 'concentratorByAddress'
    | 'account'
    | 'accountMeters'
    | 'meterInstallations'
  >
  /** Who was there when, and who else called; what is decided takes effect at once. */
  readonly presence: Omit<PresenceBook, 'resume' | 'record' | 'door' | 'retain'>
  /** What a frame says, for people; null where no protocol knows it. */
  explainFrame(frame: Uint8Array): Promise<Readonly<Record<string, unknown>> | null>
  readonly readings: Pick<Readings, 'list' | 'curve' | 'newest' | 'countSince'>
  readonly metering: Pick<Metering, 'usage' | 'kept' | 'explain'>
  /** What devices say happened. */
  readonly deviceEvents: Pick<DeviceEventStore, 'list'>
  readonly evidence: Pick<Evidence, 'of' | 'ofEvent'>
  readonly collection: Pick<Collection, 'summary'>
  readonly collectionReports: CollectionReports
  readonly tasks: Tasks
  /** What the engine serves was changed through this API. */
  archiveMoved(): void
  readonly reads: OnDemandReads
  readonly clocks: Clocks
  readonly parameters: DeviceParameters
  /** Work found. */
  readonly cases: Cases
  readonly messages: Messages
  readonly messageRules: Omit<Notifier, 'round' | 'start' | 'stop'>
  /** The receipts in a provider's callback, where its signature holds. */
  receiptsOf(
    provider: string,
    call: Parameters<Provider['receipts']>[0],
    now: Instant,
  ): ReturnType<Provider['receipts']>
  readonly fieldOrders: FieldOrders
  readonly firmware: FirmwareDesk
  readonly commissioning: Omit<Commissioning, 'resume' | 'stop'>
  /** How a meter is wired. */
  readonly checkMeter: CheckMeter
  readonly points: Points
  readonly statistics: Statistics
  readonly grid: Grid
  /** Who is responsible for areas and feeders. */
  readonly gridDuties: Duties
  /** What is free on the grid. */
  readonly gridLoading: Loading
  readonly archiveChecks: Omit<ArchiveChecks, 'daily'>
  /** Who hangs where. */
  readonly gridProposals: Omit<Proposals, 'nightly' | 'get'>
  /** What to think of values, and what stands in for missing ones. */
  readonly validation: Omit<Validation, 'run'>
  readonly forecasts: Forecasts
  /** Readings for billing, on the reading day. */
  readonly readingDays: Omit<ReadingDays, 'follow' | 'compress'>
  /** What looks wrong with usage points, and who may explain a loss. */
  readonly anomalies: Omit<Anomalies, 'follow' | 'forget'>
  readonly suspects: Omit<Suspects, 'follow'>
  /** What went in and did not come out. */
  readonly lineLoss: Omit<LineLoss, 'follow'>
  /** What is safe and not yet in the database, and what it refused. */
  readonly outbox: { status(): OutboxStatus; readonly refused: RefusedRecords<Delivery> }
  /** Why something is missing. */
  readonly diagnosis: Pick<Diagnosis, 'groups' | 'findings' | 'control'>
  /** Arming and the stop button. */
  readonly trips: TripControl
  /** Channels that are served, to be searched and listened to. */
  readonly field: Pick<Acquisition, 'listen' | 'search'>
  /** Files that change the archive: shown first, applied whole, kept. */
  readonly archiveDesk: ArchiveDesk
  readonly pointHistory: PointHistory
  readonly usageGroups: UsageGroups
  lastRound(): RoundReport | null
  settings(): readonly SettingView[]
  nodes(): Promise<readonly NodeView[]>
  /** What `/readyz` names: database, broker, acquisition. */
  readonly dependencies: readonly Dependency[]
  readonly version: string
}

import type { ProtocolName } from '#protocols/model'
import type {
  ChannelId,
  ConcentratorId,
  Id,
  Instant,
  MeterId,
  Result,
  UsagePointId,
} from '#src/core'
import type { Db } from '#src/db'
import type { ArchiveDetails } from './archive-details.ts'

/** How a channel reaches its devices. */
export type ChannelKind =
  | 'dialin'
  | 'tcp'
  | 'serial'
  | 'modbus-tcp'
  | 'modbus-rtu-tcp'
  | 'modbus-serial'
  | 'mqtt'

/**
 * Where and how, by kind: `host`, `port` (tcp, modbus-tcp, modbus-rtu-tcp); `path`, `baud`,
 * `parity`, `dataBits`, `stopBits` (serial kinds); `identity` (dialin: what the registration
 * packet says); nothing (mqtt). Keys are checked per kind when a channel is registered.
 */
export type ChannelSettings = Readonly<Record<string, string | number | boolean>>

/** One bus, socket or topic tree; it owns the schedule of the meters behind it. */
export interface ChannelRecord {
  readonly id: ChannelId
  readonly name: string
  readonly kind: ChannelKind
  readonly settings: ChannelSettings
  /** The second way to the same devices (备用通道), taken while the first one fails. */
  readonly backup?: ChannelWay | null
  /** What it shares with other channels. */
  readonly pools?: readonly PermitPool[]
}

/** How a channel is reached. */
export interface ChannelWay {
  readonly kind: ChannelKind
  readonly settings: ChannelSettings
}

/** What many channels share and only so many may use at once: a cell, a SIM pool, a gateway. */
export interface PermitPool {
  readonly name: string
  readonly visitsMax: number
}

/** A meter as acquisition and the faces see it. */
export interface MeterRecord {
  readonly id: MeterId
  /** Display order: 12 digits of DL/T 645, the unit number of Modbus, the device id of MQTT. */
  readonly address: string
  readonly protocol: ProtocolName
  /** Register map or deviation profile; null for the standard itself. */
  readonly profile: string | null
  readonly model: string | null
  readonly channelId: ChannelId
  readonly channelName: string
  readonly channelKind: ChannelKind
  /** The concentrator whose channel the meter hangs on, if there is one. */
  readonly concentratorId: ConcentratorId | null
  /** Its address, as people write it. */
  readonly concentrator: string | null
  /** Code of the usage point where the meter is installed now, if it is. */
  readonly usagePoint: string | null
  readonly account: string | null
  /** Its last installation ended: it is asked no more. */
  readonly removed?: true
  /** When the installation began that lasts. */
  readonly since?: Instant
}

export interface ConcentratorRecord {
  readonly id: ConcentratorId
  readonly address: string
  readonly name: string
  readonly channelId: ChannelId
  readonly transformer: string | null
  readonly meters: number
  readonly online: boolean
  /** Last frame or heartbeat; null if it never called. */
  readonly lastHeardAt: Instant | null
  readonly remoteAddress: string | null
  /** Signal quality as the device reports it (CSQ 0 to 31), if it does. */
  readonly signal: number | null
}

/** What was heard of a concentrator; `undefined` keys keep what is stored. */
export interface ConcentratorSighting {
  readonly id: ConcentratorId
  readonly online: boolean
  readonly lastHeardAt?: Instant
  readonly remoteAddress?: string
  readonly signal?: number
}

/** An exact positive ratio, e.g. 400/5. */
export interface Ratio {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** A meter at a usage point for a time; `to` is exclusive and null while it lasts. */
export interface Installation {
  readonly meterId: MeterId
  readonly usagePointId: UsagePointId
  /** CT ratio × PT ratio, reduced. */
  readonly ratio: Ratio
  readonly from: Instant
  readonly to: Instant | null
}

export interface Account {
  readonly id: Id<'account'>
  readonly no: string
  readonly customerName: string
  readonly customerClass: CustomerClass
}

export type CustomerClass = 'residential' | 'commercial' | 'industrial' | 'agricultural' | 'public'

/** A page of a list; `next` is the cursor of the following one. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string
}

export interface MeterFilter {
  readonly concentratorId?: ConcentratorId
  readonly channelId?: ChannelId
  readonly protocol?: ProtocolName
  readonly address?: string
  readonly account?: string
}

/** A cursor that this server never gave. */
export interface BadCursor {
  readonly kind: 'bad-cursor'
}

/**
 * One meter of an archive, parsed and checked in itself. `line` is where it stood in the file
 * (1 = header), or its number in a list made by code.
 */
export interface ArchiveRow extends ArchiveDetails {
  readonly line: number
  readonly concentrator: string | null
  readonly concentratorName: string | null
  /** Absent or null: as it is known. */
  readonly concentratorMaker?: string | null
  readonly channel: string
  readonly channelKind: ChannelKind
  readonly channelSettings: ChannelSettings
  readonly meterAddress: string
  readonly protocol: ProtocolName
  readonly profile: string | null
  readonly model: string | null
  /** Absent or null: as it is known. */
  readonly maker?: string | null
  readonly usagePoint: string | null
  readonly account: string | null
  readonly customer: string | null
  readonly customerClass: CustomerClass
  readonly transformer: string | null
  readonly feeder: string | null
  readonly ct: Ratio
  readonly pt: Ratio
  readonly validFrom: Instant
}

/** One wrong cell or row; `column` is null where the row as a whole is wrong. */
export interface ArchiveProblem {
  readonly line: number
  readonly column: string | null
  readonly value: string | null
  readonly message: string
}

/** What an import changed; all zero when the same archive comes again. */
export interface ArchiveOutcome {
  readonly rows: number
  readonly created: number
  readonly changed: number
  readonly unchanged: number
}

/** A device that called by itself, to be entered as a concentrator with a channel of its own. */
export interface NewConcentrator {
  /** What its registration says. */
  readonly identity: string
  readonly name: string
  /** Code of a transformer area that is in the archive. */
  readonly transformer: string | null
  readonly protocol: ProtocolName | null
}

/** The archive (档案): what exists in the field and who uses it. */
export interface Registry {
  channels(): Promise<readonly ChannelRecord[]>
  channel(id: ChannelId): Promise<ChannelRecord | undefined>
  /** Every meter, for the acquisition engine's start; ordered by channel, then address. */
  allMeters(): Promise<readonly MeterRecord[]>
  metersOfChannel(id: ChannelId): Promise<readonly MeterRecord[]>
  meter(id: MeterId): Promise<MeterRecord | undefined>
  meterByAddress(protocol: ProtocolName, address: string): Promise<readonly MeterRecord[]>
  /** In any protocol, on any channel. */
  metersByAddresses(addresses: readonly string[]): Promise<readonly MeterRecord[]>
  meters(page: PageRequest, filter?: MeterFilter): Promise<Result<Page<MeterRecord>, BadCursor>>
  /** Every concentrator; the engine's start and the live page. */
  allConcentrators(): Promise<readonly ConcentratorRecord[]>
  concentrators(page: PageRequest): Promise<Result<Page<ConcentratorRecord>, BadCursor>>
  concentrator(id: ConcentratorId): Promise<ConcentratorRecord | undefined>
  /** The concentrator that registers with this address. */
  concentratorByAddress(address: string): Promise<ConcentratorRecord | undefined>
  /** Writes what was heard of many concentrators in one statement. */
  concentratorsSeen(sightings: readonly ConcentratorSighting[]): Promise<void>
  /** At a start nobody is connected: whatever was online is not. */
  allConcentratorsOffline(): Promise<void>
  account(no: string): Promise<Account | undefined>
  /** The account's installations that touch `[from, to)`; undefined if there is no such account. */
  accountMeters(
    no: string,
    from: Instant,
    to: Instant,
  ): Promise<readonly Installation[] | undefined>
  /** Where the meter hung during `[from, to)`; nowhere for one that counts for no usage point. */
  meterInstallations(meter: MeterId, from: Instant, to: Instant): Promise<readonly Installation[]>
  /** Enters a device in the transaction of whoever decided so. */
  adoptIn(
    tx: Db,
    concentrator: NewConcentrator,
  ): Promise<
    Result<
      { readonly concentratorId: ConcentratorId; readonly channelId: ChannelId },
      'taken' | 'no-transformer'
    >
  >
  /** Another one after every import that changed something, in this process or another. */
  revision(): Promise<bigint>
  /**
   * Takes in what was entered for a later time and has come; false where nothing has. To be called
   * now and then, and before anybody asks what holds now.
   */
  turn(): Promise<boolean>
  /**
   * All or nothing; the same rows again change nothing. The demo's seed uses it too. `also` is done
   * in the same transaction: the audit record.
   */
  importArchive(
    rows: readonly ArchiveRow[],
    also?: (tx: Db, outcome: ArchiveOutcome) => Promise<void>,
  ): Promise<Result<ArchiveOutcome, readonly ArchiveProblem[]>>
}

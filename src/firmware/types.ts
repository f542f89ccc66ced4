import { type Static, Type } from '@sinclair/typebox'
import type { ChannelId, ConcentratorId, Id, Instant, Result } from '#src/core'
import type { Db } from '#src/db'

export type FirmwareId = Id<'firmware'>
export type CampaignId = Id<'firmware_campaign'>

export const firmwareBytesMax = 32 * 1_024 * 1_024

/** `stopped`: by itself, since too many devices failed. */
export const campaignStates = [
  'requested',
  'running',
  'paused',
  'stopped',
  'done',
  'cancelled',
] as const
export type CampaignState = (typeof campaignStates)[number]

export const deviceStates = [
  'waiting',
  'sending',
  'sent',
  'verifying',
  'done',
  'failed',
  'skipped',
  'cancelled',
] as const
export type DeviceState = (typeof deviceStates)[number]

export const terminalProtocols = ['gdw376', 'dlt698'] as const
export type TerminalProtocolName = (typeof terminalProtocols)[number]

/** A file for terminals, stored once. */
export interface FirmwareFile {
  readonly name: string
  readonly protocol: TerminalProtocolName
  /** What it is for, as devices say it of themselves; null for any. */
  readonly maker: string | null
  readonly model: string | null
  /** What a device says once it runs it. */
  readonly version: string
  readonly bytes: Uint8Array
}

export interface Firmware extends Omit<FirmwareFile, 'bytes'> {
  readonly id: FirmwareId
  readonly size: number
  readonly sha256: string
  readonly uploadedBy: string
  readonly uploadedAt: Instant
}

/** Which concentrators: those listed, those of meters in a group, or all (by the file's model). */
export const CampaignTarget = Type.Object(
  {
    concentrators: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), {
        minItems: 1,
        maxItems: 10_000,
        uniqueItems: true,
      }),
    ),
    group: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    all: Type.Optional(Type.Literal(true)),
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1 },
)
export type CampaignTarget = Static<typeof CampaignTarget>

/** How a campaign goes about it. */
export interface CampaignTerms {
  readonly target: CampaignTarget
  /** Devices of the first stage, and of each that follows it. */
  readonly canary: number
  readonly batch: number
  readonly blockBytes: number
  /** In the utility's time; equal hours are the whole day. */
  readonly fromHour: number
  readonly toHour: number
  /** Of the finished devices; more, and it stops. */
  readonly failurePercentMax: number
}

export interface NewCampaign extends CampaignTerms {
  /** The same key is the same campaign. */
  readonly key: string
  readonly firmwareId: FirmwareId
  readonly requestedBy: string
}

export interface Campaign extends CampaignTerms {
  readonly id: CampaignId
  readonly firmwareId: FirmwareId
  readonly state: CampaignState
  readonly stage: number
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly approvedBy: string | null
  readonly approvedAt: Instant | null
  readonly endedAt: Instant | null
  readonly reason: string | null
  /** Devices by their state. */
  readonly counts: Readonly<Record<DeviceState, number>>
}

export interface DeviceOfCampaign {
  readonly concentratorId: ConcentratorId
  readonly address: string
  readonly stage: number
  readonly state: DeviceState
  /** Blocks that it took, of so many. */
  readonly block: number
  readonly blocks: number
  readonly restarts: number
  readonly versionBefore: string | null
  readonly versionAfter: string | null
  readonly reason: string | null
  readonly startedAt: Instant | null
  readonly endedAt: Instant | null
  readonly nextAt: Instant | null
}

export interface FirmwareRefusal {
  readonly kind: 'not-found' | 'not-now' | 'wrong' | 'key-reused' | 'second-person'
  readonly message: string
}

export type Also = (tx: Db) => Promise<void>
type Moved = Promise<Result<Campaign, FirmwareRefusal>>

/** Files, and campaigns that bring them to terminals. */
export interface FirmwareDesk {
  /** The same bytes for the same devices are the same file. */
  upload(file: FirmwareFile, by: string, also?: Also): Promise<Result<Firmware, FirmwareRefusal>>
  files(before: number | null, limit: number): Promise<readonly Firmware[]>
  file(id: FirmwareId): Promise<Firmware | undefined>
  request(campaign: NewCampaign, also?: Also): Moved
  /** By another person than who requested it. */
  approve(id: CampaignId, by: string, also?: Also): Moved
  pause(id: CampaignId, by: string, also?: Also): Moved
  /** Also where it stopped by itself. */
  resume(id: CampaignId, by: string, also?: Also): Moved
  cancel(id: CampaignId, reason: string, by: string, also?: Also): Moved
  campaign(id: CampaignId): Promise<Campaign | undefined>
  campaigns(before: number | null, limit: number): Promise<readonly Campaign[]>
  devices(
    id: CampaignId,
    state: DeviceState | null,
    after: number | null,
    limit: number,
  ): Promise<readonly DeviceOfCampaign[]>
}

/** What a device says that it is and runs. */
export interface DeviceVersion {
  readonly protocol: TerminalProtocolName
  readonly maker: string
  readonly model: string
  readonly version: string
}

export interface FileToSend {
  readonly campaignId: CampaignId
  readonly protocol: TerminalProtocolName
  readonly name: string
  readonly version: string
  readonly size: number
  readonly md5: Uint8Array
  readonly blockBytes: number
  readonly blocks: number
  readonly requestedBy: string
  readonly approvedBy: string
}

export interface TalkFailure {
  readonly kind: 'away' | 'silent' | 'refused' | 'gate' | 'unsupported'
  readonly message: string
}

export type Talked<T> = Promise<Result<T, TalkFailure>>

/** Terminals, as an upgrade needs them. One call is at most a few frames, behind all else. */
export interface FirmwareTalk {
  version(channel: ChannelId, signal: AbortSignal): Talked<DeviceVersion>
  /** Tells what comes, or takes up at a block what was begun; the block to go on with. */
  begin(
    channel: ChannelId,
    file: FileToSend,
    at: number | null,
    signal: AbortSignal,
  ): Talked<number>
  /** `lost`: the device no longer knows of the file. */
  write(
    channel: ChannelId,
    file: FileToSend,
    block: number,
    data: Uint8Array,
    signal: AbortSignal,
  ): Talked<'taken' | 'lost'>
  /** After the last block: why the device refuses the file; null where it says nothing of it. */
  verdict(channel: ChannelId, signal: AbortSignal): Talked<string | null>
}

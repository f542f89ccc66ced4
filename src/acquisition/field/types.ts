import type { Network, SerialPorts, SerialSettings } from '#drivers/channel'
import type {
  FrameDescription,
  MeterProfile,
  ProtocolName,
  Reading,
  Scanner,
} from '#protocols/model'
import type { CivilTime, Clock, Instant, Result } from '#src/core'
import type { MeterReadout } from '../reader.ts'

/** A way to reach devices from this machine. */
export type FieldChannel =
  | { readonly kind: 'tcp' | 'rtu-tcp'; readonly host: string; readonly port: number }
  | ({ readonly kind: 'serial' } & SerialSettings)

/** The world as work on a single channel touches it. */
export interface FieldWorld {
  readonly network: Network
  readonly serialPorts: SerialPorts
  readonly clock: Clock
  readonly civil: CivilTime
}

/** Why a device gave nothing; the code is that of the exchange or of the transport. */
export interface FieldFailure {
  readonly code: string
  readonly message: string
  /** What was received, as far as it was kept. */
  readonly raw: Uint8Array
}

/** A device found on a bus. */
export interface FoundDevice {
  readonly address: string
  /** Its total energy, where it was asked and answered. */
  readonly reading: Reading | null
  readonly roundTripMs: number
}

/** What a search tries; units matter to Modbus only. */
export interface ScanPlan {
  readonly units: readonly number[]
}

export interface ScanWatcher {
  found(device: FoundDevice): void
  /** What is tried now, as words. */
  trying(text: string): void
}

/** A device's clock beside ours. */
export interface ClockReadout {
  /** The device's wall clock as ISO 8601 without offset. */
  readonly wallClock: string
  /** Null when the wall clock is an impossible time in the site's zone. */
  readonly deviceAt: Instant | null
  readonly ourAt: Instant
  /** The device minus ours; positive when it runs ahead. */
  readonly offsetMs: number | null
  /** Half the round trip, and half of the second that the device does not show. */
  readonly uncertaintyMs: number
}

/** Devices of one protocol on one channel, asked one at a time. */
export interface Bench {
  readonly name: string
  read(items: readonly string[], meter: MeterProfile, signal: AbortSignal): Promise<MeterReadout>
  scan(
    plan: ScanPlan,
    watcher: ScanWatcher,
    signal: AbortSignal,
  ): Promise<Result<void, FieldFailure>>
  readClock(meter: MeterProfile, signal: AbortSignal): Promise<Result<ClockReadout, FieldFailure>>
  /** Sets the clocks of all meters on the channel and reads this meter's back. */
  setClock(meter: MeterProfile, signal: AbortSignal): Promise<Result<ClockReadout, FieldFailure>>
  close(): Promise<void>
}

/** A channel that is only listened to. */
export interface Tap {
  readonly name: string
  /** Bytes as they pass, until the channel is closed or ends. */
  bytes(): AsyncIterable<Uint8Array>
  /** Why the channel ended by itself; null where it did not. */
  failure(): FieldFailure | null
  close(): Promise<void>
}

/** A scanner that may also be told that nothing more comes for now. */
export interface FrameScanner extends Scanner {
  silence?(): readonly Uint8Array[]
}

/** Finds and explains the frames of a protocol, for people. */
export interface FrameTool {
  readonly protocol: ProtocolName
  /**
   * Whether a frame that checks is proof in itself (start, length, checksum and end), or could be
   * chance in noise (a CRC alone).
   */
  readonly proof: 'strong' | 'weak'
  /** Null where frames are lines of text and never stand in a byte stream. */
  scanner(): FrameScanner | null
  describe(frame: Uint8Array): FrameDescription
  /** Explains a line of text in the protocol's own form (`topic payload`); null if it is none. */
  readonly describeText?: (line: string) => FrameDescription | null
}

/** Builds the request frames for items as they go over the wire. */
export interface FrameEncoder {
  /** `framing` matters to Modbus only: RTU on serial lines, MBAP on TCP. */
  encode(
    items: readonly string[],
    meter: MeterProfile,
    framing: 'rtu' | 'tcp',
  ): { readonly frames: readonly Uint8Array[]; readonly unsupported: readonly string[] }
}

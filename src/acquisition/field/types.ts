import type { Network, SerialPorts, SerialSettings } from '#drivers/channel'
import type { ModbusProfile } from '#protocols/modbus'
import type { MeterProfile, ProtocolName, Reading } from '#protocols/model'
import type { CivilTime, Clock, Duration, Instant, Result } from '#src/core'
import type { FileLock, Gatekeeper, PermitOffice } from '../gate/index.ts'
import type { MeterReadout, Via } from '../readers/index.ts'
import type { CounterShelf } from './counter-shelf.ts'

/** A way to reach devices from this machine. */
export type FieldChannel = (
  | { readonly kind: 'tcp' | 'rtu-tcp'; readonly host: string; readonly port: number }
  | ({ readonly kind: 'serial' } & SerialSettings)
) & {
  /** The terminal that answers there and passes on what is meant for a meter behind it. */
  readonly via?: Via
}

/** The world as work on a single channel touches it. */
export interface FieldWorld {
  readonly network: Network
  readonly serialPorts: SerialPorts
  readonly clock: Clock
  readonly civil: CivilTime
  readonly gate: FieldGate
  /** Register maps of the user's own, for Modbus; none where absent. */
  readonly registerMaps?: readonly ModbusProfile[]
}

/** Every frame passes the keeper; what is more than a read needs a permit of the office. */
export interface FieldGate {
  readonly keeper: Gatekeeper
  readonly office: PermitOffice
  /** Who works here, for the journal. */
  readonly person: string
  /** Invocation counters of keys, none given twice. */
  readonly counters: CounterShelf
  /** Keeps a channel for this process; the process that has it otherwise. */
  lockChannel(name: string): Result<FileLock, number>
}

/** Why a device gave nothing; the code is that of the exchange or of the transport. */
export interface FieldFailure {
  readonly code: string
  readonly message: string
  /** What was received, as far as it was kept. */
  readonly raw: Uint8Array
  /** What is wrong with it more exactly, where that is known: `via.meter-silent`. */
  readonly fault?: string | null
}

/** A device found on a bus. */
export interface FoundDevice {
  readonly address: string
  /** What it speaks, where a search asks in more than one way; absent: as it was asked. */
  readonly protocol?: ProtocolName
  /** Where it stands in the list of the terminal that told of it: `2347-0001/3`. */
  readonly place?: string
  /** Its total energy, where it was asked and answered. */
  readonly reading: Reading | null
  readonly roundTripMs: number
}

/** What a search tries; units matter to Modbus only. */
export interface ScanPlan {
  readonly units: readonly number[]
  /** The register map by which each unit is asked for a value; null tries one register alone. */
  readonly profile: string | null
  /** After which DLMS meters and 376.1 terminals are searched for no more; absent: as suits them. */
  readonly limit?: Duration
}

export interface ScanWatcher {
  found(device: FoundDevice): void
  /** What is tried now, as words. */
  trying(text: string): void
  /** What the limit of the search left out, as a sentence. */
  untried?(text: string): void
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

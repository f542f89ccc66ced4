import { type ConcentratorId, type Instant, idOf, type MeterId } from '#src/core'
import type { Db } from '#src/db'

/** What went over the wire in a visit, one way at a time; secret bytes are zeroed and named. */
export interface WireFrame {
  readonly at: Instant
  readonly direction: 'sent' | 'received'
  readonly bytes: Uint8Array
  /** Stretches that were a password or a key: from, inclusive, to, exclusive. */
  readonly masked: readonly { readonly from: number; readonly to: number }[]
  /** There was more than is kept. */
  readonly isCut: boolean
}

/** The frames of one visit, by the readings or events that it brought. */
export interface FrameEvidence {
  /** See `keptUnder`. */
  readonly meterId: MeterId
  /** That of the readings. */
  readonly receivedAt: Instant
  readonly frames: readonly WireFrame[]
  /** Null where every reading is of the moment of the answer. */
  readonly brought?: Brought | null
}

/** Frames of a concentrator are kept under its number below zero: no meter has one. */
export function keptUnder(
  device:
    | { readonly meterId: MeterId }
    | { readonly meterId: null; readonly concentratorId: ConcentratorId },
): MeterId {
  return device.meterId ?? idOf(-device.concentratorId)
}

/** Values of moments that the meter told: some may belong to rows that an earlier visit made. */
export interface Brought {
  readonly items: readonly string[]
  readonly from: Instant
  /** Inclusive. */
  readonly to: Instant
}

/** A value that was kept, by what it is asked for. */
export interface EvidentReading {
  readonly meterId: MeterId
  readonly item: string
  readonly measuredAt: Instant
  /** Of its row, which an earlier visit may have made. */
  readonly receivedAt: Instant
}

/** Where frames go, in the transaction that takes them out of the outbox. */
export interface EvidenceStore {
  store(evidence: readonly FrameEvidence[], tx: Db): Promise<void>
}

/** How the slot ended that a reading answers. */
export interface EvidentSlot {
  readonly planId: number
  readonly slotStart: Instant
  readonly due: Instant
  readonly answeredAt: Instant
  readonly attempts: number
}

/** What stands behind a reading. */
export interface ReadingEvidence {
  /** Null where nobody expected the reading. */
  readonly slot: EvidentSlot | null
  /** Empty once they are past their retention. */
  readonly frames: readonly WireFrame[]
}

export interface EventFrame extends WireFrame {
  readonly edge: 'began' | 'ended'
}

/** What went over the wire (原始报文), kept for some days. */
export interface Evidence extends EvidenceStore {
  /** Behind a reading: of the first visit that brought its value. */
  of(reading: EvidentReading): Promise<ReadingEvidence>
  /** Behind an event of a device: what told that it began, and what told that it ended. */
  ofEvent(id: bigint): Promise<readonly EventFrame[]>
  /** Moves chunks that are written to no more to the columnstore; returns how many. */
  compress(now: Instant): Promise<number>
  /** Drops what is older; returns how many chunks. */
  retain(now: Instant, keptDays: number): Promise<number>
}

import type { ExpectedSlot, SlotOutcome } from '#src/collection'
import type { FrameEvidence } from '#src/evidence'
import type { DeviceEventRecord } from '#src/outbox'
import type { StoredReading } from '#src/readings'

/** What came of one conversation with the field: taken, stored and replayed as a whole. */
export interface Delivery {
  readonly readings: readonly StoredReading[]
  readonly expected: readonly ExpectedSlot[]
  readonly outcomes: readonly SlotOutcome[]
  readonly events: readonly DeviceEventRecord[]
  readonly frames: readonly FrameEvidence[]
}

/** Who waits for what becomes of a delivery. */
export interface Told {
  /** It survives whatever happens now: a device may forget what it sent. */
  readonly acknowledged?: () => void
  /** It stands in the database and can be asked for. */
  readonly committed?: () => void
}

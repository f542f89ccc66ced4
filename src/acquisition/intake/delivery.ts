import type { SlotOutcome } from '#src/collection'
import type { FrameEvidence } from '#src/evidence'
import type { DeviceEventRecord } from '#src/outbox'
import type { StoredReading } from '#src/readings'

/** What came of one conversation with the field: taken, stored and replayed as a whole. */
export interface Delivery {
  readonly readings: readonly StoredReading[]
  readonly outcomes: readonly SlotOutcome[]
  readonly events: readonly DeviceEventRecord[]
  readonly frames: readonly FrameEvidence[]
}

export const nothing: Delivery = {
  readings: [],
  outcomes: [],
  events: [],
  frames: [],
}

/** Rows that it costs in the database, about. */
export function weightOf({ readings, outcomes, events, frames }: Delivery): number {
  const wire = frames.reduce((sum, visit) => sum + visit.frames.length, 0)
  return 1 + readings.length + outcomes.length + events.length + wire
}

import type { Instant } from '#src/core'
import type { MovingEffect } from './acts.ts'
import type { GateReason, GateRecord } from './judge.ts'
import type { Permit } from './permit.ts'

/** A frame that is more than a read, as the journal keeps it. */
export interface JournalEntry {
  readonly at: Instant
  readonly via: string
  readonly protocol: string
  readonly effect: MovingEffect
  readonly action: string | null
  readonly address: string | null
  /** Hex with passwords masked. */
  readonly frame: string
  readonly permit: Permit | null
}

export interface Asked extends JournalEntry {
  readonly cuts: boolean
}

/**
 * Where the gate keeps what must outlive a crash. `decide` shows what stands written to `judge`,
 * with nobody else writing meanwhile, and resolves once the verdict is durable, the permit's use
 * with it where nothing spoke against. It rejects where it could not write: then nothing may leave.
 */
export interface GateLedger {
  decide(
    asked: Asked,
    judge: (record: GateRecord) => readonly GateReason[],
  ): Promise<readonly GateReason[]>
  /** What came of a frame that was let through. */
  ended(entry: JournalEntry, outcome: string): Promise<void>
  /** The epoch that a permit given now belongs to. */
  epoch(): Promise<number>
}

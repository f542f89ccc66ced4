import type { Clock } from '#src/core'
import type { OutboxFiles } from './files.ts'
import type { Damaged } from './recover.ts'

/** Moments at which a test may end the process. */
export type OutboxPoint =
  | 'before-sync'
  | 'after-sync'
  | 'new-segment'
  | 'after-acknowledged'
  | 'before-commit'
  | 'after-commit'
  | 'before-remove'

export interface SegmentsTold {
  /** A write failed: nothing of it is acknowledged, and it is tried again. */
  readonly unsynced: (error: unknown) => void
  readonly damaged: Damaged
}

export interface SegmentsOptions {
  readonly files: OutboxFiles
  readonly clock: Clock
  readonly bytesMax: number
  readonly told: SegmentsTold
  readonly reached: (point: OutboxPoint) => void
}

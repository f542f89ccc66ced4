export type {
  Cycle,
  Job,
  JobEvent,
  JobSlot,
  Scheduler,
  Ticker,
} from './types.ts'

import type { CivilTime, Clock } from '#src/core'
import type { Database } from '#src/db'
import type { Job, JobEvent, Scheduler } from './types.ts'

export declare function createScheduler(options: {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  /** Names this process among the nodes, e.g. host and pid. */
  readonly owner: string
  readonly jobs: readonly Job[]
  readonly report: (event: JobEvent) => void
}): Scheduler

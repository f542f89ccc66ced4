import type { BusinessDate, Duration, Instant } from '#src/core'

/** When a job is due. Intervals count in UTC from the epoch, days in the utility's civil time. */
export type Cycle =
  | { readonly kind: 'every'; readonly minutes: number }
  | { readonly kind: 'daily'; readonly hour: number; readonly minute: number }

/** One due moment of a job; `key` is its idempotency key: an instant or a civil date. */
export interface JobSlot {
  readonly key: string
  readonly due: Instant
  /** The civil date, for a daily job. */
  readonly date: BusinessDate | null
}

export interface Job {
  readonly name: string
  readonly cycle: Cycle
  /** How long a run may go without a heartbeat before another node takes it over. */
  readonly lease: Duration
  readonly attemptsMax: number
  /** Throws to fail the run. The signal aborts when the lease is lost or the scheduler stops. */
  run(slot: JobSlot, signal: AbortSignal): Promise<void>
}

export type JobEvent =
  | {
      readonly kind: 'started'
      readonly job: string
      readonly key: string
      readonly attempt: number
    }
  | { readonly kind: 'done'; readonly job: string; readonly key: string; readonly ms: number }
  | {
      readonly kind: 'failed'
      readonly job: string
      readonly key: string
      readonly ms: number
      readonly error: unknown
    }
  | { readonly kind: 'lost'; readonly job: string; readonly key: string }
  | { readonly kind: 'tick-failed'; readonly error: unknown }

/** Calls back about once a minute; returns how to stop. node-cron in production. */
export type Ticker = (tick: () => void) => () => void

export interface Scheduler {
  /** Claims and starts what is due; resolves when the runs it started have ended. */
  tick(): Promise<void>
  start(ticker: Ticker): void
  /** Stops ticking, aborts the runs and waits for them. */
  stop(): Promise<void>
}

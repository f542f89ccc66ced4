import {
  assert,
  type CivilTime,
  type Clock,
  type Duration,
  instant,
  milliseconds,
  minutes,
} from '#src/core'
import type { Database } from '#src/db'
import { lastSlot } from './cycle.ts'
import { type Claim, claimSlot, finishClaim, renewClaim } from './queries.ts'
import type { Job, JobEvent, JobSlot, Scheduler } from './types.ts'

export interface SchedulerOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  /** Names this process among the nodes, e.g. host and pid. */
  readonly owner: string
  readonly jobs: readonly Job[]
  readonly report: (event: JobEvent) => void
}

/** A failed run waits so long times its attempts before the next. */
const retryAfter: Duration = minutes(2)
const errorTextMax = 1_000

/**
 * Runs each due moment of each job once among all nodes. The tick only says "look now": what is
 * due is computed here, and a row in the database decides who runs it.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock, civil, jobs, report } = options
  const names = new Set(jobs.map(({ name }) => name))
  assert(names.size === jobs.length, 'job names are unique')
  const running = new Map<string, { readonly end: Promise<void>; readonly stop: () => void }>()
  let stopTicking: (() => void) | undefined
  let stopped = false

  const startIfDue = async (job: Job): Promise<void> => {
    if (stopped || running.has(job.name)) return
    const slot = lastSlot(job.cycle, civil, clock.now())
    const controller = new AbortController()
    const end = runSlot(options, job, slot, controller)
    running.set(job.name, { end, stop: () => controller.abort() })
    try {
      await end
    } finally {
      running.delete(job.name)
    }
  }

  const tick = async (): Promise<void> => {
    await Promise.all(jobs.map(startIfDue))
  }

  return {
    tick,
    start(ticker) {
      assert(stopTicking === undefined, 'a scheduler starts once')
      stopTicking = ticker(() => {
        // The database may be away for a while; the next tick looks again.
        tick().catch((error: unknown) => report({ kind: 'tick-failed', error }))
      })
    },
    async stop() {
      stopped = true
      stopTicking?.()
      for (const run of running.values()) run.stop()
      await Promise.allSettled([...running.values()].map(({ end }) => end))
    },
  }
}

/** One run from claim to end; resolves at once if the slot is not ours to run. */
async function runSlot(
  { db, clock, owner, report }: SchedulerOptions,
  job: Job,
  slot: JobSlot,
  controller: AbortController,
): Promise<void> {
  const now = clock.now()
  const claim = await claimSlot(db, job.name, slot, {
    owner,
    now,
    expires: instant(now + job.lease),
    attemptsMax: job.attemptsMax,
    retryAfter,
  })
  if (claim === undefined) return
  const { attempt } = claim
  const about = { job: job.name, key: slot.key }
  report({ kind: 'started', ...about, attempt })
  const stopBeating = keepAlive(db, clock, job, claim, () => controller.abort())
  let failure: { readonly error: unknown } | undefined
  try {
    await job.run(slot, controller.signal)
  } catch (error) {
    // A job's failure is its outcome: written down, reported, tried again later.
    failure = { error }
  } finally {
    stopBeating()
  }
  const ended = clock.now()
  const ms = ended - now
  const text = failure === undefined ? null : errorText(failure.error)
  const ours = await finishClaim(db, claim, ended, text)
  if (!ours) report({ kind: 'lost', ...about })
  else if (failure === undefined) report({ kind: 'done', ...about, ms })
  else report({ kind: 'failed', ...about, ms, error: failure.error })
}

/** Renews the lease at a third of its length; when that fails the run must end. */
function keepAlive(
  db: Database,
  clock: Clock,
  job: Job,
  claim: Claim,
  onLost: () => void,
): () => void {
  let stopped = false
  let cancel = () => {}
  const beat = async (): Promise<void> => {
    const now = clock.now()
    const held = await renewClaim(db, claim, now, instant(now + job.lease))
    if (stopped) return
    if (held) arm()
    else onLost()
  }
  const arm = () => {
    cancel = clock.after(milliseconds(Math.floor(job.lease / 3)), () => {
      // Without a database nobody can tell that the lease still holds.
      beat().catch(onLost)
    })
  }
  arm()
  return () => {
    stopped = true
    cancel()
  }
}

const errorText = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, errorTextMax)

import { hostname } from 'node:os'
import cron from 'node-cron'
import { type CivilTime, type Clock, minutes } from '#src/core'
import type { Database } from '#src/db'
import { createScheduler, type Job, type Ticker } from '#src/jobs'
import type { CounterMetric, Logger, Metrics } from '#src/observe'
import type { Readings, Retention } from '#src/readings'

/** Curves three years, daily values ten; what a bill rests on is kept longest. */
const retention: Retention = { curveDays: 1_100, dailyDays: 3_660, itemDays: 1_100 }

export interface MaintenanceOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly metrics: Metrics
  readonly readings: Readings
}

/** Starts what the database needs done regularly; the returned function stops it. */
export function startMaintenance(options: MaintenanceOptions): () => Promise<void> {
  const { db, clock, civil, log, metrics } = options
  const runs: CounterMetric<'job' | 'outcome'> = metrics.counter({
    name: 'hes_job_runs_total',
    help: 'Runs of scheduled jobs by outcome',
    labels: ['job', 'outcome'],
  })
  const scheduler = createScheduler({
    db,
    clock,
    civil,
    owner: nodeName(),
    jobs: jobsOver(options),
    report(event) {
      if (event.kind !== 'started') runs.add({ job: event.job, outcome: event.kind })
      if (event.kind === 'failed') {
        log.error({ event: 'job.failed', job: event.job, key: event.key, err: event.error })
      } else {
        log.debug({ event: `job.${event.kind}`, job: event.job, key: event.key })
      }
    },
  })
  scheduler.start(everyMinute)
  return () => scheduler.stop()
}

/** Names this process among the nodes. */
export function nodeName(): string {
  return `${hostname()}:${process.pid}`
}

/** node-cron is the tick and nothing else: what is due is computed from the stored runs. */
const everyMinute: Ticker = (tick) => {
  const task = cron.schedule('* * * * *', tick, { timezone: 'UTC' })
  return () => void task.stop()
}

function jobsOver({ readings, clock }: MaintenanceOptions): readonly Job[] {
  const { maintenance } = readings
  const lease = minutes(5)
  const attemptsMax = 3
  return [
    {
      name: 'roll-up',
      cycle: { kind: 'every', minutes: 5 },
      lease,
      attemptsMax,
      run: async () => void (await maintenance.rollUp(clock.now())),
    },
    {
      name: 'refresh-hours',
      cycle: { kind: 'every', minutes: 15 },
      lease,
      attemptsMax,
      run: () => maintenance.refreshHours(clock.now()),
    },
    {
      name: 'analyze',
      cycle: { kind: 'daily', hour: 2, minute: 40 },
      lease,
      attemptsMax,
      run: () => maintenance.analyze(),
    },
    {
      name: 'compress',
      cycle: { kind: 'daily', hour: 3, minute: 10 },
      lease: minutes(60),
      attemptsMax,
      run: async () => void (await maintenance.compress(clock.now())),
    },
    {
      name: 'retain',
      cycle: { kind: 'daily', hour: 3, minute: 40 },
      lease,
      attemptsMax,
      run: async () => void (await maintenance.retain(clock.now(), retention)),
    },
  ]
}

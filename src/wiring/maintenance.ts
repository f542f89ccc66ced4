import { hostname } from 'node:os'
import { retainJournal } from '#src/acquisition/gate'
import { retainClocks } from '#src/clocks'
import type { Collection, ReadRequests } from '#src/collection'
import type { CivilTime, Clock } from '#src/core'
import { checkpoint, type Database, patiently } from '#src/db'
import type { Diagnosis } from '#src/diagnosis'
import type { Evidence } from '#src/evidence'
import {
  createScheduler,
  cronTicker,
  type KeptDays,
  keptDaysDefault,
  maintenanceJobs,
} from '#src/jobs'
import { createMetering } from '#src/metering'
import type { CounterMetric, Logger, Metrics } from '#src/observe'
import { retainParameters } from '#src/parameters'
import { createPresenceBook } from '#src/presence'
import { createReadings } from '#src/readings'
import { createRegistry } from '#src/registry'
import { anomalyJobs } from './anomaly.ts'
import { forecastJobs } from './forecast.ts'
import { gridJobs } from './grid.ts'
import { lineLossJobs } from './line-loss.ts'
import { readingDayJobs } from './reading-days.ts'
import { statisticsJobs } from './statistics.ts'
import { validationJobs } from './validation.ts'

export interface MaintenanceOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly metrics: Metrics
  readonly collection: Collection
  readonly readRequests: ReadRequests
  readonly evidence: Evidence
  readonly diagnosis: Pick<Diagnosis, 'retain'>
  readonly kept: Pick<KeptDays, 'evidenceDays' | 'clockDays' | 'parameterDays' | 'gateDays'>
}

/** Starts what the database needs done regularly; the returned function stops it. */
export function startMaintenance(options: MaintenanceOptions): () => Promise<void> {
  const { db, clock, civil, log, metrics, collection, readRequests } = options
  const { evidence, diagnosis } = options
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
    jobs: [
      ...maintenanceJobs({
        db,
        clock,
        kept: { ...keptDaysDefault, ...options.kept },
        // Upkeep may take longer than any statement that somebody waits for.
        readings: createReadings(patiently(db), civil).maintenance,
        metering: createMetering(patiently(db), civil),
        presence: createPresenceBook({ db: patiently(db), registry: createRegistry(db, clock) }),
        collection,
        readRequests,
        evidence,
        diagnosis,
        clocks: { retain: (before) => retainClocks(patiently(db), before) },
        parameters: { retain: (before) => retainParameters(patiently(db), before) },
        gate: { retain: (before, at) => retainJournal(patiently(db), before, at) },
        checkpoint: () => checkpoint(db),
      }),
      ...statisticsJobs(options),
      ...lineLossJobs(options),
      ...anomalyJobs(options),
      ...gridJobs(options),
      ...forecastJobs(options),
      ...readingDayJobs(options),
      ...validationJobs({ db, clock, civil, dataDir: '' }),
    ],
    report(event) {
      if (event.kind === 'tick-failed') {
        log.error({ event: 'jobs.tick-failed', err: event.error })
        return
      }
      const { kind, job, key } = event
      if (kind !== 'started') runs.add({ job, outcome: kind })
      if (kind === 'failed') log.error({ event: 'job.failed', job, key, err: event.error })
      else log.debug({ event: `job.${kind}`, job, key })
    },
  })
  scheduler.start(cronTicker)
  return () => scheduler.stop()
}

/** Names this process among the nodes. */
export function nodeName(): string {
  return `${hostname()}:${process.pid}`
}

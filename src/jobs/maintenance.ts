import { type Clock, hours, type Instant, instant, minutes } from '#src/core'
import type { Database } from '#src/db'
import { deleteRuns } from './queries.ts'
import type { Job } from './types.ts'

/** How long things are kept, in days. */
export interface KeptDays {
  readonly curveDays: number
  readonly dailyDays: number
  readonly itemDays: number
  readonly slotDays: number
  readonly readRequestDays: number
  readonly evidenceDays: number
  /** What happened on connections, and frames of devices that were written down. */
  readonly linkDays: number
  readonly frameDays: number
  /** Why something was missing, and what came of visits. */
  readonly diagnosisDays: number
  readonly clockDays: number
  readonly parameterDays: number
  /** The journal of what passed the gate. */
  readonly gateDays: number
  readonly jobRunDays: number
}

export const keptDaysDefault: KeptDays = {
  curveDays: 3 * 366,
  dailyDays: 10 * 366,
  itemDays: 3 * 366,
  slotDays: 400,
  readRequestDays: 90,
  evidenceDays: 7,
  linkDays: 400,
  frameDays: 30,
  diagnosisDays: 100,
  clockDays: 400,
  parameterDays: 1_100,
  gateDays: 1_100,
  jobRunDays: 90,
}

/** What is maintained, as its owners offer it. */
export interface Maintained {
  readonly db: Database
  readonly clock: Clock
  readonly kept: KeptDays
  readonly metering: {
    rollUp(now: Instant): Promise<number>
    compress(now: Instant): Promise<number>
    forgetChanges(now: Instant): Promise<number>
    analyze(): Promise<void>
  }
  readonly readings: {
    refreshHours(now: Instant): Promise<void>
    compress(now: Instant): Promise<number>
    retain(now: Instant, kept: KeptDays): Promise<number>
    analyze(): Promise<void>
  }
  readonly collection: {
    recount(): Promise<number>
    compress(now: Instant): Promise<number>
    retain(now: Instant, keptDays: number): Promise<number>
  }
  readonly readRequests: { retain(before: Instant): Promise<number> }
  readonly presence: { retain(now: Instant, kept: KeptDays): Promise<void> }
  readonly diagnosis: { retain(before: Instant): Promise<number> }
  readonly clocks: { retain(before: Instant): Promise<number> }
  readonly parameters: { retain(before: Instant): Promise<number> }
  readonly gate: { retain(before: Instant, now: Instant): Promise<number> }
  readonly evidence: {
    compress(now: Instant): Promise<number>
    retain(now: Instant, keptDays: number): Promise<number>
  }
  /** For a database without a checkpointer of its own. */
  readonly checkpoint?: () => Promise<void>
}

/**
 * The upkeep of the database by our own schedule: the embedded one has no background workers, and
 * on a server the extension's jobs cannot be relied on.
 */
export function maintenanceJobs(maintained: Maintained): readonly Job[] {
  const { db, clock, kept, readings, metering, collection, readRequests, evidence } = maintained
  const shared = { lease: minutes(5), attemptsMax: 5 }
  const { presence, diagnosis, clocks, parameters, gate, checkpoint } = maintained
  const jobs: Job[] = [
    {
      ...shared,
      name: 'roll up days and months',
      // Late data reaches the rollups within this time; at midnight the day that ended does.
      cycle: { kind: 'every', minutes: 10 },
      run: async () => void (await metering.rollUp(clock.now())),
    },
    {
      ...shared,
      name: 'count slots of days',
      cycle: { kind: 'every', minutes: 10 },
      run: async () => void (await collection.recount()),
    },
    {
      ...shared,
      name: 'refresh hours',
      cycle: { kind: 'every', minutes: 30 },
      run: () => readings.refreshHours(clock.now()),
    },
    {
      ...shared,
      name: 'analyze',
      cycle: { kind: 'every', minutes: 60 },
      async run() {
        await readings.analyze()
        await metering.analyze()
      },
    },
    {
      ...shared,
      name: 'compress',
      cycle: { kind: 'daily', hour: 3, minute: 10 },
      async run() {
        await readings.compress(clock.now())
        await metering.compress(clock.now())
        await collection.compress(clock.now())
        await evidence.compress(clock.now())
      },
    },
    {
      ...shared,
      name: 'retain',
      cycle: { kind: 'daily', hour: 4, minute: 10 },
      async run() {
        const now = clock.now()
        const ago = (days: number) => instant(now - hours(days * 24))
        await readings.retain(now, kept)
        await metering.forgetChanges(now)
        await collection.retain(now, kept.slotDays)
        await readRequests.retain(ago(kept.readRequestDays))
        await evidence.retain(now, kept.evidenceDays)
        await presence.retain(now, kept)
        await diagnosis.retain(ago(kept.diagnosisDays))
        await clocks.retain(ago(kept.clockDays))
        await parameters.retain(ago(kept.parameterDays))
        await gate.retain(ago(kept.gateDays), now)
        await deleteRuns(db, ago(kept.jobRunDays))
      },
    },
  ]
  if (checkpoint !== undefined) {
    const cycle = { kind: 'every', minutes: 5 } as const
    jobs.push({ ...shared, name: 'checkpoint', cycle, run: checkpoint })
  }
  return jobs
}

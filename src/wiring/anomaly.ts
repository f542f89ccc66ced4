import { createAnomalies } from '#src/anomaly'
import { createSuspects, createThinker } from '#src/anomaly/suspects'
import { createCases } from '#src/cases'
import { type CivilTime, type Clock, minutes } from '#src/core'
import { type Database, patiently } from '#src/db'
import type { Job } from '#src/jobs'

export interface AnomalyWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
}

/** What judges days by the rules as they change, and looks nightly who may explain a loss. */
export function anomalyJobs({ db, clock, civil }: AnomalyWiring): readonly Job[] {
  const patient = patiently(db)
  const cases = createCases(db, clock)
  const anomalies = createAnomalies({ db: patient, clock, cases, civil })
  return [
    {
      name: 'follow anomalies',
      cycle: { kind: 'every', minutes: 15 },
      lease: minutes(10),
      attemptsMax: 5,
      run: async (_slot, signal) => void (await anomalies.follow(clock.now(), signal)),
    },
    {
      name: 'forget days of anomalies',
      cycle: { kind: 'daily', hour: 3, minute: 50 },
      lease: minutes(10),
      attemptsMax: 3,
      run: async (_slot, signal) => void (await anomalies.forget(clock.now(), signal)),
    },
    {
      // With 200 areas a turn ten thousand have theirs within the pause between two looks.
      name: 'look for theft',
      cycle: { kind: 'every', minutes: 60 },
      lease: minutes(30),
      attemptsMax: 3,
      async run(_slot, signal) {
        const { ask: find, close } = createThinker()
        try {
          await createSuspects({ db: patient, civil, find }).follow(clock.now(), signal)
        } finally {
          await close()
        }
      },
    },
  ]
}

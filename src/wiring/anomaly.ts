import { createAnomalies } from '#src/anomaly'
import { createSuspects } from '#src/anomaly/suspects'
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
  const suspects = createSuspects({ db: patient, civil })
  return [
    {
      name: 'follow anomalies',
      cycle: { kind: 'every', minutes: 15 },
      lease: minutes(10),
      attemptsMax: 5,
      run: async (_slot, signal) => void (await anomalies.follow(clock.now(), signal)),
    },
    {
      name: 'look for theft',
      cycle: { kind: 'daily', hour: 5, minute: 20 },
      lease: minutes(30),
      attemptsMax: 3,
      run: async (_slot, signal) => void (await suspects.follow(clock.now(), signal)),
    },
  ]
}

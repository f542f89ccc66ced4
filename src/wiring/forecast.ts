import { type CivilTime, type Clock, minutes } from '#src/core'
import { type Database, patiently } from '#src/db'
import { createForecastFollower, createThinker } from '#src/forecast'
import type { Job } from '#src/jobs'

export interface ForecastWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
}

/** What forecasts tomorrow and says how far off it was. */
export function forecastJobs({ db, clock, civil }: ForecastWiring): readonly Job[] {
  return [
    {
      name: 'forecast',
      cycle: { kind: 'every', minutes: 10 },
      lease: minutes(10),
      attemptsMax: 5,
      async run(_, signal) {
        const thinker = createThinker()
        try {
          await createForecastFollower(patiently(db), { civil, clock, thinker }).follow(signal)
        } finally {
          await thinker.close()
        }
      },
    },
  ]
}

import { type CivilTime, type Clock, minutes } from '#src/core'
import { type Database, patiently } from '#src/db'
import type { Job } from '#src/jobs'
import { createStatisticsFollower } from '#src/statistics'

export interface StatisticsWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
}

/** What keeps sums true to energy, samples and archive. */
export function statisticsJobs({ db, civil }: StatisticsWiring): readonly Job[] {
  const follower = createStatisticsFollower(patiently(db), civil)
  return [
    {
      name: 'follow statistics',
      cycle: { kind: 'every', minutes: 1 },
      lease: minutes(5),
      attemptsMax: 5,
      run: async (_slot, signal) => void (await follower.follow(signal)),
    },
  ]
}

import { createCases } from '#src/cases'
import { type CivilTime, type Clock, minutes } from '#src/core'
import { type Database, patiently } from '#src/db'
import type { Job } from '#src/jobs'
import { createLineLoss } from '#src/lineloss'

export interface LineLossWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
}

/** What keeps losses at what energy and archive say. */
export function lineLossJobs({ db, clock, civil }: LineLossWiring): readonly Job[] {
  const lineLoss = createLineLoss({ db: patiently(db), cases: createCases(db, clock), civil })
  return [
    {
      name: 'follow losses',
      cycle: { kind: 'every', minutes: 5 },
      lease: minutes(5),
      attemptsMax: 5,
      run: async () => void (await lineLoss.follow(clock.now())),
    },
  ]
}

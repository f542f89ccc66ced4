import { type CivilTime, type Clock, minutes } from '#src/core'
import { type Database, patiently } from '#src/db'
import type { Job } from '#src/jobs'
import type { Logger } from '#src/observe'
import { createReadingDays } from '#src/reading-days'

export interface ReadingDaysWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
}

/** What sends readings to be billed when their day and hour have come. */
export function readingDayJobs({ db, clock, civil, log }: ReadingDaysWiring): readonly Job[] {
  const readingDays = createReadingDays({ db: patiently(db), clock, civil })
  return [
    {
      name: 'reading days',
      cycle: { kind: 'every', minutes: 10 },
      lease: minutes(30),
      attemptsMax: 5,
      async run(_, signal) {
        for (const { route, date, batch, held } of await readingDays.follow(signal)) {
          const sent = batch === null ? {} : { batch: batch.id, rows: batch.rows }
          log.info({ event: 'reading-day.run', route, date, ...sent, held })
        }
      },
    },
    {
      name: 'reading days: pack',
      cycle: { kind: 'daily', hour: 3, minute: 40 },
      lease: minutes(30),
      attemptsMax: 3,
      run: async () => void (await readingDays.compress()),
    },
  ]
}

import { type CivilTime, type Clock, minutes } from '#src/core'
import { type Database, patiently } from '#src/db'
import { createGrid } from '#src/grid'
import { createArchiveChecks } from '#src/grid/checks'
import { createDuties } from '#src/grid/duty'
import { createLoading } from '#src/grid/loading'
import { createProposals } from '#src/grid/proposals'
import type { Job } from '#src/jobs'

export interface GridWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
}

/** The grid, what is free on it, who is responsible, how whole its archive is, and who hangs where. */
export function buildGrid({ db, clock, civil }: GridWiring) {
  return {
    grid: createGrid({ db }),
    gridDuties: createDuties({ db, civil }),
    gridLoading: createLoading({ db, civil }),
    archiveChecks: createArchiveChecks({ db, clock, civil }),
    gridProposals: createProposals({ db, clock }),
  }
}

/** What is looked through once a day. */
export function gridJobs(wiring: GridWiring): readonly Job[] {
  const { archiveChecks, gridProposals } = buildGrid({ ...wiring, db: patiently(wiring.db) })
  const nightly = { lease: minutes(30), attemptsMax: 3 } as const
  return [
    {
      name: 'check the archive',
      cycle: { kind: 'daily', hour: 5, minute: 10 },
      ...nightly,
      run: () => archiveChecks.daily(),
    },
    {
      name: 'propose places',
      cycle: { kind: 'daily', hour: 3, minute: 40 },
      ...nightly,
      run: () => gridProposals.nightly(),
    },
  ]
}

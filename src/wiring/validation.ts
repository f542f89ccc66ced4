import { join } from 'node:path'
import { type CivilTime, type Clock, minutes } from '#src/core'
import { type Database, patiently } from '#src/db'
import type { Job } from '#src/jobs'
import { createValidation, photoShelf, type Validation } from '#src/validation'

export interface ValidationWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly dataDir: string
}

const PHOTOS = 'photos'

export const buildValidation = ({ dataDir, ...parts }: ValidationWiring): Validation =>
  createValidation({ ...parts, photos: photoShelf(join(dataDir, PHOTOS)) })

/** What judges days as they end, and again when something of them arrives late. */
export function validationJobs(wiring: ValidationWiring): readonly Job[] {
  const validation = buildValidation({ ...wiring, db: patiently(wiring.db) })
  return [
    {
      name: 'judge days',
      cycle: { kind: 'every', minutes: 10 },
      lease: minutes(5),
      attemptsMax: 5,
      run: async () => void (await validation.run()),
    },
  ]
}

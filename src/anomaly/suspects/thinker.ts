import { createThread, type Thread } from '#src/core'
import type { OtherEvidence, Suspicion } from './detector.ts'
import type { AreaHours } from './templates.ts'

export interface Question {
  readonly area: AreaHours
  readonly others: readonly (readonly OtherEvidence[])[]
}

/** Finds suspects beside the process that talks to meters: a large area takes half a minute. */
export const createThinker = (): Thread<Question, readonly Suspicion[]> =>
  createThread(import.meta.url, 'looks for theft')

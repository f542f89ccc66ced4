import type { Cases } from '#src/cases'
import { fail } from '#src/core'

const cases: Cases = {
  found: async () => ({ opened: 0, reopened: 0, extended: 0 }),
  settled: async () => 0,
  get: async () => undefined,
  history: async () => [],
  list: async () => [],
  move: async () => fail({ kind: 'not-found', message: 'there is no case' }),
}

/** The services of daily work where there is none: nothing is found, and nothing can be done. */
export const idleWork = { cases }

import type { Anomalies } from '#src/anomaly'
import type { Suspects } from '#src/anomaly/suspects'
import { fail } from '#src/core'

const missing = { kind: 'not-found', message: 'there is none' } as const

/** Nothing was found. */
export const idleAnomalies: Omit<Anomalies, 'follow' | 'forget'> = {
  list: async () => [],
  get: async () => undefined,
  context: async () => ({ days: [], curve: [], events: [], hits: [] }),
  move: async () => fail(missing),
  rules: async () => [],
  prices: async () => [],
  setPrice: async () => {},
  setRule: async () => fail(missing),
}

export const idleSuspects: Omit<Suspects, 'follow'> = {
  list: async () => [],
  pack: async () => undefined,
}

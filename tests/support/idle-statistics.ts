import { ok } from '#src/core'
import type { Statistics } from '#src/statistics'

/** Statistics of nothing. */
export const idleStatistics: Statistics = {
  energy: async () => ok({ unit: 'kWh', items: [], next: null }),
  load: async () => ok({ items: [], next: null }),
  pointLoad: async () => [],
  quality: async () => ok({ items: [], next: null }),
  sumCurve: async () => [],
}

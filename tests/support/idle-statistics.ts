import { fail, ok } from '#src/core'
import type { Statistics } from '#src/statistics'

const noList = fail({ kind: 'not-found', message: 'there is no such list' } as const)
const noQuery = fail({ kind: 'not-found', message: 'there is no such query' } as const)

/** Statistics of nothing. */
export const idleStatistics: Statistics = {
  energy: async () => ok({ unit: 'kWh', items: [], next: null }),
  load: async () => ok({ items: [], next: null }),
  pointLoad: async () => ok([]),
  sumCurve: async () => [],
  curves: async () => ok([]),
  quality: async () => ok({ items: [], next: null }),
  qualityLimits: async () => [],
  putQualityLimit: async () => {},
  capacityRule: async () => null,
  putCapacityRule: async () => {},
  capacity: async () => ({ items: [], next: null }),
  watchLists: {
    list: async () => [],
    get: async () => undefined,
    create: async () => noList,
    change: async () => noList,
    remove: async () => false,
    view: async () => undefined,
    look: async () => undefined,
  },
  queries: {
    catalogue: () => [],
    run: async () => ok({ columns: [], rows: [], isCut: false }),
    saved: async () => [],
    get: async () => undefined,
    revisions: async () => [],
    save: async () => noQuery,
    change: async () => noQuery,
    remove: async () => false,
  },
}

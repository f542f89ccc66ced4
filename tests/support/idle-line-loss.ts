import { fail } from '#src/core'
import type { LineLoss } from '#src/lineloss'

const nothing = {
  ...{ scopes: 0, computable: 0, qualified: 0, high: 0, low: 0, negative: 0 },
  ...{ newAbnormal: 0, cured: 0 },
}

/** Nothing was computed yet. */
export const idleLineLoss: Omit<LineLoss, 'follow'> = {
  enterNetwork: async () => fail({ kind: 'not-found', message: 'there is none' }),
  list: async () => [],
  ranking: async () => [],
  get: async () => undefined,
  history: async () => [],
  members: async () => [],
  policies: async () => [],
  setPolicy: async () => {},
  exceptions: async () => [],
  causes: async () => [],
  indicators: async () => nothing,
  indicatorsByManager: async () => ({ total: nothing, items: [] }),
}

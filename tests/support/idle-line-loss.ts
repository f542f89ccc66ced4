import type { LineLoss } from '#src/lineloss'

/** Nothing was computed yet. */
export const idleLineLoss: Omit<LineLoss, 'follow'> = {
  list: async () => [],
  ranking: async () => [],
  get: async () => undefined,
  history: async () => [],
  members: async () => [],
}

import { fail } from '#src/core'
import type { LineLoss } from '#src/lineloss'

/** Nothing was computed yet. */
export const idleLineLoss: Omit<LineLoss, 'follow'> = {
  enterNetwork: async () => fail({ kind: 'not-found', message: 'there is none' }),
  list: async () => [],
  ranking: async () => [],
  get: async () => undefined,
  history: async () => [],
  members: async () => [],
}

import type { Cases } from '#src/cases'
import { fail } from '#src/core'
import type { ChannelWays } from '#src/registry'

const cases: Cases = {
  found: async () => ({ opened: 0, reopened: 0, extended: 0 }),
  settled: async () => 0,
  get: async () => undefined,
  history: async () => [],
  list: async () => [],
  move: async () => fail({ kind: 'not-found', message: 'there is no case' }),
}

const channelWays: ChannelWays = {
  list: async () => [],
  setBackup: async () => false,
  changed: async () => {},
  changes: async () => [],
  pools: async () => [],
  setPool: async () => [],
  dropPool: async () => false,
}

/** The services of daily work where there is none: nothing is found, and nothing can be done. */
export const idleWork = { channelWays, cases }

import type { Cases } from '#src/cases'
import { fail } from '#src/core'
import type { PresenceBook } from '#src/presence'
import type { ChannelWays } from '#src/registry'
import { idleReports, idleTasks } from './idle-collection.ts'

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

const presence: Omit<PresenceBook, 'resume' | 'record' | 'door' | 'retain'> = {
  intervals: async () => [],
  events: async () => [],
  flappingOf: async () => [],
  clearFlapping: async () => false,
  quarantine: async () => [],
  adopt: async () => fail('not-found'),
  block: async () => undefined,
  traffic: async () => [],
  simOf: async () => undefined,
  placeSim: async () => {},
  simPools: async () => [],
  frameLog: async () => undefined,
  switchFrameLog: async () => {},
  endFrameLog: async () => false,
  frames: async () => [],
}

/** The services of daily work where there is none: nothing is found, and nothing can be done. */
export const idleWork = {
  channelWays,
  cases,
  diagnosis: { groups: async () => [], findings: async () => [] },
  presence,
  collectionReports: idleReports(),
  tasks: idleTasks(),
  archiveMoved: () => {},
  explainFrame: async () => null,
  deviceEvents: { list: async () => [] },
}

import type { CheckMeter, Commissioning } from '#src/commissioning'
import { fail } from '#src/core'
import type { Points } from '#src/points'

const noJob = fail({ kind: 'not-found', message: 'there is no such job' } as const)
const noPoint = fail({ kind: 'not-found', message: 'there is no such point' } as const)

const commissioning: Omit<Commissioning, 'resume' | 'stop'> = {
  start: async () => noJob,
  get: async () => undefined,
  list: async () => [],
  adopt: async () => noJob,
  cancel: async () => noJob,
}

const points: Points = {
  create: async () => noPoint,
  change: async () => noPoint,
  remove: async () => false,
  get: async () => undefined,
  list: async () => [],
  alarms: async () => [],
  acknowledge: async () => undefined,
  trend: async () => [],
}

const checkMeter: CheckMeter = async (_meter, readId) => {
  return { readId, report: null, measured: [], failure: null }
}

/** Nothing is commissioned, and nothing monitored. */
export const idleUpkeep = { commissioning, points, checkMeter }

import type { Cases } from '#src/cases'
import { fail, ok, seconds } from '#src/core'
import type { FieldOrders } from '#src/fieldwork'
import type { FirmwareDesk } from '#src/firmware'
import type { Forecasts } from '#src/forecast'
import type { Messages, Notifier } from '#src/messages'
import type { PresenceBook } from '#src/presence'
import type { ReadingDays } from '#src/reading-days'
import type { ChannelWays } from '#src/registry'
import { idleAnomalies, idleSuspects } from './idle-anomalies.ts'
import { idleArchive } from './idle-archive.ts'
import { idleClocks } from './idle-clocks.ts'
import { idleReports, idleTasks } from './idle-collection.ts'
import { idleGridWork } from './idle-grid.ts'
import { idleLineLoss } from './idle-line-loss.ts'
import { idleMetering } from './idle-metering.ts'
import { idleParameters } from './idle-parameters.ts'
import { idleStatistics } from './idle-statistics.ts'
import { idleUpkeep } from './idle-upkeep.ts'
import { idleValidation } from './idle-validation.ts'

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

const forecasts: Forecasts = {
  day: async () => null,
  scores: async () => ({ items: [], next: null }),
  calendar: async () => [],
  setCalendar: async () => {},
  setTemperatures: async () => [],
}

const readingDays: Omit<ReadingDays, 'follow' | 'compress'> = {
  routes: async () => [],
  route: async () => undefined,
  setRoute: async () => fail({ kind: 'unknown-group' }),
  retireRoute: async () => undefined,
  days: () => {
    throw new Error('there is no route')
  },
  run: async () => fail({ kind: 'not-found' }),
  held: async () => [],
  batches: async () => [],
  batch: async () => undefined,
  rows: async () => [],
  file: () => {
    throw new Error('there is no batch')
  },
  table: async () => ({ columns: [], rows: [] }),
  acknowledge: async () => fail({ kind: 'not-found' }),
  withdraw: async () => fail({ kind: 'not-found' }),
  reconcile: async () => ({ totals: [], differences: [] }),
}

const missing = { kind: 'not-found', message: 'there is none' } as const

const messages: Messages = {
  post: async () => fail(missing),
  get: async () => undefined,
  events: async () => [],
  list: async () => [],
  resend: async () => fail(missing),
  received: async () => 0,
}

const messageRules: Omit<Notifier, 'round' | 'start' | 'stop'> = {
  rules: async () => [],
  templates: async () => [],
  policy: async () => ({ quiet: { fromHour: 21, toHour: 8 }, personHourMax: 6 }),
  put: async () => ok(undefined),
  drop: async () => false,
  putTemplate: async () => ok(undefined),
  setPolicy: async () => {},
}

const firmware: FirmwareDesk = {
  upload: async () => fail(missing),
  files: async () => [],
  file: async () => undefined,
  request: async () => fail(missing),
  approve: async () => fail(missing),
  pause: async () => fail(missing),
  resume: async () => fail(missing),
  cancel: async () => fail(missing),
  campaign: async () => undefined,
  campaigns: async () => [],
  devices: async () => [],
}

const fieldOrders: FieldOrders = {
  order: async () => fail(missing),
  get: async () => undefined,
  steps: async () => [],
  events: async () => [],
  list: async () => [],
  report: async () => fail(missing),
  assign: async () => fail(missing),
  retry: async () => fail(missing),
  cancel: async () => fail(missing),
}

/** The services of daily work where there is none: nothing is found, and nothing can be done. */
export const idleWork = {
  ...idleUpkeep,
  ...idleArchive,
  ...idleGridWork,
  statistics: idleStatistics,
  lineLoss: idleLineLoss,
  anomalies: idleAnomalies,
  suspects: idleSuspects,
  forecasts,
  readingDays,
  validation: idleValidation,
  metering: idleMetering,
  evidence: { of: async () => ({ slot: null, frames: [] }), ofEvent: async () => [] },
  channelWays,
  cases,
  messages,
  messageRules,
  fieldOrders,
  firmware,
  receiptsOf: () => fail('forged' as const),
  diagnosis: { groups: async () => [], findings: async () => [], control: async () => [] },
  presence,
  collectionReports: idleReports(),
  tasks: idleTasks(),
  outbox: {
    status: () => ({ waiting: 0, bytes: 0, oldest: seconds(0), syncs: 0, trouble: null }),
    refused: {
      waiting: async () => 0,
      list: async () => [],
      replay: async () => fail(missing),
      dismiss: async () => fail(missing),
      damaged: async () => [],
    },
  },
  archiveMoved: () => {},
  explainFrame: async () => null,
  clocks: idleClocks,
  parameters: idleParameters,
  deviceEvents: { list: async () => [] },
}

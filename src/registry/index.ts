export type {
  Account,
  ArchiveOutcome,
  ArchiveProblem,
  ArchiveRow,
  BadCursor,
  ChannelKind,
  ChannelRecord,
  ChannelSettings,
  ConcentratorRecord,
  ConcentratorSighting,
  CustomerClass,
  Installation,
  MeterFilter,
  MeterRecord,
  Page,
  PageRequest,
  Ratio,
  Registry,
} from './types.ts'

import type { Database } from '#src/db'
import type { Registry } from './types.ts'

export declare function createRegistry(db: Database): Registry

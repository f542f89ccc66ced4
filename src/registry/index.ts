export { parseArchive } from './archive-file.ts'
export { archiveColumns } from './archive-rules.ts'
export { createRegistry } from './registry.ts'
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

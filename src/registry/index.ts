export { parseArchive, type ReadProtocols, readArchive } from './archive-file.ts'
export { moveRevision } from './archive-queries.ts'
export { parseChannelSettings, unreadSettings } from './channel-settings.ts'
export {
  type ChannelChange,
  type ChannelWays,
  createChannelWays,
  type PoolKind,
} from './channel-ways.ts'
export { createRegistry } from './registry.ts'
export type {
  ArchiveOutcome,
  ArchiveProblem,
  ArchiveRow,
  ChannelKind,
  ChannelRecord,
  ChannelSettings,
  ConcentratorRecord,
  ConcentratorSighting,
  MeterFilter,
  MeterRecord,
  PermitPool,
  Registry,
} from './types.ts'

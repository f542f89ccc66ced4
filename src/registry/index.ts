export { parseArchive, type ReadProtocols, readArchive } from './archive-file.ts'
export { unreadSettings } from './channel-settings.ts'
export { createRegistry } from './registry.ts'
export type {
  ArchiveOutcome,
  ArchiveProblem,
  ArchiveRow,
  ChannelRecord,
  ChannelSettings,
  ConcentratorRecord,
  ConcentratorSighting,
  MeterFilter,
  MeterRecord,
  PermitPool,
  Registry,
} from './types.ts'

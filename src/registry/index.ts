export { parseArchive, type ReadProtocols, readArchive } from './archive-file.ts'
export { moveRevision } from './archive-queries.ts'
export { channelKinds } from './archive-rules.ts'
export { parseChannelSettings, unreadSettings } from './channel-settings.ts'
export {
  type ChannelChange,
  type ChannelWays,
  createChannelWays,
  poolKinds,
} from './channel-ways.ts'
export {
  type ChangeRefusal,
  type InstalledMeter,
  installedMeter,
  installMeter,
  meterAtPoint,
  moveMeters,
  type NewMeter,
  replaceMeter,
  retireMeter,
  type TransformerRatio,
} from './field-changes.ts'
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

export { createArchiveDesk, type DeskParts } from './archive-desk.ts'
export { parseArchive, type ReadProtocols, readArchive } from './archive-file.ts'
export {
  type ArchivePolicy,
  approvals,
  type SetPolicy,
  selectArchivePolicy,
} from './archive-policy.ts'
export { moveRevision } from './archive-queries.ts'
export { channelKinds } from './archive-rules.ts'
export { recordMove } from './archive-turn.ts'
export { parseChannelSettings, unreadSettings } from './channel-settings.ts'
export {
  type ChannelChange,
  type ChannelWays,
  createChannelWays,
  poolKinds,
} from './channel-ways.ts'
export type {
  ApprovalNeeded,
  ArchiveDesk,
  ArchiveFile,
  ArchiveFinding,
  ArchiveImport,
  ArchivePreview,
  NotApplied,
} from './desk-types.ts'
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
export type { ArchiveChange } from './import-work.ts'
export {
  createPointHistory,
  type LoggedChange,
  type PointAt,
  type PointHistory,
} from './point-history.ts'
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
export {
  createUsageGroups,
  type GroupFilter,
  type GroupMembers,
  type GroupRefusal,
  type UsageGroup,
  type UsageGroups,
} from './usage-groups.ts'

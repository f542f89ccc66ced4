export type {
  ArchiveAnswer,
  CliActions,
  DirectoryFacts,
  Inspection,
  MigrationReport,
  Run,
  TransferReport,
} from './actions.ts'
export { type CliFailure, type ExitCode, exitCodes } from './exit.ts'
export type { CliIo, TextSink } from './io.ts'
export { type InspectionParts, nodeInspection } from './node-inspection.ts'
export { processIo } from './process-io.ts'
export { runCli } from './run.ts'
export type { LineFaults, SerialChoice, SimulateSpec } from './simulate-spec.ts'

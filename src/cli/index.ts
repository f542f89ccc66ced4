export type {
  ArchiveAnswer,
  CliActions,
  Inspection,
  MigrationReport,
  PasswordIsReset,
  PasswordReset,
  Run,
} from './actions.ts'
export { type CliFailure, type ExitCode, exitCodes } from './exit.ts'
export type { CliIo } from './io.ts'
export { nodeInspection } from './node-inspection.ts'
export { processIo } from './process-io.ts'
export { runCli } from './run.ts'
export type { SimulateSpec } from './simulate-spec.ts'

export { copyInto } from './copy.ts'
export type { Database, Db } from './database.ts'
export { judgeServer, type ServerAnswers, type Verdict } from './edition.ts'
export { lockHolder } from './embedded/index.ts'
export {
  type DatabaseError,
  type DatabaseErrorCode,
  DatabaseFailure,
  type FailureKind,
} from './errors.ts'
export { patiently } from './internals.ts'
export { checkpoint, compressChunks, vacuumAnalyze } from './maintenance.ts'
export { type MigrateOptions, migrate, migrationStatus } from './migrate.ts'
export type { MigrationError, MigrationStatus } from './migrations.ts'
export { type DatabaseLog, type DatabaseSettings, openDatabase } from './open.ts'
export { persistently } from './persistent.ts'
export { splitStatements } from './statements.ts'
export {
  exportAll,
  importAll,
  type TransferError,
  type TransferProgress,
  type TransferReport,
} from './transfer/index.ts'
export { timestamptz } from './types.ts'

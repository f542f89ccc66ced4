export { exportAll } from './export.ts'
export { importAll } from './import.ts'
export type { TransferError, TransferProgress, TransferReport } from './manifest.ts'

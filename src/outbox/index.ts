export type { DeviceEventRecord, DeviceEvents, PlainData } from './events.ts'
export { damagedBytes, nodeFiles, type OutboxFiles } from './files.ts'
export { createOutboxLedger, type OutboxLedger } from './ledger.ts'
export { type Codec, Outbox, type OutboxStatus, type OutboxTold, type Told } from './outbox.ts'
export { Ranges, stretchesOf } from './ranges.ts'
export { encodeRecords, type OutboxRecord, scanRecords } from './records.ts'
export {
  createRefusedRecords,
  type DamagedBytes,
  type Decision,
  type RefusedFailure,
  type RefusedRecord,
  type RefusedRecords,
} from './refused.ts'
export { type RefusedState, refusedStates } from './refused-queries.ts'
export type { OutboxPoint } from './segment-types.ts'
export { Segments } from './segments.ts'

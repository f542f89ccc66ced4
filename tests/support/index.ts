export {
  embeddedFolder,
  emptyDatabase,
  migratedDatabase,
  migratedFolder,
  type TestDatabase,
  temporaryFolder,
} from './database.ts'
export { type LedgerAsk, MemoryLedger, type TestGate, testGate } from './gate.ts'
export { ManualClock, settle } from './manual-clock.ts'
export { recordDisk } from './strict-disk.ts'
export { type ToyRequest, toyFrame, toyProtocol } from './toy-protocol.ts'

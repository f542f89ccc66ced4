export {
  embeddedFolder,
  emptyDatabase,
  hasServer,
  migratedDatabase,
  migratedEmbedded,
  migratedFolder,
  type TestDatabase,
  temporaryFolder,
} from './database.ts'
export { type LedgerAsk, MemoryLedger, type TestGate, testGate } from './gate.ts'
export { hesCall } from './hes.ts'
export { idleWork } from './idle-work.ts'
export { loneWorker } from './lone-worker.ts'
export { ManualClock, settle } from './manual-clock.ts'
export { MemoryDisk } from './memory-disk.ts'
export { DUMP_COMMAND, dumpSchema } from './schema-dump.ts'
export { recordDisk } from './strict-disk.ts'
export { type ToyRequest, toyFrame, toyProtocol } from './toy-protocol.ts'
export {
  collect,
  type VirtualNetwork,
  virtualNetwork,
  virtualSerialPorts,
} from './virtual-network.ts'

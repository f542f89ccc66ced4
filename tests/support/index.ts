export {
  embeddedFolder,
  emptyDatabase,
  migratedDatabase,
  migratedFolder,
  type TestDatabase,
  temporaryFolder,
} from './database.ts'
export { ManualClock, settle } from './manual-clock.ts'
export { recordDisk } from './strict-disk.ts'
export { type ToyRequest, toyFrame, toyProtocol } from './toy-protocol.ts'

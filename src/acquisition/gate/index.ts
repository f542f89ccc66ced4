export { actsOf, type Classifier, type MovingEffect } from './acts.ts'
export { budgets, type Cut } from './budgets.ts'
export { databaseLedger } from './database-ledger.ts'
export { fileLedger } from './file-ledger.ts'
export { type FileLock, lockFile } from './file-lock.ts'
export {
  createGatekeeper,
  type Gatekeeper,
  type GateRefusal,
  type Passage,
  readingGatekeeper,
} from './gatekeeper.ts'
export { allInterlocks, type GateRecord, type Interlock, reasonsAgainst } from './judge.ts'
export { loadGateKey } from './key-file.ts'
export type { GateLedger } from './ledger.ts'
export { safeFrame } from './masked.ts'
export {
  type GateKey,
  gateKey,
  type Permit,
  type PermitOffice,
  type PermitTerms,
  permitOffice,
  purposes,
  sealPermit,
} from './permit.ts'
export { isJournalWhole, retainJournal } from './retention.ts'
export { stopFile } from './stop-file.ts'
export {
  type ConfirmError,
  createTripControl,
  type Person,
  type TripControl,
  type TripState,
} from './trip-control.ts'

export { type Call, type Dialect, plainDialect, plainMachineSide } from './dialect.ts'
export type {
  Ciphered,
  CipherFailure,
  CipherMachine,
  CipherSession,
  KeySet,
  MeterOrder,
  SecurityMode,
} from './machine.ts'
export { networkCipherMachine } from './network-machine.ts'

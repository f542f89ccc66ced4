export { listenForDialIns } from './listener.ts'
export type { DialInObserver, Takeover } from './observer.ts'
export type { DialInOptions } from './options.ts'
export type {
  HeartbeatRule,
  Registrar,
  Registration,
  RegistrationRule,
  RuleTable,
  UnregisteredRule,
} from './rules.ts'
export type { MeasureMessage } from './uplink-filter.ts'

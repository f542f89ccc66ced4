export { type DialInOptions, listenForDialIns } from './listener.ts'
export type { DialInObserver, Takeover } from './observer.ts'
export type {
  HeartbeatRule,
  RegistrationRule,
  RuleTable,
} from './rules.ts'
export type { MeasureMessage } from './uplink-filter.ts'

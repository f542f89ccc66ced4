export { type DialInOptions, listenForDialIns } from './listener.ts'
export type { DialInObserver, Takeover } from './observer.ts'
export {
  defaultRules,
  type HeartbeatRule,
  type RegistrationRule,
  type RuleTable,
} from './rules.ts'
export type { MeasureMessage } from './uplink-filter.ts'

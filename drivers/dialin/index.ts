export {
  type DialInObserver,
  type DialInOptions,
  listenForDialIns,
  type Takeover,
} from './listener.ts'
export {
  defaultRules,
  type HeartbeatRule,
  type RegistrationRule,
  type RuleTable,
} from './rules.ts'
export type { MeasureMessage } from './uplink-filter.ts'

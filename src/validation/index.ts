export { estimateGap, type Facts, type Method } from './methods.ts'
export { photoShelf } from './photos.ts'
export { historyOf } from './similar-days.ts'
export type { Gap, Known } from './spread.ts'
export {
  acts,
  type Brought,
  customerClasses,
  type DeskRefusal,
  decisions,
  type Finding,
  type FindingFilter,
  findingStates,
  type RuleRefusal,
  severities,
  type Value,
  type ValueFilter,
  valueKinds,
  valueStates,
} from './types.ts'
export { createValidation, type Validation } from './validation.ts'

export { type CommissioningOptions, createCommissioning } from './commissioning.ts'
export { archivedAs, compare } from './compare.ts'
export { remarksOf, verdictOf } from './first-read.ts'
export { type CheckMeter, createMeterCheck, type MeterCheck } from './meter-check.ts'
export type {
  Adoption,
  Commission,
  CommissionedMeter,
  CommissionId,
  Commissioning,
  CommissionRefusal,
  CommissionWay,
} from './types.ts'
export { waysOf } from './ways.ts'
export { wordsOf } from './words.ts'

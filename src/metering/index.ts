export { energyOf, energyText, type Metered, primaryBetween } from './energy.ts'
export { finishedDays, lockPosition, movePosition, settledChange } from './following.ts'
export { createMetering } from './metering.ts'
export { monthOf, nextMonth, periodsOf } from './periods.ts'
export { qualityOf, worseQuality } from './quality.ts'
export { isPossible, type RegisterPoint } from './register.ts'
export { type RollOvers, rollOversIn, type Shown, shownAt, shownKey } from './shown.ts'
export type {
  EnergyExplained,
  Granularity,
  KeptUsage,
  KeptUsageKey,
  MeteredSpan,
  Metering,
  Usage,
  UsageQuality,
  UsageQuery,
} from './types.ts'

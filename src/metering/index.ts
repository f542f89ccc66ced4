export { energyOf, type Metered } from './energy.ts'
export { finishedDays, lockPosition, movePosition, settledChange } from './following.ts'
export { createMetering } from './metering.ts'
export { monthOf, nextMonth, periodsOf } from './periods.ts'
export type { RegisterPoint } from './register.ts'
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

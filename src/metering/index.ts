export { createMetering } from './metering.ts'
export type {
  Granularity,
  MeteredSpan,
  Metering,
  Usage,
  UsageQuality,
  UsageQuery,
} from './types.ts'

export { createReadings } from './readings.ts'
export type {
  Granularity,
  KeptReading,
  MeteredSpan,
  ReadingSource,
  Readings,
  StoredReading,
  TrendBucket,
  Usage,
  UsageQuery,
} from './types.ts'

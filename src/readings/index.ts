export { createReadings } from './readings.ts'
export type {
  KeptReading,
  ReadingSource,
  Readings,
  StoredReading,
  TrendBucket,
} from './types.ts'

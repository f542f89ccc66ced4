export type {
  BadCursor,
  CurvePoint,
  Granularity,
  KeptReading,
  MeteredSpan,
  ReadingPage,
  ReadingQuality,
  ReadingQuery,
  ReadingSource,
  Readings,
  ReadingsMaintenance,
  Retention,
  StoredReading,
  StoredValue,
  StoreOutcome,
  TimeSource,
  Usage,
  UsageItem,
  UsageQuality,
  UsageQuery,
  UsageRefusal,
} from './types.ts'

import type { CivilTime } from '#src/core'
import type { Database } from '#src/db'
import type { Readings } from './types.ts'

export declare function createReadings(db: Database, civil: CivilTime): Readings

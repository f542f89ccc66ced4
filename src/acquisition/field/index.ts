export { meterBench, openBench, openTap, unitBench } from './bench.ts'
export { compareClocks } from './clock.ts'
export type {
  Bench,
  ClockReadout,
  FieldChannel,
  FieldFailure,
  FieldWorld,
  FoundDevice,
  ScanPlan,
  ScanWatcher,
  Tap,
} from './types.ts'

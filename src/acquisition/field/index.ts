export { meterBench, openBench, openTap, unitBench } from './bench.ts'
export { compareClocks } from './clock.ts'
export type {
  Bench,
  ClockReadout,
  FieldChannel,
  FieldFailure,
  FieldWorld,
  FoundDevice,
  Tap,
} from './types.ts'

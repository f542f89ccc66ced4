export { meterBench, openBench, openTap, unitBench } from './bench.ts'
export { benchGate } from './bench-gate.ts'
export { compareClocks } from './clock.ts'
export type {
  Bench,
  ClockReadout,
  FieldChannel,
  FieldFailure,
  FieldGate,
  FieldWorld,
  FoundDevice,
  Tap,
} from './types.ts'

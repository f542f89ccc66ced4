export { meterBench, openBench, openTap, unitBench } from './bench.ts'
export { compareClocks } from './clock.ts'
export { frameEncoder, frameTools } from './frame-tools.ts'
export type {
  Bench,
  ClockReadout,
  FieldChannel,
  FieldFailure,
  FieldWorld,
  FoundDevice,
  FrameEncoder,
  FrameScanner,
  FrameTool,
  ScanPlan,
  ScanWatcher,
  Tap,
} from './types.ts'

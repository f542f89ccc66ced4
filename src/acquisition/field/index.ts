export { behindTerminal } from './behind-bench.ts'
export { benchAt, meterBench, openBench, openTap, unitBench } from './bench.ts'
export { benchGate } from './bench-gate.ts'
export { compareClocks } from './clock.ts'
export { channelLocks, exclusiveDialer, type LockChannel } from './exclusive.ts'
export type { RelayReport, RelayTask } from './relay.ts'
export { openRelayBench, relayBench } from './relay-bench.ts'
export type { RelayBench } from './relay-line-bench.ts'
export type { RelayState } from './relay-state.ts'
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

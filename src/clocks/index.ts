export { type ClockRunner, createClocks } from './clocks.ts'
export { retainClocks } from './retention.ts'
export {
  type DeviceKind,
  deviceKinds,
  isClear,
  type Measured,
  suitsBroadcast,
  verdictOf,
} from './rules.ts'
export {
  type ClockDevice,
  type ClockEar,
  type ClockRefusal,
  type ClockSilence,
  type ClockState,
  type Clocks,
  type ClockTalk,
  type Correction,
  correctionStates,
  type DoubtBook,
} from './types.ts'

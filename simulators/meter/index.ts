export type { Cleared, Incident, IncidentKind } from './book.ts'
export type { CustomerClass } from './customer-classes.ts'
export { FeedingLoad } from './feeding-load.ts'
export {
  DAYS_KEPT,
  type Recorded,
  SimulatedMeter,
} from './meter.ts'
export { MeterClock } from './meter-clock.ts'
export type { MeterMemory, MeterSpec } from './meter-spec.ts'
export { noise, noiseBetween } from './noise.ts'
export type { Registers, Tariffed } from './registers.ts'
export {
  closedRelay,
  isOpen,
  orderRelay,
  passTime,
  powerUp,
  pressButton,
  type Relay,
  type RelayAnswer,
  type RelayCommand,
  type RelayPlace,
  relayBits,
} from './relay.ts'
export { Site } from './site.ts'
export { isReversedSequence, type MeterWiring } from './wiring.ts'

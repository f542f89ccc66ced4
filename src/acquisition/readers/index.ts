export { behind, limitsBehind } from './behind.ts'
export { type Carrier, carrierOf, usualVia, type Via } from './carriers.ts'
export {
  broughtBy,
  type EventsWanted,
  type MeterReader,
  type MeterReadout,
  meterReader,
  unreadable,
} from './reader.ts'
export { readerThroughTerminals } from './terminal-reader.ts'
export type { HeardReading, UnusableValue } from './visit.ts'

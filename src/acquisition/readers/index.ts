export { behind, limitsBehind } from './behind.ts'
export { type Carrier, carrierOf, usualVia, type Via } from './carriers.ts'
export {
  broughtBy,
  type EventsWanted,
  type GiveWay,
  type HeardReading,
  type MeterReader,
  type MeterReadout,
  meterReader,
  type UnusableValue,
  unreadable,
} from './reader.ts'
export { readerThroughTerminals } from './terminal-reader.ts'

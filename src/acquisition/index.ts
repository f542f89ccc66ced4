export { dlms, gcm } from './ciphered-dlms.ts'
export {
  loginRecogniser,
  TerminalChannel,
  type TerminalProtocol,
  Terminals,
  WaitingEvents,
} from './dialin/index.ts'
export { createAcquisition } from './engine.ts'
export { type PushDecoded, PushSlots, runFeed } from './feeds/index.ts'
export { type Gatekeeper, type Permit, readingGatekeeper } from './gate/index.ts'
export {
  type Delivery,
  DeliveryStore,
  deliveryCodec,
  Happenings,
  stampReadings,
} from './intake/index.ts'
export { knownProtocols } from './known-protocols.ts'
export { entriesOf376, entriesOf698, OnDemandReads, type SearchWay } from './on-demand/index.ts'
export type {
  PolledMeter,
  PollPlan,
  RoundSummary,
  ScheduleLane,
  SlotOutcome,
  VisitResult,
} from './polling/index.ts'
export {
  Backlog,
  ChannelWorker,
  Complaints,
  type Errand,
  EventVisits,
  itemsOf,
  LaneTurns,
  Learned,
  Ledger,
  LineSilence,
  PermitOffice,
  SilenceBook,
  settleVisit,
  slotAfter,
  slotAt,
  visitEndOf,
} from './polling/index.ts'
export { loadPollPlans } from './queries.ts'
export {
  type HeardReading,
  type MeterReader,
  type MeterReadout,
  meterReader,
  readerThroughTerminals,
} from './readers/index.ts'
export type { Acquisition, AcquisitionStatus } from './types.ts'
export type { ExchangeFailure, ExchangeLimits, ExchangeOutcome } from './wire/index.ts'
export { Deadline, Line, noLineCounters, TwoWays } from './wire/index.ts'

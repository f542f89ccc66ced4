export type { ExchangeFailure, ExchangeOutcome } from './attempt.ts'
export { Batches } from './batches.ts'
export { Complaints } from './complaints.ts'
export {
  type Acquisition,
  type AcquisitionStatus,
  createAcquisition,
} from './engine.ts'
export { type PushDecoded, runFeed } from './feeds.ts'
export { Gatekeeper, type Permit } from './gatekeeper.ts'
export { Line, noLineCounters } from './line.ts'
export { OnDemandReads } from './on-demand.ts'
export type { Stranger } from './presence.ts'
export { loadPollPlans } from './queries.ts'
export { type MeterReader, type MeterReadout, meterReader } from './reader.ts'
export type { PolledMeter, PollPlan } from './rounds.ts'
export { SilenceBook } from './silence.ts'
export { slotAfter, slotAt } from './slots.ts'
export { stampReadings } from './stamping.ts'
export type { RoundSummary } from './tally.ts'
export type { ExchangeLimits } from './timing.ts'
export type { VisitResult } from './visits.ts'
export { ChannelWorker, type SlotOutcome } from './worker.ts'

import type { TransportError } from '#drivers/channel'
import type { Instant } from '#src/core'
import type { MeterReadout } from '../readers/index.ts'
import type { Line } from '../wire/index.ts'
import type { Errand } from './backlog.ts'
import type { MissReason } from './missed.ts'
import type { PolledMeter, PollPlan, Round } from './rounds.ts'

/** What became of one meter in one slot. `readout` is null when it was not visited. */
export interface SlotOutcome {
  readonly plan: PollPlan
  readonly slot: Instant
  readonly meter: PolledMeter
  readonly readout: MeterReadout | null
  readonly missed: MissReason | null
}

/** Told of everything that happens on a channel; must not throw. */
export interface WorkerObserver {
  opened(round: Round): void
  /** After every visit, also one that will be repeated or that somebody waited for. */
  visited(meter: PolledMeter, readout: MeterReadout): void
  /** `settled` is to be called once it stands in the ledger. */
  outcome(outcome: SlotOutcome, settled: () => void): Promise<void>
  /** After a visit for slots of the past. */
  caughtUp(
    errand: Errand,
    items: readonly string[],
    readout: MeterReadout,
    settled: () => void,
  ): Promise<void>
  finished(round: Round): void
  online(line: Line): void
  offline(reason: TransportError | null): void
}

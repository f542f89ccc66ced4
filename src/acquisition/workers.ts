import type { Channel, TransportError } from '#drivers/channel'
import { minutes } from '#src/core'
import type { ChannelRecord, ConcentratorRecord, MeterRecord } from '#src/registry'
import { ChannelChanges } from './channel-changes.ts'
import type { Presence } from './dialin/index.ts'
import type {
  Errand,
  Ledger,
  PolledMeter,
  PollPlan,
  Round,
  RoundTally,
  SilenceBook,
  SlotOutcome,
  WorkerObserver,
} from './polling/index.ts'
import {
  Backlog,
  ChannelWorker,
  Complaints,
  EventVisits,
  Learned,
  LineSilence,
  PermitOffice,
  takesPart,
  visitEndOf,
} from './polling/index.ts'
import type { MeterReader, MeterReadout } from './readers/index.ts'
import type { AcquisitionOptions } from './types.ts'
import { type ExchangeLimits, mobileLimits, noLineCounters, TwoWays } from './wire/index.ts'

export interface WorkersOptions extends AcquisitionOptions {
  readonly presence: Presence
  readonly silence: SilenceBook<number>
  readonly ledger: Ledger
  readonly tally: RoundTally
}

/** A terminal that lost its network calls again after a minute or two. */
const CALL_PATIENCE = minutes(5)
const DIAL_PATIENCE = minutes(1)

interface Way {
  readonly open: (signal: AbortSignal) => Promise<Channel | TransportError>
  readonly limits: ExchangeLimits | null
}

/** Makes the worker of each channel, and tells the rest of the engine what it sees. */
export class Workers {
  readonly #options: WorkersOptions
  readonly #counters = noLineCounters()
  readonly #watching: Watching
  readonly #permits = new PermitOffice()
  readonly #changes: ChannelChanges
  readonly #readers: ReadonlyMap<string, MeterReader>

  constructor(options: WorkersOptions) {
    this.#options = options
    const complaints = new Complaints({ ...options, counters: this.#counters })
    this.#watching = { options, complaints }
    this.#changes = new ChannelChanges(options)
    this.#readers = new Map(options.readers.map((reader) => [reader.name, reader]))
  }

  /** Null for a channel that nobody polls: its meters push. */
  workerFor(
    channel: ChannelRecord,
    meters: readonly MeterRecord[],
    concentrator: ConcentratorRecord | undefined,
    tasks: readonly PollPlan[],
  ): ChannelWorker | null {
    const { clock, random, civil, collection, log, gatekeeper } = this.#options
    const way = this.#wayTo(channel, concentrator, () => worker.reopen())
    if (!way) return null
    const plans = tasks.filter((plan) => meters.some((meter) => takesPart(plan, meter)))
    const learned = new Learned()
    const silence = new LineSilence(this.#options.silence, meters.length)
    const worker = new ChannelWorker({
      name: channel.name,
      open: way.open,
      limits: way.limits,
      meters,
      plans,
      readers: this.#readers,
      clock,
      random,
      civil,
      gatekeeper,
      silence,
      learned,
      eventVisits: new EventVisits({ store: this.#options.deviceEvents, meters, clock, civil }),
      backlog: new Backlog({
        plans,
        meters,
        ledger: collection,
        silence,
        learned,
        clock,
        civil,
        log,
      }),
      pools: channel.pools ?? [],
      permits: this.#permits,
      observer: new ChannelObserver(channel, this.#watching),
      counters: this.#counters,
    })
    return worker
  }

  /** The way to a channel, or the two of one that has a second. */
  #wayTo(
    channel: ChannelRecord,
    concentrator: ConcentratorRecord | undefined,
    leave: () => void,
  ): Way | null {
    const primary = this.#oneWayTo(channel, concentrator)
    const backup = channel.backup
      ? this.#oneWayTo({ ...channel, ...channel.backup }, concentrator)
      : null
    if (!primary || !backup) return primary
    const { clock } = this.#options
    const ways = new TwoWays({
      primary: primary.open,
      backup: backup.open,
      patience: channel.kind === 'dialin' ? CALL_PATIENCE : DIAL_PATIENCE,
      clock,
      changed: (change) => this.#changes.note({ ...change, channelId: channel.id }),
      leave,
    })
    // What suits the slower of the two.
    const limits = primary.limits ?? backup.limits
    return { limits, open: (signal) => ways.open(signal) }
  }

  #oneWayTo(channel: ChannelRecord, concentrator: ConcentratorRecord | undefined): Way | null {
    if (channel.kind === 'dialin') {
      const identity = String(channel.settings.identity ?? channel.name)
      const meeting = this.#options.presence.expect(identity, channel, concentrator?.id)
      return { limits: mobileLimits, open: (signal) => meeting.open(signal) }
    }
    const dialer = this.#options.dialerOf(channel)
    if (!dialer) return null
    return {
      limits: null,
      open: async (signal) => {
        const opened = await dialer.open(signal)
        if (!opened.ok) return opened.error
        return this.#options.presence.dialed(channel, concentrator?.id, opened.value)
      },
    }
  }
}

interface Watching {
  readonly options: WorkersOptions
  readonly complaints: Complaints
}

/** What the engine sees of one channel; a class, since there are ten thousand. */
class ChannelObserver implements WorkerObserver {
  readonly #channel: ChannelRecord
  readonly #watching: Watching
  #lastReason: string | null = null

  constructor(channel: ChannelRecord, watching: Watching) {
    this.#channel = channel
    this.#watching = watching
  }

  online(): void {
    this.#lastReason = null
    const { log } = this.#watching.options
    log.debug({ event: 'channel.online', channel: this.#channel.name })
  }

  offline(reason: TransportError | null): void {
    if (reason === null || reason.code === this.#lastReason) return
    this.#lastReason = reason.code
    const { code, message } = reason
    const { log } = this.#watching.options
    log.warn({ event: 'channel.offline', channel: this.#channel.name, code }, message)
  }

  opened(round: Round): void {
    this.#watching.options.tally.opened(round)
  }

  visited(meter: PolledMeter, readout: MeterReadout): void {
    const { options, complaints } = this.#watching
    complaints.visited(this.#channel.name, meter, readout)
    const end = visitEndOf(meter, readout)
    if (end !== null) options.onVisit?.(meter.id, end)
  }

  async outcome(outcome: SlotOutcome, settled: () => void): Promise<void> {
    const { tally, ledger } = this.#watching.options
    tally.outcome(outcome, await ledger.outcome(outcome, settled))
  }

  caughtUp(
    errand: Errand,
    items: readonly string[],
    readout: MeterReadout,
    settled: () => void,
  ): Promise<void> {
    return this.#watching.options.ledger.caughtUp(errand, items, readout, settled)
  }

  finished(round: Round): void {
    this.#watching.options.tally.finished(round)
  }
}

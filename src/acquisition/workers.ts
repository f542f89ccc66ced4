import type { Channel, TransportError } from '#drivers/channel'
import type { ConcentratorId } from '#src/core'
import type { ChannelRecord, ConcentratorRecord, MeterRecord } from '#src/registry'
import type { Presence } from './dialin/index.ts'
import type { Ledger, Round, RoundTally, SilenceBook, WorkerObserver } from './polling/index.ts'
import { Backlog, ChannelWorker, Complaints, Learned, PermitOffice } from './polling/index.ts'
import type { MeterReader } from './readers/index.ts'
import type { AcquisitionOptions } from './types.ts'
import { type ExchangeLimits, mobileLimits, noLineCounters, type Taps } from './wire/index.ts'

export interface WorkersOptions extends AcquisitionOptions {
  readonly presence: Presence
  readonly taps: Taps
  readonly silence: SilenceBook<number>
  readonly ledger: Ledger
  readonly tally: RoundTally
}

/** Makes the worker of each channel, and tells the rest of the engine what it sees. */
export class Workers {
  readonly #options: WorkersOptions
  readonly #counters = noLineCounters()
  readonly #complaints: Complaints
  readonly #permits = new PermitOffice()
  readonly #readers: ReadonlyMap<string, MeterReader>

  constructor(options: WorkersOptions) {
    this.#options = options
    this.#complaints = new Complaints({ ...options, counters: this.#counters })
    this.#readers = new Map(options.readers.map((reader) => [reader.name, reader]))
  }

  /** Null for a channel that nobody polls: its meters push. */
  workerFor(
    channel: ChannelRecord,
    meters: readonly MeterRecord[],
    concentrator: ConcentratorRecord | undefined,
  ): ChannelWorker | null {
    const { clock, random, civil, collection, log, taps, gatekeeper, silence } = this.#options
    const way = this.#wayTo(channel, concentrator)
    if (!way) return null
    const plans = this.#options.plans.filter(({ protocol }) =>
      meters.some((meter) => meter.protocol === protocol),
    )
    const learned = new Learned()
    return new ChannelWorker({
      name: channel.name,
      open: taps.over(channel.id, way.open),
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
      observer: this.#observerOf(channel, concentrator?.id),
      counters: this.#counters,
    })
  }

  #wayTo(
    channel: ChannelRecord,
    concentrator: ConcentratorRecord | undefined,
  ): {
    open: (signal: AbortSignal) => Promise<Channel | TransportError>
    limits: ExchangeLimits | null
  } | null {
    if (channel.kind === 'dialin') {
      const identity = String(channel.settings.identity ?? channel.name)
      const meeting = this.#options.presence.expect(identity, concentrator?.id)
      return { limits: mobileLimits, open: (signal) => meeting.open(signal) }
    }
    const dialer = this.#options.dialerOf(channel)
    if (!dialer) return null
    return {
      limits: null,
      open: async (signal) => {
        const opened = await dialer.open(signal)
        return opened.ok ? opened.value : opened.error
      },
    }
  }

  #observerOf(channel: ChannelRecord, concentrator: ConcentratorId | undefined): WorkerObserver {
    const { log, presence, tally, ledger } = this.#options
    const seen = (online: boolean) => {
      if (concentrator !== undefined) presence.seen(concentrator, online)
    }
    let lastReason: string | null = null
    return {
      online: () => {
        lastReason = null
        seen(true)
        log.debug({ event: 'channel.online', channel: channel.name })
      },
      offline: (reason) => {
        seen(false)
        if (reason === null || reason.code === lastReason) return
        lastReason = reason.code
        const { code, message } = reason
        log.warn({ event: 'channel.offline', channel: channel.name, code }, message)
      },
      opened: (round) => {
        tally.opened(round)
        ledger.opened(round)
      },
      visited: (meter, readout) => this.#complaints.visited(channel.name, meter, readout),
      outcome: async (outcome, settled) => {
        tally.outcome(outcome, await ledger.outcome(outcome, settled))
      },
      caughtUp: (...visit) => ledger.caughtUp(...visit),
      finished: (round: Round) => tally.finished(round),
    }
  }
}

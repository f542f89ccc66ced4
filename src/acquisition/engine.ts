import type { ReadHead, ReadRequestId } from '#src/collection'
import { type ChannelId, fail, type MeterId, type Result } from '#src/core'
import type { MeterRecord } from '#src/registry'
import { takeOrder } from './control/orders.ts'
import { Presence, Terminals, WaitingEvents } from './dialin/index.ts'
import { PushSlots, pushProtocols, runFeed } from './feeds/index.ts'
import type { FieldFailure, ScanWatcher } from './field/types.ts'
import { showStatus } from './gauges.ts'
import { Happenings, Intake } from './intake/index.ts'
import { knownProtocols } from './known-protocols.ts'
import {
  lendLine,
  OnDemandReads,
  type SearchWay,
  searchMeters,
  spokenBy,
  usualSearch,
} from './on-demand/index.ts'
import type { PolledMeter } from './polling/index.ts'
import {
  type ChannelWorker,
  channelsByPlan,
  Ledger,
  type PollPlan,
  type RoundSummary,
  RoundTally,
  ServedChannels,
  SilenceBook,
  takesPart,
} from './polling/index.ts'
import type { Acquisition, AcquisitionOptions, AcquisitionStatus } from './types.ts'
import { type HearPassing, Taps } from './wire/index.ts'
import { Workers } from './workers.ts'

export function createAcquisition(options: AcquisitionOptions): Acquisition {
  return new Engine(options)
}

class Engine implements Acquisition {
  readonly #options: AcquisitionOptions
  readonly #intake: Intake
  readonly #onDemand: OnDemandReads
  readonly #silence = new SilenceBook<number>()
  readonly #workers: Workers
  readonly #served = new ServedChannels()
  readonly #meters = new Map<MeterId, MeterRecord>()
  readonly #pushing = new Map<string, MeterId>()
  readonly #reporting = new Map<string, MeterId>()
  readonly #presence: Presence
  readonly #taps: Taps
  readonly #stop = new AbortController()
  readonly #running: Promise<unknown>[] = []
  readonly #tally: RoundTally
  readonly #ledger: Ledger
  readonly #happenings: Happenings
  #terminals: ReadonlyMap<string, ChannelId> = new Map()
  #pushed: readonly PollPlan[] = []
  #loading: Promise<unknown> = Promise.resolve()
  #lastRound: RoundSummary | null = null

  constructor(options: AcquisitionOptions) {
    this.#options = options
    const { clock, readRequests } = options
    this.#intake = new Intake(options)
    this.#happenings = new Happenings(options)
    const told = { intake: this.#intake, happenings: this.#happenings }
    this.#ledger = new Ledger({ ...options, ...told })
    this.#taps = new Taps(clock)
    const waitingEvents = new WaitingEvents({
      ...options,
      ...told,
      reader: options.readers.find(({ name }) => name === 'gdw376'),
      store: options.deviceEvents,
      lend: (terminal, loan) => this.#terminal(terminal)?.lend(loan) ?? false,
    })
    const terminals = new Terminals({
      ...options,
      ...told,
      eventsWait: (terminal, count) => waitingEvents.seen(terminal, count),
      meterOf: (protocol, address) => this.#reporting.get(`${protocol} ${address}`),
    })
    this.#presence = new Presence({
      ...options,
      terminals,
      taps: this.#taps,
      protocols: knownProtocols,
    })
    this.#onDemand = new OnDemandReads({
      ...options,
      requests: readRequests,
      intake: this.#intake,
      stopping: this.#stop.signal,
      find: (id) => this.#find(id),
    })
    this.#tally = new RoundTally((summary) => {
      this.#lastRound = summary
      options.onRound(summary)
    })
    this.#workers = new Workers({
      ...options,
      presence: this.#presence,
      silence: this.#silence,
      ledger: this.#ledger,
      tally: this.#tally,
    })
    showStatus(options.metrics, () => this.status())
  }

  async start(): Promise<void> {
    const { feeds, listener } = this.#options
    await this.#presence.begin()
    await this.#load()
    if (listener) this.#running.push(this.#presence.admit(listener))
    const intake = this.#intake
    const meters = () => this.#meters.values()
    const slots = new PushSlots({ ...this.#options, plans: () => this.#pushed, meters, intake })
    this.#running.push(slots.run(this.#stop.signal))
    for (const { feed, decode } of feeds) {
      const meterOf = (device: string) => this.#pusher(device)
      this.#running.push(runFeed({ ...this.#options, feed, decode, meterOf, intake, slots }))
    }
    this.#running.push(this.#presence.report(this.#stop.signal), this.#keepLedger())
    await this.#onDemand.resume()
  }

  #keepLedger(): Promise<void> {
    const grown = () => {
      for (const worker of this.#served.workers) worker.pastGrew()
    }
    const dayBegan = () => this.archiveChanged()
    return this.#ledger.keep({ grown, dayBegan }, this.#stop.signal)
  }

  archiveChanged(): Promise<boolean> {
    const loaded = this.#loading.then(async () => {
      if (this.#stop.signal.aborted) return false
      try {
        await this.#load()
        // Reads on a channel that was served anew are taken up again.
        await this.#onDemand.resume()
        return true
      } catch (error) {
        // What was imported stands; whoever saw it change asks for it again.
        this.#options.log.error({ event: 'archive.unread', err: error }, 'still the old archive')
        return false
      }
    })
    this.#loading = loaded
    return loaded
  }

  /** Serves what the archive holds now; channels that are as they were go on undisturbed. */
  async #load(): Promise<void> {
    const { registry } = this.#options
    const [plans, channels, meters, concentrators] = await Promise.all([
      this.#options.plans(),
      registry.channels(),
      registry.allMeters(),
      registry.allConcentrators(),
    ])
    await this.#ledger.follow(plans)
    this.#pushed = plans.filter(({ protocol }) => pushProtocols.includes(protocol))
    for (const meter of meters) this.#know(meter)
    this.#happenings.know({ meters, concentrators })
    this.#terminals = new Map(concentrators.map((one) => [one.address, one.channelId]))
    const metersOf = Map.groupBy(meters, ({ channelId }) => channelId)
    this.#tally.count(channelsByPlan(plans, metersOf))
    const concentratorOf = new Map(concentrators.map((one) => [one.channelId, one]))
    for (const channel of channels) {
      const served = metersOf.get(channel.id) ?? []
      const concentrator = concentratorOf.get(channel.id)
      const polled = served.map(({ id, address, protocol, profile }) => {
        return [id, address, protocol, profile]
      })
      const tasks = plans.flatMap((plan) => {
        const partners = served.filter((meter) => takesPart(plan, meter)).map(({ id }) => id)
        return partners.length === 0 ? [] : [[{ ...plan, members: [] }, partners]]
      })
      const facts = JSON.stringify([channel, concentrator?.id ?? null, polled, tasks])
      await this.#served.serve(channel.id, facts, () =>
        this.#workers.workerFor(channel, served, concentrator, plans),
      )
    }
  }

  async stop(): Promise<void> {
    const { listener, feeds } = this.#options
    this.#stop.abort()
    await this.#loading
    const served = this.#served.stop()
    await listener?.close()
    for (const { feed } of feeds) await feed.close()
    await Promise.all([served, ...this.#running])
    await this.#presence.write()
    await this.#onDemand.ended()
  }

  beginRead(request: ReadHead): void {
    this.#onDemand.begin(request)
  }

  cancelRead(id: ReadRequestId): void {
    this.#onDemand.cancel(id)
  }

  async search(
    id: ChannelId,
    watcher: ScanWatcher,
    signal: AbortSignal,
    way: SearchWay = usualSearch,
  ): Promise<Result<void, FieldFailure>> {
    const worker = this.#served.workerOf(id)
    if (!worker) return fail(notServed)
    const { clock } = this.#options
    return searchMeters({ worker, clock }, way, watcher, signal)
  }

  speaks(id: MeterId, at?: ChannelId) {
    const found = this.#find(id)
    const worker = at === undefined ? found?.worker : this.#served.workerOf(at)
    if (!found || !worker) return Promise.resolve('unasked' as const)
    const where = at === undefined ? 'at-home' : 'elsewhere'
    return spokenBy(worker, this.#options.readers, found.meter, where)
  }

  async order(...[id, use]: Parameters<Acquisition['order']>) {
    const worker = this.#served.workerOf(id)
    return worker ? takeOrder(worker, this.#options.clock, use) : fail(notServed)
  }

  async spare(...[id, use, signal]: Parameters<Acquisition['spare']>) {
    const worker = this.#served.workerOf(id)
    return worker ? lendLine((loan) => worker.spare(loan), use, signal) : fail(notServed)
  }

  async lend(...[id, use, signal]: Parameters<Acquisition['lend']>) {
    const worker = this.#served.workerOf(id)
    return worker ? lendLine((loan) => worker.lend(loan), use, signal) : fail(notServed)
  }

  listen(id: ChannelId, hear: HearPassing): () => void {
    return this.#taps.listen(id, hear)
  }

  doorChanged(): Promise<void> {
    return this.#presence.refresh()
  }

  status(): AcquisitionStatus {
    const { feeds } = this.#options
    const { workers } = this.#served
    return {
      channels: workers.length,
      channelsOnline: workers.filter(({ line }) => line?.open).length,
      metersSilent: this.#silence.size,
      feedsConnected: feeds.filter(({ feed }) => feed.connected).length,
      feeds: feeds.length,
      lastRound: this.#lastRound,
    }
  }

  /** The meter that a device's messages are of; its gateway is there as long as it sends. */
  #pusher(device: string): MeterId | undefined {
    const id = this.#pushing.get(device)
    const gateway = id === undefined ? null : (this.#meters.get(id)?.concentratorId ?? null)
    if (gateway !== null) this.#presence.pushed(gateway)
    return id
  }

  /** The worker of the channel on which a terminal calls. */
  #terminal(address: string): ChannelWorker | null {
    const channel = this.#terminals.get(address)
    return channel === undefined ? null : this.#served.workerOf(channel)
  }

  #know(meter: MeterRecord): void {
    this.#meters.set(meter.id, meter)
    if (meter.channelKind === 'mqtt') this.#pushing.set(meter.address, meter.id)
    if (this.#options.terminals.some(({ name }) => name === meter.protocol)) {
      this.#reporting.set(`${meter.protocol} ${meter.address}`, meter.id)
    }
  }

  #find(id: MeterId): { meter: PolledMeter; worker: ChannelWorker | null } | undefined {
    const meter = this.#meters.get(id)
    if (!meter) return undefined
    return { meter, worker: this.#served.workerOf(meter.channelId) }
  }
}

const notServed: FieldFailure = {
  code: 'read.offline',
  message: 'nothing is asked on this channel',
  raw: new Uint8Array(0),
}

import type { Channel, TransportError } from '#drivers/channel'
import type { Random } from '#src/core'
import type { PermitPool } from '#src/registry'
import type { Gatekeeper } from '../gate/index.ts'
import {
  type EventsWanted,
  type MeterReader,
  type MeterReadout,
  unreadable,
} from '../readers/index.ts'
import {
  type ExchangeLimits,
  type GiveWay,
  keepOpen,
  Line,
  type LineCounters,
  type Loan,
  LoanDesk,
} from '../wire/index.ts'
import type { Leave, PermitOffice } from './permits.ts'
import type { PolledMeter } from './rounds.ts'
import { type Ride, Schedule, type ScheduleOptions } from './schedule.ts'
import { type Order, type Visit, VisitQueue } from './visits.ts'
import { Waker } from './waker.ts'

export interface WorkerOptions extends ScheduleOptions {
  readonly name: string
  /** Dials the channel; waits for the device where it is the one that calls. */
  readonly open: (signal: AbortSignal) => Promise<Channel | TransportError>
  readonly readers: ReadonlyMap<string, MeterReader>
  readonly limits: ExchangeLimits | null
  readonly random: Random
  readonly gatekeeper: Gatekeeper
  /** What it shares with other channels, and where leave to use it is asked. */
  readonly pools: readonly PermitPool[]
  readonly permits: PermitOffice
  /** Shared with other lines, to be added up. */
  readonly counters?: LineCounters
}

/**
 * One channel's master: it alone talks on the channel, and it alone decides what comes next. What
 * somebody waits for goes before the schedule, also between two frames of one of its visits.
 */
export class ChannelWorker {
  readonly #options: WorkerOptions
  readonly #schedule: Schedule
  readonly #visits = new VisitQueue()
  readonly #loans = new LoanDesk()
  readonly #waker: Waker
  /** Leave to use what is shared with other channels, while it is had or waited for. */
  #leave: Leave | null = null
  #line: Line | null = null
  #ride: Ride | null = null
  #isLeaving = false

  constructor(options: WorkerOptions) {
    this.#options = options
    const waker = new Waker(options.clock)
    this.#waker = waker
    this.#schedule = new Schedule(
      options,
      (ride, meter, items, wanted) => this.#read(ride, meter, items, wanted),
      () => waker.stir(),
    )
  }

  get line(): Line | null {
    return this.#line
  }

  get name(): string {
    return this.#options.name
  }

  /** The ledger holds more of the past than when it was looked at. */
  pastGrew(): void {
    this.#options.backlog.grown()
    this.#waker.stir()
  }

  /** False when too many wait already. */
  visit(visit: Visit): boolean {
    const isTaken = this.#visits.add(visit)
    this.#waker.stir()
    return isTaken
  }

  /** Takes an order before everything else; false when too many wait already. */
  order(order: Order): boolean {
    const isTaken = this.#visits.addOrder(order)
    this.#waker.stir()
    return isTaken
  }

  /** Hangs up and opens the channel anew, once nothing is in the air. */
  reopen(): void {
    this.#isLeaving = true
    this.#waker.stir()
  }

  /** Lends the line to other work, between visits; false when such work waits already. */
  lend(loan: Loan): boolean {
    const isTaken = this.#loans.ask(loan)
    this.#waker.stir()
    return isTaken
  }

  /** Lends the line for one exchange behind all else; false when such work waits already. */
  spare(loan: Loan): boolean {
    const isTaken = this.#schedule.spare(loan)
    this.#waker.stir()
    return isTaken
  }

  /**
   * Serves the channel until the signal aborts; then closes it and answers who still waits. The
   * signal is this worker's own: a thousand channels that listen to one slow each other.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stir = () => this.#waker.stir()
    signal.addEventListener('abort', stir, { once: true })
    const keeping = this.#keepOpen(signal)
    while (!signal.aborted) {
      this.#waker.begin()
      if (this.#schedule.isDue) await this.#schedule.openDue(this.#line?.open === true)
      await (this.#step(signal) ?? this.#rest(signal))
    }
    signal.removeEventListener('abort', stir)
    this.#giveBackLeave()
    await Promise.all([keeping, this.#schedule.ended()])
    this.#visits.stop()
    this.#loans.refuse()
    this.#schedule.refuse()
  }

  /** One visit to one meter; null when there is nothing to do now. */
  #step(signal: AbortSignal): Promise<void> | null {
    const line = this.#line
    if (!line?.open) {
      this.#giveBackLeave()
      this.#visits.refuse(this.#options.clock.now())
      this.#loans.refuse()
      this.#schedule.refuse()
      return null
    }
    if (this.#isLeaving) {
      this.#isLeaving = false
      return line.close()
    }
    const visit = this.#visits.next()
    if (visit) return this.#serve(line, visit, signal)
    const loan = this.#loans.next()
    if (loan) return loan.use(line, signal, this.#rideOn(line, signal).giveWay)
    this.#schedule.lookForGaps()
    if (!this.#schedule.hasWork) {
      this.#giveBackLeave()
      return null
    }
    if (!this.#mayVisit()) return null
    const served = this.#schedule.serve(this.#rideOn(line, signal))
    return this.#leave ? served.then(() => this.#giveBackLeave()) : served
  }

  /** The same for all visits over one line. */
  #rideOn(line: Line, signal: AbortSignal): Ride {
    if (this.#ride?.line !== line) {
      this.#ride = { line, signal, giveWay: () => this.#letThrough(line, signal) }
    }
    return this.#ride
  }

  /** All that somebody waits for; null where nobody does. */
  #letThrough(line: Line, signal: AbortSignal): Promise<void> | null {
    const first = line.open ? this.#visits.next() : undefined
    return first ? this.#serveWaiting(line, first, signal) : null
  }

  async #serveWaiting(line: Line, first: Order | Visit, signal: AbortSignal): Promise<void> {
    let next: Order | Visit | undefined = first
    while (next) {
      await this.#serve(line, next, signal)
      next = line.open && !signal.aborted ? this.#visits.next() : undefined
    }
  }

  async #serve(line: Line, visit: Order | Visit, signal: AbortSignal): Promise<void> {
    if ('use' in visit) return await visit.use(line, signal)
    const ride = { line, signal, giveWay: nobodyElse }
    const readout = await this.#read(ride, visit.meter, visit.items)
    const isStopped = readout.failure?.code === 'exchange.aborted'
    visit.done(isStopped ? { kind: 'stopped' } : { kind: 'read', readout })
  }

  /** Asks leave for a visit where the channel shares something with others. */
  #mayVisit(): boolean {
    const { pools, permits } = this.#options
    if (pools.length === 0) return true
    this.#leave ??= permits.ask(pools, () => this.#waker.stir())
    return this.#leave.isGranted
  }

  #giveBackLeave(): void {
    this.#leave?.giveBack()
    this.#leave = null
  }

  async #read(
    { line, signal, giveWay }: Ride,
    meter: PolledMeter,
    items: readonly string[],
    wanted?: EventsWanted,
  ): Promise<MeterReadout> {
    const { readers, limits, silence, learned, observer } = this.#options
    const reader = readers.get(meter.protocol)
    if (!reader) return unreadable(items)
    const hints = {
      learned: learned.of(meter.id).roundTrips,
      giveWay,
      ...(silence.failing(meter.id) && { wakes: true as const }),
    }
    const readout = wanted
      ? await reader.readEvents(line, meter, wanted, limits, signal, hints)
      : await reader.read(line, meter, items, limits, signal, hints)
    if (!readout.failure || readout.failure.code === 'exchange.unreadable')
      silence.answered(meter.id)
    observer.visited(meter, readout)
    return readout
  }

  /** Until the next slot is due, a visit arrives, the line changes or the signal aborts. */
  async #rest(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const lookAt = this.#line?.open ? this.#schedule.lookAt : Number.POSITIVE_INFINITY
    const { nextOpening } = this.#schedule
    await this.#waker.rest(Math.min(nextOpening, this.#visits.patientUntil, lookAt))
  }

  #keepOpen(signal: AbortSignal): Promise<void> {
    const { clock, random, gatekeeper, observer, open, counters } = this.#options
    const use = async (channel: Channel) => {
      const line = new Line(channel, clock, gatekeeper, counters)
      this.#line = line
      observer.online(line)
      this.#waker.stir()
      const reason = await line.ended
      this.#line = null
      this.#ride = null
      return reason
    }
    const offline = (reason: TransportError | null) => {
      observer.offline(reason)
      this.#waker.stir()
    }
    return keepOpen({ open, clock, random, use, offline }, signal)
  }
}

const nobodyElse: GiveWay = () => null

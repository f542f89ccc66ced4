import type { Channel, TransportError } from '#drivers/channel'
import type { CivilTime, Clock, Random } from '#src/core'
import type { PermitPool } from '#src/registry'
import type { Gatekeeper } from '../gate/index.ts'
import {
  type EventsWanted,
  type GiveWay,
  type MeterReader,
  type MeterReadout,
  unreadable,
} from '../readers/index.ts'
import {
  type ExchangeLimits,
  keepOpen,
  Line,
  type LineCounters,
  type Loan,
  LoanDesk,
} from '../wire/index.ts'
import { Agenda } from './agenda.ts'
import type { Backlog, Errand } from './backlog.ts'
import { itemsAt } from './catch-up.ts'
import { runErrand } from './errands.ts'
import type { EventVisits } from './event-visits.ts'
import { LaneTurns, type ScheduleLane, scheduleLanes } from './lanes.ts'
import type { Learned } from './learned.ts'
import { isFailing, isOfTheLine, missedReason, passingMisses } from './missed.ts'
import type { SlotOutcome, WorkerObserver } from './observer.ts'
import type { Leave, PermitOffice } from './permits.ts'
import type { PolledMeter, PollPlan, Round } from './rounds.ts'
import type { SilenceBook } from './silence.ts'
import { type Order, type Visit, VisitQueue } from './visits.ts'
import { Waker } from './waker.ts'

export interface WorkerOptions {
  readonly name: string
  /** Dials the channel; waits for the device where it is the one that calls. */
  readonly open: (signal: AbortSignal) => Promise<Channel | TransportError>
  readonly meters: readonly PolledMeter[]
  readonly plans: readonly PollPlan[]
  readonly readers: ReadonlyMap<string, MeterReader>
  readonly limits: ExchangeLimits | null
  readonly clock: Clock
  readonly random: Random
  readonly civil: CivilTime
  readonly gatekeeper: Gatekeeper
  readonly silence: SilenceBook<number>
  readonly learned: Learned
  /** What is asked where events are wanted. */
  readonly eventVisits: Pick<EventVisits, 'visit'>
  /** What was missed. */
  readonly backlog: Backlog
  /** What it shares with other channels, and where leave to use it is asked. */
  readonly pools: readonly PermitPool[]
  readonly permits: PermitOffice
  readonly observer: WorkerObserver
  /** Shared with other lines, to be added up. */
  readonly counters?: LineCounters
}

/**
 * One channel's master: it alone talks on the channel, and it alone decides what comes next, lane
 * by lane (`lanes.ts`). What somebody waits for also goes between two frames of a visit of the
 * schedule. A round that the next slot of its plan overtakes is given up, and what it did not reach
 * is recorded with the reason.
 */
export class ChannelWorker {
  readonly #options: WorkerOptions
  readonly #agenda: Agenda
  readonly #visits = new VisitQueue()
  readonly #loans = new LoanDesk()
  readonly #turns = new LaneTurns()
  readonly #waker: Waker
  /** Leave to use what is shared with other channels, while it is had or waited for. */
  #leave: Leave | null = null
  #line: Line | null = null
  #isLeaving = false
  #looking: Promise<void> = Promise.resolve()

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#agenda = new Agenda(options)
    this.#waker = new Waker(options.clock)
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

  /** Serves the channel until the signal aborts; then closes it and answers who still waits. */
  async run(stop: AbortSignal): Promise<void> {
    // A signal of its own: a thousand channels adding listeners to one signal slow each other.
    const own = new AbortController()
    const { signal } = own
    const end = () => {
      own.abort()
      this.#waker.stir()
    }
    stop.addEventListener('abort', end, { once: true })
    if (stop.aborted) end()
    const keeping = this.#keepOpen(signal)
    while (!signal.aborted) {
      this.#waker.begin()
      if (this.#options.clock.now() >= this.#agenda.nextOpening) await this.#openDueRounds()
      if (!(await this.#step(signal))) await this.#rest(signal)
    }
    this.#giveBackLeave()
    await Promise.all([keeping, this.#looking])
    this.#visits.stop()
    this.#loans.refuse()
  }

  /** One visit to one meter; false when there is nothing to do now. */
  async #step(signal: AbortSignal): Promise<boolean> {
    const line = this.#line
    if (!line?.open) {
      this.#giveBackLeave()
      this.#visits.refuse(this.#options.clock.now())
      this.#loans.refuse()
      return false
    }
    if (this.#isLeaving) {
      this.#isLeaving = false
      await line.close()
      return true
    }
    const visit = this.#visits.next()
    if (visit) {
      await this.#serve(line, visit, signal)
      return true
    }
    const loan = this.#loans.next()
    if (loan) {
      await loan.use(line, signal, this.#giveWay(line, signal))
      return true
    }
    this.#lookForGaps()
    if (!scheduleLanes.some(this.#hasWork)) {
      this.#giveBackLeave()
      return false
    }
    if (!this.#mayVisit()) return false
    const lane = this.#turns.next(this.#hasWork)
    if (lane !== null) await this.#serveLane(lane, line, signal)
    this.#giveBackLeave()
    return true
  }

  readonly #hasWork = (lane: ScheduleLane): boolean => {
    if (lane !== 'backfill' && this.#agenda.roundOf(lane)) return true
    return lane !== 'periodic' && this.#options.backlog.has(lane)
  }

  async #serveLane(lane: ScheduleLane, line: Line, signal: AbortSignal): Promise<void> {
    const round = lane === 'backfill' ? undefined : this.#agenda.roundOf(lane)
    if (round) {
      const meter = round.next()
      if (meter) await this.#poll(line, round, meter, signal)
      else this.#close(round)
      return
    }
    const errand = lane === 'periodic' ? undefined : this.#options.backlog.next(lane)
    if (errand) await this.#catchUp(line, errand, signal)
  }

  /** All that somebody waits for also goes between two frames of a visit of the schedule. */
  #giveWay(line: Line, signal: AbortSignal): GiveWay {
    return () => {
      const first = line.open ? this.#visits.next() : undefined
      return first ? this.#serveWaiting(line, first, signal) : null
    }
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
    const readout = await this.#read(line, visit.meter, visit.items, signal, null)
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

  /** Looks into the ledger where something is missing; the line does not wait for the database. */
  #lookForGaps(): void {
    const { backlog, clock } = this.#options
    if (clock.now() < backlog.lookAt) return
    this.#looking = backlog.look().then(() => this.#waker.stir())
  }

  async #poll(line: Line, round: Round, meter: PolledMeter, signal: AbortSignal): Promise<void> {
    const { clock, silence, backlog, eventVisits } = this.#options
    const { plan, slot } = round
    if (silence.pausing(meter.id, clock.now())) {
      return await this.#tell({ plan, slot, meter, readout: null, missed: 'paused' })
    }
    const wasFailing = silence.failing(meter.id)
    const items = itemsAt(plan, slot, clock.now(), this.#options.civil)
    const giveWay = this.#giveWay(line, signal)
    const read = (wanted?: EventsWanted) => this.#read(line, meter, items, signal, giveWay, wanted)
    const isOfEvents = plan.dataClass === 'event'
    const readout = isOfEvents ? await eventVisits.visit(round, meter, read) : await read()
    if (isOfTheLine(readout)) {
      round.retryLater(meter)
      await line.channel.close()
      return
    }
    this.#noteSilence(plan, meter, readout)
    if (isFailing(readout) && !wasFailing) return round.retryLater(meter)
    if (wasFailing && !isFailing(readout)) backlog.missed()
    const missed = missedReason(items, readout)
    await this.#tell({ plan, slot, meter, readout, missed })
  }

  async #catchUp(line: Line, errand: Errand, signal: AbortSignal): Promise<void> {
    const { silence, learned } = this.#options
    const { plan, meter } = errand
    const readout = await runErrand(errand, {
      ...this.#options,
      habits: learned.of(meter.id),
      wasFailing: silence.failing(meter.id),
      read: (items) => this.#read(line, meter, items, signal, this.#giveWay(line, signal)),
      sent: () => this.#sent(),
    })
    if (isOfTheLine(readout)) await line.channel.close()
    else this.#noteSilence(plan, meter, readout)
  }

  #noteSilence({ cycle }: PollPlan, { id }: PolledMeter, readout: MeterReadout): void {
    const { silence, clock } = this.#options
    if (isFailing(readout)) silence.failed(id, clock.now(), cycle)
  }

  async #read(
    line: Line,
    meter: PolledMeter,
    items: readonly string[],
    signal: AbortSignal,
    giveWay: GiveWay | null,
    wanted?: EventsWanted,
  ): Promise<MeterReadout> {
    const { readers, limits, silence, learned, observer } = this.#options
    const reader = readers.get(meter.protocol)
    if (!reader) return unreadable(items)
    const hints = { learned: learned.of(meter.id).roundTrips, giveWay }
    const readout = wanted
      ? await reader.readEvents(line, meter, wanted, limits, signal, hints)
      : await reader.read(line, meter, items, limits, signal, hints)
    if (!readout.failure || readout.failure.code === 'exchange.unreadable')
      silence.answered(meter.id)
    observer.visited(meter, readout)
    return readout
  }

  async #openDueRounds(): Promise<void> {
    await this.#agenda.open(
      (round) => this.#overtake(round),
      (round) => this.#options.observer.opened(round),
    )
  }

  async #tell(outcome: SlotOutcome): Promise<void> {
    const { backlog, observer } = this.#options
    if (outcome.missed !== null && passingMisses.includes(outcome.missed)) backlog.missed()
    await observer.outcome(outcome, outcome.plan.catchUp ? this.#sent() : () => {})
  }

  #sent(): () => void {
    return this.#options.backlog.sent(() => this.#waker.stir())
  }

  async #overtake(round: Round): Promise<void> {
    const missed = this.#line?.open ? 'overtaken' : 'offline'
    const { plan, slot } = round
    for (const meter of round.remaining()) {
      await this.#tell({ plan, slot, meter, readout: null, missed })
    }
    this.#close(round)
  }

  #close(round: Round): void {
    this.#agenda.close(round)
    this.#options.observer.finished(round)
  }

  /** Until the next slot is due, a visit arrives, the line changes or the signal aborts. */
  async #rest(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const lookAt = this.#line?.open ? this.#options.backlog.lookAt : Number.POSITIVE_INFINITY
    await this.#waker.rest(Math.min(this.#agenda.nextOpening, this.#visits.patientUntil, lookAt))
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
      return reason
    }
    const offline = (reason: TransportError | null) => {
      observer.offline(reason)
      this.#waker.stir()
    }
    return keepOpen({ open, clock, random, use, offline }, signal)
  }
}

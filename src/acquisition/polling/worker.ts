import type { Channel, TransportError } from '#drivers/channel'
import { type CivilTime, type Clock, type Instant, milliseconds, type Random } from '#src/core'
import type { Gatekeeper } from '../gate/index.ts'
import { type MeterReader, type MeterReadout, unreadable } from '../readers/index.ts'
import type { ExchangeLimits, LineCounters } from '../wire/index.ts'
import { keepOpen, Line, type Loan, LoanDesk } from '../wire/index.ts'
import type { Backlog } from './backlog.ts'
import { itemsAt } from './catch-up.ts'
import { runErrand } from './errands.ts'
import { isFailing, isOfTheLine, missedReason, passingMisses } from './missed.ts'
import type { SlotOutcome, WorkerObserver } from './observer.ts'
import { firstDue, type PolledMeter, type PollPlan, Round } from './rounds.ts'
import type { SilenceBook } from './silence.ts'
import { slotAfter, slotAt } from './slots.ts'
import { type Visit, VisitQueue } from './visits.ts'

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
  /** What is fetched when nothing else is due. */
  readonly backlog: Backlog
  readonly observer: WorkerObserver
  /** Shared with other lines, to be added up. */
  readonly counters?: LineCounters
}

/**
 * One channel's master: it alone talks on the channel, and it alone decides what comes next.
 * Reads that somebody waits for go first, then rounds by priority, then what was missed before; a
 * round that the next slot of its plan overtakes is given up, and what it did not reach is recorded
 * with the reason.
 */
export class ChannelWorker {
  readonly #options: WorkerOptions
  readonly #metersOf: ReadonlyMap<PollPlan, readonly PolledMeter[]>
  readonly #visits = new VisitQueue()
  readonly #loans = new LoanDesk()
  readonly #nextDue = new Map<PollPlan, Instant>()
  /** When the first of them is due. */
  #nextOpening = Number.NEGATIVE_INFINITY
  #rounds: Round[] = []
  #line: Line | null = null
  #rouse: () => void = () => {}
  /** Something came that the loop has not looked at yet: it must not go to rest. */
  #isStirred = false

  constructor(options: WorkerOptions) {
    this.#options = options
    const metersOf = (plan: PollPlan) =>
      options.meters.filter((meter) => meter.protocol === plan.protocol)
    this.#metersOf = new Map(options.plans.map((plan) => [plan, metersOf(plan)]))
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
    this.#stir()
  }

  /** False when too many wait already. */
  visit(visit: Visit): boolean {
    const isTaken = this.#visits.add(visit)
    this.#stir()
    return isTaken
  }

  /** Lends the line to other work, between visits; false when such work waits already. */
  lend(loan: Loan): boolean {
    const isTaken = this.#loans.ask(loan)
    this.#stir()
    return isTaken
  }

  /** Serves the channel until the signal aborts; then closes it and answers who still waits. */
  async run(stop: AbortSignal): Promise<void> {
    // A signal of its own: a thousand channels adding listeners to one signal slow each other.
    const own = new AbortController()
    const { signal } = own
    const end = () => {
      own.abort()
      this.#stir()
    }
    stop.addEventListener('abort', end, { once: true })
    if (stop.aborted) end()
    const keeping = this.#keepOpen(signal)
    while (!signal.aborted) {
      this.#isStirred = false
      if (this.#options.clock.now() >= this.#nextOpening) await this.#openDueRounds()
      if (!(await this.#step(signal))) await this.#rest(signal)
    }
    await keeping
    this.#visits.stop()
    this.#loans.refuse()
  }

  /** One visit to one meter; false when there is nothing to do now. */
  async #step(signal: AbortSignal): Promise<boolean> {
    const line = this.#line
    if (!line?.open) {
      this.#visits.refuse(this.#options.clock.now())
      this.#loans.refuse()
      return false
    }
    const visit = this.#visits.next()
    if (visit) {
      const readout = await this.#read(line, visit.meter, visit.items, signal)
      const isStopped = readout.failure?.code === 'exchange.aborted'
      visit.done(isStopped ? { kind: 'stopped' } : { kind: 'read', readout })
      return true
    }
    const loan = this.#loans.next()
    if (loan) {
      await loan.use(line, signal)
      return true
    }
    const round = this.#rounds[0]
    if (!round) return await this.#catchUp(line, signal)
    const meter = round.next()
    if (!meter) {
      this.#close(round)
      return true
    }
    await this.#poll(line, round, meter, signal)
    return true
  }

  async #poll(line: Line, round: Round, meter: PolledMeter, signal: AbortSignal): Promise<void> {
    const { clock, silence, backlog } = this.#options
    const { plan, slot } = round
    if (silence.pausing(meter.id, clock.now())) {
      return await this.#tell({ plan, slot, meter, readout: null, missed: 'paused' })
    }
    const wasFailing = silence.failing(meter.id)
    const items = itemsAt(plan, slot, clock.now(), this.#options.civil)
    const readout = await this.#read(line, meter, items, signal)
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

  /** One look at the ledger or one errand; false when nothing is owed. */
  async #catchUp(line: Line, signal: AbortSignal): Promise<boolean> {
    const { backlog, clock, silence } = this.#options
    if (clock.now() >= backlog.lookAt) {
      await backlog.look()
      return true
    }
    const errand = backlog.next()
    if (!errand) return false
    const { plan, meter } = errand
    const readout = await runErrand(errand, {
      ...this.#options,
      wasFailing: silence.failing(meter.id),
      read: (items) => this.#read(line, meter, items, signal),
      sent: () => this.#sent(),
    })
    if (isOfTheLine(readout)) await line.channel.close()
    else this.#noteSilence(plan, meter, readout)
    return true
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
  ): Promise<MeterReadout> {
    const { readers, limits, silence, observer } = this.#options
    const reader = readers.get(meter.protocol)
    if (!reader) return unreadable(items)
    const readout = await reader.read(line, meter, items, limits, signal)
    if (!readout.failure || readout.failure.code === 'exchange.unreadable')
      silence.answered(meter.id)
    observer.visited(meter, readout)
    return readout
  }

  async #openDueRounds(): Promise<void> {
    const { clock, civil, observer } = this.#options
    const now = clock.now()
    for (const [plan, meters] of this.#metersOf) {
      const due = this.#nextDue.get(plan) ?? firstDue(plan, now, civil)
      if (now < due) {
        this.#nextDue.set(plan, due)
        continue
      }
      const slot = slotAt(plan, now, civil)
      this.#nextDue.set(plan, slotAfter(plan, now, civil))
      if (meters.length === 0) continue
      await this.#overtake(plan)
      const round = new Round(plan, slot, meters)
      observer.opened(round)
      this.#rounds.push(round)
      this.#rounds.sort((left, right) => left.plan.priority - right.plan.priority)
    }
    this.#nextOpening = Math.min(...this.#nextDue.values())
  }

  async #tell(outcome: SlotOutcome): Promise<void> {
    const { backlog, observer } = this.#options
    if (outcome.missed !== null && passingMisses.includes(outcome.missed)) backlog.missed()
    await observer.outcome(outcome, outcome.plan.catchUp ? this.#sent() : () => {})
  }

  #sent(): () => void {
    return this.#options.backlog.sent(() => this.#stir())
  }

  async #overtake(plan: PollPlan): Promise<void> {
    const missed = this.#line?.open ? 'overtaken' : 'offline'
    for (const round of this.#rounds.filter((candidate) => candidate.plan === plan)) {
      for (const meter of round.remaining()) {
        await this.#tell({ plan, slot: round.slot, meter, readout: null, missed })
      }
      this.#close(round)
    }
  }

  #close(round: Round): void {
    this.#rounds = this.#rounds.filter((candidate) => candidate !== round)
    this.#options.observer.finished(round)
  }

  /** Until the next slot is due, a visit arrives, the line changes or the signal aborts. */
  async #rest(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isStirred) return
    const { clock } = this.#options
    const lookAt = this.#line?.open ? this.#options.backlog.lookAt : Number.POSITIVE_INFINITY
    const due = Math.min(this.#nextOpening, this.#visits.patientUntil, lookAt)
    const woken = new Promise<void>((resolve) => {
      this.#rouse = resolve
    })
    const waitMs = Number.isFinite(due) ? Math.max(0, due - clock.now()) : null
    if (waitMs === null) return woken
    let cancel = () => {}
    const timer = new Promise<void>((resolve) => {
      cancel = clock.after(milliseconds(waitMs), resolve)
    })
    await Promise.race([woken, timer])
    cancel()
  }

  #stir(): void {
    this.#isStirred = true
    this.#rouse()
  }

  #keepOpen(signal: AbortSignal): Promise<void> {
    const { clock, random, gatekeeper, observer, open, counters } = this.#options
    const use = async (channel: Channel) => {
      const line = new Line(channel, clock, gatekeeper, counters)
      this.#line = line
      observer.online(line)
      this.#stir()
      const reason = await line.ended
      this.#line = null
      return reason
    }
    const offline = (reason: TransportError | null) => {
      observer.offline(reason)
      this.#stir()
    }
    return keepOpen({ open, clock, random, use, offline }, signal)
  }
}

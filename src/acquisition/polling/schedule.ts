import { type CivilTime, type Clock, hours } from '#src/core'
import type { EventsWanted, MeterReadout } from '../readers/index.ts'
import { type GiveWay, type Line, type Loan, LoanDesk } from '../wire/index.ts'
import { Agenda } from './agenda.ts'
import type { Backlog, Errand, PastLane } from './backlog.ts'
import { itemsAt } from './catch-up.ts'
import { runErrand } from './errands.ts'
import type { EventVisits } from './event-visits.ts'
import { LaneTurns, type ScheduleLane, scheduleLanes } from './lanes.ts'
import type { Learned } from './learned.ts'
import { isFailing, isOfTheLine, missedReason, passingMisses } from './missed.ts'
import type { SlotOutcome, WorkerObserver } from './observer.ts'
import type { PolledMeter, PollPlan, Round } from './rounds.ts'
import { isElsewhere } from './settling.ts'
import type { LineSilence } from './silence.ts'

export interface ScheduleOptions {
  readonly meters: readonly PolledMeter[]
  readonly plans: readonly PollPlan[]
  readonly clock: Clock
  readonly civil: CivilTime
  readonly silence: LineSilence<number>
  readonly learned: Learned
  /** What is asked where events are wanted. */
  readonly eventVisits: Pick<EventVisits, 'visit'>
  /** What was missed. */
  readonly backlog: Backlog
  readonly observer: WorkerObserver
}

/** The line that a visit goes over, and what may come between its frames. */
export interface Ride {
  readonly line: Line
  readonly signal: AbortSignal
  readonly giveWay: GiveWay
}

/** One visit to one meter, of items or of events. */
export type ReadMeter = (
  ride: Ride,
  meter: PolledMeter,
  items: readonly string[],
  wanted?: EventsWanted,
) => Promise<MeterReadout>

/**
 * What a channel has to do by itself: rounds that are due, and what was missed, lane by lane. A
 * round that the next slot of its plan overtakes is given up, and what it did not reach is recorded
 * with the reason.
 */
export class Schedule {
  readonly #options: ScheduleOptions
  readonly #read: ReadMeter
  readonly #stir: () => void
  readonly #agenda: Agenda
  readonly #turns = new LaneTurns()
  readonly #bulk = new LoanDesk()
  #looking: Promise<void> = Promise.resolve()

  /** `stir` is called when there may be more to do than before. */
  constructor(options: ScheduleOptions, read: ReadMeter, stir: () => void) {
    this.#options = options
    this.#read = read
    this.#stir = stir
    this.#agenda = new Agenda(options)
  }

  /** When the next round is due. */
  get nextOpening(): number {
    return this.#agenda.nextOpening
  }

  /** When something that was missed should be looked for. */
  get lookAt(): number {
    return this.#options.backlog.lookAt
  }

  /** True once a round is due. */
  get isDue(): boolean {
    return this.#options.clock.now() >= this.#agenda.nextOpening
  }

  get hasWork(): boolean {
    return scheduleLanes.some(this.#hasWork)
  }

  /** Opens the rounds that are due; those they overtake say whether the channel was there. */
  async openDue(isOnline: boolean): Promise<void> {
    const missed = isOnline ? 'overtaken' : 'offline'
    await this.#agenda.open(
      (round) => this.#overtake(round, missed),
      (round) => this.#options.observer.opened(round),
    )
  }

  /** Looks into the ledger where something is missing; the line does not wait for the database. */
  lookForGaps(): void {
    const { backlog, clock } = this.#options
    if (clock.now() < backlog.lookAt) return
    this.#looking = backlog.look().then(this.#stir)
  }

  /** The line for a block of a file, when its lane has a turn; false when another waits. */
  spare(loan: Loan): boolean {
    return this.#bulk.ask(loan)
  }

  /** There is no line to lend. */
  refuse(): void {
    this.#bulk.refuse()
  }

  /** Resolves when nothing is being looked up any more. */
  ended(): Promise<void> {
    return this.#looking
  }

  /** One visit of the lane whose turn it is. */
  serve(ride: Ride): Promise<void> {
    const lane = this.#turns.next(this.#hasWork)
    if (lane === null) return nothing
    if (lane === 'bulk') return this.#lend(ride)
    const round = lane === 'backfill' ? undefined : this.#agenda.roundOf(lane)
    const meter = round?.next()
    if (round && meter) return this.#poll(ride, round, meter)
    if (round) {
      this.#close(round)
      return nothing
    }
    const errand = isPast(lane) ? this.#options.backlog.next(lane) : undefined
    return errand ? this.#catchUp(ride, errand) : nothing
  }

  readonly #hasWork = (lane: ScheduleLane): boolean => {
    if (lane === 'bulk') return this.#bulk.waits
    if (lane !== 'backfill' && this.#agenda.roundOf(lane)) return true
    return isPast(lane) && this.#options.backlog.has(lane)
  }

  async #lend({ line, signal, giveWay }: Ride): Promise<void> {
    await this.#bulk.next()?.use(line, signal, giveWay)
  }

  async #poll(ride: Ride, round: Round, meter: PolledMeter): Promise<void> {
    const { clock, civil, silence, backlog, eventVisits } = this.#options
    const { plan, slot } = round
    if (silence.pausing(meter.id, clock.now())) {
      return await this.#tell({ plan, slot, meter, readout: null, missed: 'paused' })
    }
    const wasFailing = silence.failing(meter.id)
    const items = itemsAt(plan, slot, clock.now(), civil)
    const readout =
      plan.dataClass === 'event'
        ? await eventVisits.visit(round, meter, (wanted) => this.#read(ride, meter, items, wanted))
        : await this.#read(ride, meter, items)
    if (isOfTheLine(readout)) {
      round.retryLater(meter)
      await ride.line.channel.close()
      return
    }
    this.#noteSilence(plan, meter, readout)
    if (isFailing(readout) && !wasFailing) return round.retryLater(meter)
    if (wasFailing && !isFailing(readout)) backlog.missed()
    const isOther =
      !isSoonAgain(plan) && isElsewhere({ plan, slots: [slot], items, readout }, civil)
    const missed = missedReason(items, readout) ?? (isOther ? 'other-time' : null)
    await this.#tell({ plan, slot, meter, readout, missed })
  }

  async #catchUp(ride: Ride, errand: Errand): Promise<void> {
    const { silence, learned } = this.#options
    const { plan, meter } = errand
    const readout = await runErrand(errand, {
      ...this.#options,
      habits: learned.of(meter.id),
      wasFailing: silence.failing(meter.id),
      read: (items) => this.#read(ride, meter, items),
      sent: () => this.#sent(),
    })
    if (isOfTheLine(readout)) await ride.line.channel.close()
    else this.#noteSilence(plan, meter, readout)
  }

  #noteSilence({ cycle }: PollPlan, { id }: PolledMeter, readout: MeterReadout): void {
    const { silence, clock } = this.#options
    if (isFailing(readout)) silence.failed(id, clock.now(), cycle)
  }

  #tell(outcome: SlotOutcome): Promise<void> {
    const { backlog, observer } = this.#options
    if (outcome.missed !== null && passingMisses.includes(outcome.missed)) backlog.missed()
    return observer.outcome(outcome, outcome.plan.catchUp ? this.#sent() : () => {})
  }

  #sent(): () => void {
    return this.#options.backlog.sent(this.#stir)
  }

  async #overtake(round: Round, missed: 'overtaken' | 'offline'): Promise<void> {
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
}

const nothing = Promise.resolve()

/** Lanes in which there is work that was missed. */
const isPast = (lane: ScheduleLane): lane is PastLane => lane === 'urgent' || lane === 'backfill'

/** A round that comes again so soon fills what it finds empty: a record may be written a bit late. */
const SOON = hours(1)

function isSoonAgain({ catchUp, cycle }: PollPlan): boolean {
  return catchUp === null || cycle < SOON
}

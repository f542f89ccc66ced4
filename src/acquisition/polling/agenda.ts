import type { CivilTime, Clock, Instant } from '#src/core'
import type { ScheduleLane } from './lanes.ts'
import { firstDue, owes, type PolledMeter, type PollPlan, Round, takesPart } from './rounds.ts'
import { slotAfter, slotAt } from './slots.ts'

export interface AgendaOptions {
  readonly plans: readonly PollPlan[]
  readonly meters: readonly PolledMeter[]
  readonly clock: Clock
  readonly civil: CivilTime
}

/** A plan, and when its next slot begins; null before the first look. */
interface Duty {
  readonly plan: PollPlan
  due: Instant | null
}

/** The rounds of one channel: which are due, and which come first. */
export class Agenda {
  readonly #options: AgendaOptions
  readonly #duties: readonly Duty[]
  #nextOpening = Number.NEGATIVE_INFINITY
  #rounds: Round[] = []

  constructor(options: AgendaOptions) {
    this.#options = options
    this.#duties = options.plans.map((plan) => ({ plan, due: null }))
  }

  /** When the next round is due; in the past before the first look. */
  get nextOpening(): number {
    return this.#nextOpening
  }

  /** Opens what is due now; tells of each round that its own next slot overtakes, and of each new. */
  async open(
    overtaken: (round: Round) => Promise<void>,
    opened: (round: Round) => void,
  ): Promise<void> {
    const { meters, clock, civil } = this.#options
    const now = clock.now()
    for (const duty of this.#duties) {
      const { plan } = duty
      duty.due ??= firstDue(plan, now, civil)
      if (now < duty.due) continue
      const slot = slotAt(plan, now, civil)
      duty.due = slotAfter(plan, now, civil)
      const owing = meters.filter((meter) => takesPart(plan, meter) && owes(plan, slot, meter))
      if (owing.length === 0) continue
      for (const round of this.#rounds.filter((one) => one.plan === plan)) await overtaken(round)
      const round = new Round(plan, slot, owing)
      opened(round)
      this.#rounds.push(round)
      this.#rounds.sort((left, right) => left.plan.priority - right.plan.priority)
    }
    this.#nextOpening = Math.min(...this.#duties.map(({ due }) => due ?? now))
  }

  /** The most pressing round of a lane. */
  roundOf(lane: ScheduleLane): Round | undefined {
    return this.#rounds.find(({ plan }) => laneOf(plan) === lane)
  }

  close(round: Round): void {
    this.#rounds = this.#rounds.filter((one) => one !== round)
  }
}

/** What is gone with its moment goes first, and what happened before what is read every so often. */
function laneOf({ dataClass }: PollPlan): ScheduleLane {
  if (dataClass === 'current') return 'momentary'
  return dataClass === 'event' ? 'urgent' : 'periodic'
}

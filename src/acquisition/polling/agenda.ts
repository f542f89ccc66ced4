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

/** The rounds of one channel: which are due, and which come first. */
export class Agenda {
  readonly #options: AgendaOptions
  readonly #metersOf: ReadonlyMap<PollPlan, readonly PolledMeter[]>
  readonly #nextDue = new Map<PollPlan, Instant>()
  #nextOpening = Number.NEGATIVE_INFINITY
  #rounds: Round[] = []

  constructor(options: AgendaOptions) {
    this.#options = options
    const metersOf = (plan: PollPlan) => options.meters.filter((meter) => takesPart(plan, meter))
    this.#metersOf = new Map(options.plans.map((plan) => [plan, metersOf(plan)]))
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
    const { clock, civil } = this.#options
    const now = clock.now()
    for (const [plan, meters] of this.#metersOf) {
      const due = this.#nextDue.get(plan) ?? firstDue(plan, now, civil)
      if (now < due) {
        this.#nextDue.set(plan, due)
        continue
      }
      const slot = slotAt(plan, now, civil)
      this.#nextDue.set(plan, slotAfter(plan, now, civil))
      const owing = meters.filter((meter) => owes(plan, slot, meter))
      if (owing.length === 0) continue
      for (const round of this.#rounds.filter((one) => one.plan === plan)) await overtaken(round)
      const round = new Round(plan, slot, owing)
      opened(round)
      this.#rounds.push(round)
      this.#rounds.sort((left, right) => left.plan.priority - right.plan.priority)
    }
    this.#nextOpening = Math.min(...this.#nextDue.values())
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

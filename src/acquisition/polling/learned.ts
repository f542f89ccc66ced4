import type { MeterId } from '#src/core'
import { RoundTripEstimate } from '../wire/index.ts'

/** Visits in a row that brought all they were for before one slot more is tried. */
const WHOLE_VISITS_TO_GROW = 4

/** What experience says of one meter. */
export class Habits {
  /** How long it takes to answer: behind one concentrator some are reached at once, some by relays. */
  readonly roundTrips = new RoundTripEstimate()
  #slotsMax = Number.POSITIVE_INFINITY
  #wholeVisits = 0

  /** How many neighbouring slots one visit may fetch: long answers get lost where short ones pass. */
  slotsMax(ofPlan: number): number {
    return Math.min(this.#slotsMax, ofPlan)
  }

  /** A visit for so many slots was answered whole. */
  whole(slots: number): void {
    if (slots < this.#slotsMax || ++this.#wholeVisits < WHOLE_VISITS_TO_GROW) return
    this.#wholeVisits = 0
    this.#slotsMax = slots + 1
  }

  /** A visit for so many slots was lost or damaged. */
  lost(slots: number): void {
    this.#wholeVisits = 0
    this.#slotsMax = Math.max(1, Math.floor(slots / 2))
  }
}

/** What a channel has learned of its meters, over all its connections. */
export class Learned {
  /** Null before the first visit. */
  #habits: Map<MeterId, Habits> | null = null

  of(meter: MeterId): Habits {
    this.#habits ??= new Map()
    const known = this.#habits.get(meter)
    if (known) return known
    const habits = new Habits()
    this.#habits.set(meter, habits)
    return habits
  }
}

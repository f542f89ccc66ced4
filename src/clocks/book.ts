import type { Instant, MeterId } from '#src/core'
import type { Doubt } from './queries.ts'
import { clockRules } from './rules.ts'
import type { DoubtBook } from './types.ts'

/** Meters whose time is, or was lately, in doubt: few, so they are all kept in memory. */
export class Doubts implements DoubtBook {
  #of = new Map<number, { readonly since: Instant; readonly until: Instant | null }>()

  /** Replaces all. */
  load(doubts: readonly Doubt[]): void {
    this.#of = new Map(doubts.map(({ meter, ...span }) => [meter, span]))
  }

  noted(meter: number, isDoubtful: boolean, at: Instant): void {
    const known = this.#of.get(meter)
    if (isDoubtful) {
      const since = known && known.until === null ? known.since : at
      this.#of.set(meter, { since, until: null })
    } else if (known?.until === null) this.#of.set(meter, { ...known, until: at })
  }

  /**
   * Also of what the meter froze shortly before its clock was found wrong, or near the moment at
   * which it was moved: which day a value of then belongs to is not certain.
   */
  doubts(meter: MeterId, measuredAt: Instant): boolean {
    const known = this.#of.get(meter)
    if (!known) return false
    const { since, until } = known
    const margin = clockRules.doubtfulAboveMs
    return (
      measuredAt >= since - clockRules.measureEvery.doubtful &&
      (until === null || measuredAt <= until + margin)
    )
  }
}

/** Work that somebody waits for: it goes before everything else, orders before questions. */
export type WaitedLane = 'control' | 'on-demand'

/**
 * Work of the schedule: events and gaps of today; present values, which are gone with their moment;
 * what devices remember and is read regularly; older gaps; and files.
 */
export type ScheduleLane = 'momentary' | 'urgent' | 'periodic' | 'backfill' | 'bulk'

/**
 * How many visits of a channel on which all have work each lane has (of 103). Where some have none,
 * the others share its part: today's gaps and the rounds so have half each, and old gaps and files a
 * tenth. Present values have nine visits for one of either.
 */
const shares: readonly (readonly [lane: ScheduleLane, share: number])[] = [
  ['urgent', 9],
  ['momentary', 81],
  ['periodic', 9],
  ['backfill', 2],
  ['bulk', 2],
]

export const scheduleLanes = shares.map(([lane]) => lane)

/**
 * Decides whose turn it is on one channel (通道优先级), so that no lane starves: with each turn every
 * lane with work gains its share, and the richest one pays for the turn what all have gained.
 */
export class LaneTurns {
  /** In the order of the lanes. */
  readonly #credits = shares.map(() => 0)

  /** The lane to serve now; null when none has work. */
  next(hasWork: (lane: ScheduleLane) => boolean): ScheduleLane | null {
    let turn = -1
    let most = Number.NEGATIVE_INFINITY
    let gained = 0
    for (const [index, [lane, share]] of shares.entries()) {
      if (!hasWork(lane)) {
        this.#credits[index] = 0
        continue
      }
      const credit = (this.#credits[index] ?? 0) + share
      this.#credits[index] = credit
      gained += share
      // Of equals the more urgent one.
      if (credit <= most) continue
      turn = index
      most = credit
    }
    if (turn < 0) return null
    this.#credits[turn] = most - gained
    return scheduleLanes[turn] ?? null
  }
}

/** Work that somebody waits for: it goes before everything else, orders before questions. */
export type WaitedLane = 'control' | 'on-demand'

/** Work of the schedule: events and gaps of today, what is read regularly, older gaps, and files. */
export type ScheduleLane = 'urgent' | 'periodic' | 'backfill' | 'bulk'

/**
 * How many visits of other lanes a lane lets pass before it has a turn of its own, most urgent lane
 * first. Today's gaps and the rounds so share a busy channel half and half, and old gaps and
 * files have a tenth of it each.
 */
const passesMax: readonly (readonly [lane: ScheduleLane, passes: number])[] = [
  ['urgent', 0],
  ['periodic', 1],
  ['backfill', 9],
  ['bulk', 9],
]

export const scheduleLanes = passesMax.map(([lane]) => lane)

/** Decides whose turn it is on one channel (通道优先级), so that no lane starves. */
export class LaneTurns {
  readonly #passes = new Map<ScheduleLane, number>()

  /** The lane to serve now; null when none has work. */
  next(hasWork: (lane: ScheduleLane) => boolean): ScheduleLane | null {
    let turn: ScheduleLane | null = null
    for (const [lane, most] of passesMax) {
      if (!hasWork(lane)) {
        this.#passes.delete(lane)
        continue
      }
      // Of several that have waited long enough the least urgent one, which waited longest.
      const hasWaited = most > 0 && this.#passesOf(lane) >= most
      if (turn !== null && !hasWaited) continue
      turn = lane
    }
    if (turn !== null) this.#passOver(turn, hasWork)
    return turn
  }

  #passOver(turn: ScheduleLane, hasWork: (lane: ScheduleLane) => boolean): void {
    for (const [lane, most] of passesMax) {
      if (lane === turn) this.#passes.delete(lane)
      else if (most > 0 && hasWork(lane)) this.#passes.set(lane, this.#passesOf(lane) + 1)
    }
  }

  #passesOf(lane: ScheduleLane): number {
    return this.#passes.get(lane) ?? 0
  }
}

/** Work that somebody waits for: it goes before everything else, orders before questions. */
export type WaitedLane = 'control' | 'on-demand'

/** Work of the schedule: events and gaps of today, what is read regularly, older gaps. */
export type ScheduleLane = 'urgent' | 'periodic' | 'backfill'

/**
 * How many visits of other lanes a lane lets pass before it has a turn of its own, most urgent lane
 * first. Today's gaps and the rounds so share a busy channel half and half, and old gaps have a
 * tenth of it.
 */
const passesMax: readonly (readonly [lane: ScheduleLane, passes: number])[] = [
  ['urgent', 0],
  ['periodic', 1],
  ['backfill', 9],
]

export const scheduleLanes = passesMax.map(([lane]) => lane)

/** Decides whose turn it is on one channel (通道优先级), so that no lane starves. */
export class LaneTurns {
  readonly #passes = new Map<ScheduleLane, number>()

  /** The lane to serve now; null when none has work. */
  next(hasWork: (lane: ScheduleLane) => boolean): ScheduleLane | null {
    const waiting = passesMax.filter(([lane]) => hasWork(lane))
    const aged = waiting.filter(([lane, most]) => most > 0 && this.#passesOf(lane) >= most)
    // Of several that have waited long enough the least urgent one, which waited longest.
    const [turn] = aged.at(-1) ?? waiting[0] ?? [null]
    const passed = waiting.filter(([lane]) => lane !== turn)
    const passes = passed.map(([lane]) => [lane, this.#passesOf(lane) + 1] as const)
    this.#passes.clear()
    for (const [lane, count] of passes) this.#passes.set(lane, count)
    return turn
  }

  #passesOf(lane: ScheduleLane): number {
    return this.#passes.get(lane) ?? 0
  }
}

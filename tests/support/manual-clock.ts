import { type Clock, type Instant, instant } from '#src/core'

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** Time that passes only when a test says so; timers fire in order as it does. */
export class ManualClock implements Clock {
  #now: number
  #order = 0
  readonly #timers = new Set<Timer>()

  constructor(epochMs = Date.UTC(2026, 10, 22, 4, 0, 0)) {
    this.#now = epochMs
  }

  now(): Instant {
    return instant(this.#now)
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, order: this.#order++, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that wait: a condition to wait for before time moves on. */
  get waiting(): number {
    return this.#timers.size
  }

  /** Lets time pass; whatever a timer starts gets its turn before the next timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      const next = this.#next(end)
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await settle()
    }
    this.#now = end
    await settle()
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.at > end) continue
      const earlier =
        !first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)
      if (earlier) first = timer
    }
    return first
  }
}

/** Lets everything that is ready run: several turns of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

import { type Clock, milliseconds } from '#src/core'

/** Lets a loop rest until something comes, and never sleeps through what came while it worked. */
export class Waker {
  readonly #clock: Clock
  #rouse: () => void = () => {}
  #isStirred = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whatever came before is being looked at now. */
  begin(): void {
    this.#isStirred = false
  }

  stir(): void {
    this.#isStirred = true
    this.#rouse()
  }

  /** Until the moment, which may be never, or until something stirs. */
  rest(until: number): Promise<void> {
    if (this.#isStirred) return Promise.resolve()
    return new Promise((resolve) => {
      if (!Number.isFinite(until)) {
        this.#rouse = resolve
        return
      }
      const rest = milliseconds(Math.max(0, until - this.#clock.now()))
      const cancel = this.#clock.after(rest, resolve)
      this.#rouse = () => {
        cancel()
        resolve()
      }
    })
  }
}

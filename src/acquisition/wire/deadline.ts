import { type Clock, type Duration, milliseconds } from '#src/core'

/** Whoever waits for a moment. */
export interface Waiting {
  timeIsUp(): void
}

/**
 * The one moment that a line waits for. It moves with each frame while the timer below it is left
 * to run: to make and cancel a timer for each frame costs more than to look once too often.
 */
export class Deadline {
  readonly #clock: Clock
  #at = Number.POSITIVE_INFINITY
  #waiting: Waiting | null = null
  /** When the timer that runs will look; infinity while none does. */
  #looksAt = Number.POSITIVE_INFINITY
  #cancel: () => void = nothing

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** In place of what was waited for. */
  set(duration: Duration, waiting: Waiting): void {
    this.#at = this.#clock.now() + duration
    this.#waiting = waiting
    if (this.#looksAt > this.#at) this.#arm(duration)
  }

  clear(): void {
    this.#waiting = null
  }

  /** Nothing will be waited for any more. */
  end(): void {
    this.clear()
    this.#looksAt = Number.POSITIVE_INFINITY
    this.#cancel()
  }

  #arm(duration: Duration): void {
    this.#cancel()
    this.#looksAt = this.#at
    this.#cancel = this.#clock.after(duration, () => this.#look())
  }

  #look(): void {
    this.#looksAt = Number.POSITIVE_INFINITY
    this.#cancel = nothing
    if (this.#waiting === null) return
    const left = this.#at - this.#clock.now()
    if (left > 0) {
      this.#arm(milliseconds(left))
      return
    }
    const waiting = this.#waiting
    this.clear()
    waiting.timeIsUp()
  }
}

const nothing = (): void => {}

import {
  type Clock,
  type Duration,
  type Instant,
  instant,
  milliseconds,
  seconds,
  systemClock,
} from '#src/core'

/** Where time begins in these tests: a quarter past noon of the utility, far from any midnight. */
export const beginning = instant(Date.UTC(2026, 10, 22, 4, 15, 0))

/** A clock that can be put forward; what waits goes on waiting as long as it meant to. */
interface TestClock extends Clock {
  jump(duration: Duration): void
}

/** Time from a moment of our choice, `speed` times as fast as ours: a time-out is then cheap. */
export function clockFrom(from: Instant, speed = 1): TestClock {
  const started = systemClock.now()
  let jumped = 0
  return {
    now: () => instant(Math.floor(from + jumped + (systemClock.now() - started) * speed)),
    after: (duration, run) => systemClock.after(milliseconds(duration / speed), run),
    jump: (duration) => {
      jumped += duration
    },
  }
}

/**
 * The time of a field: it stands still until a test moves it, so that what a meter says can be
 * computed to the last digit. Waiting takes as long as on the clock it was made from.
 */
export class FieldClock implements Clock {
  readonly #waits: Clock
  #now: number

  constructor(waits: Clock, now: number = waits.now()) {
    this.#waits = waits
    this.#now = now
  }

  now(): ReturnType<Clock['now']> {
    return instant(this.#now)
  }

  after(duration: Duration, run: () => void): () => void {
    return this.#waits.after(duration, run)
  }

  move(duration: Duration): void {
    this.#now += duration
  }
}

const LOOK_EVERY = milliseconds(200)
const PATIENCE = seconds(100)

/** Looks until there is something to see; says what was awaited when there never was. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  patience = PATIENCE,
): Promise<Exclude<T, null | undefined | false>> {
  const givenUpAt = systemClock.now() + patience
  for (;;) {
    const seen = await look()
    if (seen !== null && seen !== undefined && seen !== false) {
      return seen as Exclude<T, null | undefined | false>
    }
    if (systemClock.now() > givenUpAt) throw new Error(`never came: ${what}`)
    await new Promise<void>((resolve) => systemClock.after(LOOK_EVERY, resolve))
  }
}

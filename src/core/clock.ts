declare const instantBrand: unique symbol
declare const durationBrand: unique symbol

/** A moment in UTC, as epoch milliseconds. */
export type Instant = number & { readonly [instantBrand]: true }

/** A length of time in milliseconds, built by `seconds(5)` and its kin. */
export type Duration = number & { readonly [durationBrand]: true }

export const instant = (epochMs: number): Instant => epochMs as Instant
export const milliseconds = (count: number): Duration => count as Duration
export const seconds = (count: number): Duration => milliseconds(count * 1_000)
export const minutes = (count: number): Duration => seconds(count * 60)
export const hours = (count: number): Duration => minutes(count * 60)

/** The only way to know the time or to wait; the simulator passes its own. */
export interface Clock {
  now(): Instant
  /** Calls back once after the duration; the returned function cancels. */
  after(duration: Duration, run: () => void): () => void
}

/** Node fires a timer of more than 24.8 days at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  after(duration, run) {
    if (duration <= TIMER_MS_MAX) {
      const timer = setTimeout(run, duration)
      return () => clearTimeout(timer)
    }
    let timer: ReturnType<typeof setTimeout>
    const wait = (leftMs: number) => {
      if (leftMs <= TIMER_MS_MAX) timer = setTimeout(run, leftMs)
      else timer = setTimeout(() => wait(leftMs - TIMER_MS_MAX), TIMER_MS_MAX)
    }
    wait(duration)
    return () => clearTimeout(timer)
  },
}

/** Resolves true after the duration, or false as soon as the signal aborts. */
export function sleep(clock: Clock, duration: Duration, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const stop = () => {
      cancel()
      resolve(false)
    }
    const cancel = clock.after(duration, () => {
      signal.removeEventListener('abort', stop)
      resolve(true)
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}

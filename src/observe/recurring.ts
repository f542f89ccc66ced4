import { type Clock, type Instant, instant, minutes } from '#src/core'
import type { Logger } from './logger.ts'

/** A fault that goes on is said again after this, with how often it came meanwhile. */
const SAID_EVERY = minutes(5)

/** What a loop tells of itself: an error that it tries again after, or something to know. */
export interface Told {
  readonly event: string
  readonly error?: unknown
}

interface Said {
  readonly at: Instant
  readonly message: string
  again: number
}

/**
 * Writes down what loops tell that are tried again every few seconds: the same fault of the same
 * event once, then every five minutes with a count, so that a database that is away for hours does
 * not fill the disk. What is no error is `news`, of that level.
 */
export function tellRecurring(
  log: Pick<Logger, 'debug' | 'warn' | 'error'>,
  clock: Pick<Clock, 'now'>,
  news: 'debug' | 'warn' = 'debug',
): (told: Told) => void {
  const said = new Map<string, Said>()
  return ({ event, error }) => {
    if (error === undefined) {
      log[news]({ event })
      return
    }
    const message = error instanceof Error ? error.message : String(error)
    const before = said.get(event)
    const now = clock.now()
    if (before?.message === message && now < before.at + SAID_EVERY) {
      before.again++
      return
    }
    log.error({ event, err: error, ...(before?.again ? { unsaid: before.again } : {}) })
    said.set(event, { at: instant(now), message, again: 0 })
  }
}

import { type Duration, type Instant, instant, minutes } from '#src/core'

/** A silent meter is tried at least this often. */
const PAUSE_MAX: Duration = minutes(60)
/** The first pause: a line that loses one frame in eight loses two in a row of one meter in sixty. */
const PAUSE_FIRST_MAX: Duration = minutes(15)
/** Failures in a row before the pause begins: one lost frame is the line's fault, not the meter's. */
const FAILURES_FREE = 1

interface Silent {
  failures: number
  until: Instant
}

/**
 * Which meters did not answer, and until when each is left alone. The pause doubles with each
 * further failure up to a ceiling and is forgotten at the first answer.
 */
export class SilenceBook<Key> {
  readonly #silent = new Map<Key, Silent>()

  get size(): number {
    return this.#silent.size
  }

  /** True while the meter is left alone. */
  pausing(key: Key, now: Instant): boolean {
    const entry = this.#silent.get(key)
    return entry !== undefined && now < entry.until
  }

  /** When the pause ends; in the past for a meter that is not left alone. */
  until(key: Key): number {
    return this.#silent.get(key)?.until ?? Number.NEGATIVE_INFINITY
  }

  /** True when the meter failed the last time it was asked. */
  failing(key: Key): boolean {
    return this.#silent.has(key)
  }

  answered(key: Key): void {
    this.#silent.delete(key)
  }

  /** Notes a failure; `cycle` is the time between two rounds. */
  failed(key: Key, now: Instant, cycle: Duration): void {
    const failures = (this.#silent.get(key)?.failures ?? 0) + 1
    const doublings = failures - 1 - FAILURES_FREE
    const firstMs = Math.min(PAUSE_FIRST_MAX, cycle)
    const pauseMs = doublings < 0 ? 0 : Math.min(PAUSE_MAX, firstMs * 2 ** Math.min(doublings, 20))
    this.#silent.set(key, { failures, until: instant(now + pauseMs) })
  }
}

/** A line is mute when so many of its meters, and at least so many, failed one after the other. */
const MUTE_SHARE = 0.8
const MUTE_MIN = 3
/** Between two tries of a line that is mute: one meter, and nothing else waits for the line. */
const PROBE_EVERY: Duration = minutes(10)

/**
 * The meters of one line. Where all fail in a row it is the line's fault, whatever broke: a loose
 * wire, a gateway that hangs. One of them after the other is then tried without its pause, and the
 * first answer ends the pauses of all.
 */
export class LineSilence<Key> {
  readonly #book: SilenceBook<Key>
  readonly #mutedBy: number
  /** Those that failed since the last answer, the longest ago first. */
  #failed: Set<Key> | null = null
  #failedAt = Number.NEGATIVE_INFINITY

  constructor(book: SilenceBook<Key>, meters: number) {
    this.#book = book
    this.#mutedBy = Math.max(MUTE_MIN, Math.ceil(MUTE_SHARE * meters))
  }

  /** True while the meter is left alone. */
  pausing(key: Key, now: Instant): boolean {
    return this.#book.pausing(key, now) && now < this.until(key)
  }

  /** When the pause ends; in the past for a meter that is not left alone. */
  until(key: Key): number {
    const until = this.#book.until(key)
    return this.#isNext(key) ? Math.min(until, this.#failedAt + PROBE_EVERY) : until
  }

  failing(key: Key): boolean {
    return this.#book.failing(key)
  }

  answered(key: Key): void {
    this.#book.answered(key)
    if (this.#isMute()) for (const one of this.#failed ?? []) this.#book.answered(one)
    this.#failed = null
  }

  failed(key: Key, now: Instant, cycle: Duration): void {
    this.#book.failed(key, now, cycle)
    this.#failed ??= new Set()
    this.#failed.delete(key)
    this.#failed.add(key)
    this.#failedAt = now
  }

  #isMute(): boolean {
    return (this.#failed?.size ?? 0) >= this.#mutedBy
  }

  /** Whose turn it is to be tried on a mute line. */
  #isNext(key: Key): boolean {
    return this.#isMute() && this.#failed?.values().next().value === key
  }
}

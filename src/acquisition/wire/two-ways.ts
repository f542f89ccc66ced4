import type { Channel, TransportError } from '#drivers/channel'
import { type Clock, type Duration, type Instant, minutes, sleep } from '#src/core'

type Open = (signal: AbortSignal) => Promise<Channel | TransportError>

export type UsedWay = 'primary' | 'backup'

/** The channel goes another way from now on, and why. */
export interface WayChange {
  readonly used: UsedWay
  /** The code of what failed, or `recovered`. */
  readonly reason: string
  readonly message: string
  readonly at: Instant
}

/** How long the second way is tried before the first one has its turn again. */
const BACKUP_WAIT = minutes(2)
/** How often the first way is tried while the second one is in use. */
const RETURN_EVERY = minutes(5)

export interface TwoWaysOptions {
  readonly primary: Open
  readonly backup: Open
  /** How long the first way may fail before the second one is taken. */
  readonly patience: Duration
  readonly clock: Clock
  readonly changed: (change: WayChange) => void
  /** The first way is open again: the channel in use is to be closed once nothing is in the air. */
  readonly leave: () => void
}

/**
 * A primary and a backup way to the same devices (主备通道): the backup is taken while the primary
 * fails, and left again, between two visits, when the primary is back.
 */
export class TwoWays {
  readonly #options: TwoWaysOptions
  #used: UsedWay = 'primary'
  #failingSince: Instant | null = null
  /** The primary, opened again while the backup is in use. */
  #ready: Channel | null = null
  #watching = new AbortController()

  constructor(options: TwoWaysOptions) {
    this.#options = options
  }

  get used(): UsedWay {
    return this.#used
  }

  async open(signal: AbortSignal): Promise<Channel | TransportError> {
    const { primary, backup, patience, clock } = this.#options
    this.#watching.abort()
    const ready = this.#ready
    this.#ready = null
    if (ready) return this.#take('primary', recovered, ready)
    const startedAt = clock.now()
    const first = await this.#attempt(primary, patience, signal)
    if ('send' in first) {
      this.#failingSince = null
      return this.#take('primary', recovered, first)
    }
    this.#failingSince ??= startedAt
    if (signal.aborted || clock.now() - this.#failingSince < patience) return first
    const second = await this.#attempt(backup, BACKUP_WAIT, signal)
    if (!('send' in second)) return second
    this.#watching = new AbortController()
    void this.#watch(AbortSignal.any([signal, this.#watching.signal]))
    return this.#take('backup', first, second)
  }

  #take(used: UsedWay, why: Why, channel: Channel): Channel {
    if (used === this.#used) return channel
    this.#used = used
    const { code: reason, message } = why
    this.#options.changed({ used, reason, message, at: this.#options.clock.now() })
    return channel
  }

  /** Tries the first way at intervals, until it opens or the signal aborts. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { primary, clock, leave } = this.#options
    while (await sleep(clock, RETURN_EVERY, signal)) {
      const opened = await this.#attempt(primary, RETURN_EVERY, signal)
      if (!('send' in opened)) continue
      if (signal.aborted) return await opened.close()
      this.#ready = opened
      this.#failingSince = null
      signal.addEventListener('abort', () => this.#ready === opened && void opened.close())
      return leave()
    }
  }

  /** A way that only waits to be called is not waited for longer than this. */
  async #attempt(
    open: Open,
    most: Duration,
    signal: AbortSignal,
  ): Promise<Channel | TransportError> {
    const own = new AbortController()
    const cancel = this.#options.clock.after(most, () => own.abort())
    try {
      const opened = await open(AbortSignal.any([signal, own.signal]))
      return 'send' in opened || !own.signal.aborted ? opened : notReached
    } finally {
      cancel()
    }
  }
}

interface Why {
  readonly code: string
  readonly message: string
}

const recovered: Why = { code: 'recovered', message: 'the first way works again' }

const notReached: TransportError = {
  code: 'transport.timeout',
  message: 'nothing was reached this way in time',
  retry: 'later',
}

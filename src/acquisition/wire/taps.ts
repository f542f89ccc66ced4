import type { HearBytes, Link } from '#drivers/channel'
import type { ChannelId, Clock, Instant } from '#src/core'

/** Bytes that went over a channel, as they were handed over. */
export interface Passing {
  readonly at: Instant
  readonly direction: 'sent' | 'received'
  readonly bytes: Uint8Array
}

/** Must return at once and not throw: the line waits for it. */
export type HearPassing = (passing: Passing) => void

/**
 * Lets people listen to what passes on channels, without a way to send anything. A channel that
 * nobody listens to holds nothing for it.
 */
export class Taps {
  readonly #clock: Clock
  readonly #hearers = new Map<ChannelId, Set<HearPassing>>()
  /** The connection that each channel has. */
  readonly #links = new Map<ChannelId, Link>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Also over later connections of the channel; the returned function ends it. */
  listen(id: ChannelId, hear: HearPassing): () => void {
    const hearers = this.#hearers.get(id) ?? new Set()
    this.#hearers.set(id, hearers.add(hear))
    this.#fit(id)
    return () => {
      hearers.delete(hear)
      if (hearers.size > 0 || this.#hearers.get(id) !== hearers) return
      this.#hearers.delete(id)
      this.#fit(id)
    }
  }

  /** The channel has another connection from now on. */
  attach(id: ChannelId, link: Link): void {
    this.#links.set(id, link)
    this.#fit(id)
  }

  #fit(id: ChannelId): void {
    const link = this.#links.get(id)
    if (!link) return
    const hearers = this.#hearers.get(id)
    link.tap = hearers ? this.#teller(hearers) : null
  }

  #teller(hearers: ReadonlySet<HearPassing>): HearBytes {
    return (direction, bytes) => {
      const passing = { at: this.#clock.now(), direction, bytes }
      for (const hear of hearers) hear(passing)
    }
  }
}

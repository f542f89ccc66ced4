import type { Channel, ChannelFacts, Sent, TransportError } from '#drivers/channel'
import type { ChannelId, Clock, Instant } from '#src/core'

/** Bytes that went over a channel, as they were handed over. */
export interface Passing {
  readonly at: Instant
  readonly direction: 'sent' | 'received'
  readonly bytes: Uint8Array
}

/** Must return at once and not throw: the line waits for it. */
export type HearPassing = (passing: Passing) => void

type Open = (signal: AbortSignal) => Promise<Channel | TransportError>

/** Lets people listen to what passes on channels, without a way to send anything. */
export class Taps {
  readonly #clock: Clock
  readonly #hearers = new Map<ChannelId, Set<HearPassing>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Also over later connections of the channel; the returned function ends it. */
  listen(id: ChannelId, hear: HearPassing): () => void {
    const hearers = this.#of(id)
    hearers.add(hear)
    return () => hearers.delete(hear)
  }

  /** The same way to open a channel, which can then be listened to. */
  over(id: ChannelId, open: Open): Open {
    const hearers = this.#of(id)
    return async (signal) => {
      const opened = await open(signal)
      return 'send' in opened ? new TappedChannel(opened, hearers, this.#clock) : opened
    }
  }

  #of(id: ChannelId): Set<HearPassing> {
    const known = this.#hearers.get(id)
    if (known) return known
    const hearers = new Set<HearPassing>()
    this.#hearers.set(id, hearers)
    return hearers
  }
}

class TappedChannel implements Channel {
  readonly facts: ChannelFacts
  readonly #inner: Channel
  readonly #hearers: ReadonlySet<HearPassing>
  readonly #clock: Clock

  constructor(inner: Channel, hearers: ReadonlySet<HearPassing>, clock: Clock) {
    this.facts = inner.facts
    this.#inner = inner
    this.#hearers = hearers
    this.#clock = clock
  }

  get failure(): TransportError | null {
    return this.#inner.failure
  }

  send(bytes: Uint8Array, signal: AbortSignal): Promise<Sent> {
    this.#tell('sent', bytes)
    return this.#inner.send(bytes, signal)
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#inner.bytes()) {
      this.#tell('received', chunk)
      yield chunk
    }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  #tell(direction: Passing['direction'], bytes: Uint8Array): void {
    if (this.#hearers.size === 0) return
    const passing = { at: this.#clock.now(), direction, bytes }
    for (const hear of this.#hearers) hear(passing)
  }
}

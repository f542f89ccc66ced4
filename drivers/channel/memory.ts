import { ByteQueue } from './byte-queue.ts'
import type { Channel, ChannelFacts, Sent, TransportError } from './channel.ts'

const HELD_BYTES_MAX = 65_536

const closed: TransportError = {
  code: 'transport.closed',
  message: 'the channel is closed; open it again',
  retry: 'now',
}

const hungUp: TransportError = {
  code: 'transport.closed',
  message: 'the other side closed the channel; open it again',
  retry: 'now',
}

const givenUp: TransportError = {
  code: 'transport.timeout',
  message: 'given up before the line took the bytes',
  retry: 'later',
}

const overflow: TransportError = {
  code: 'transport.overflow',
  message: `more than ${HELD_BYTES_MAX} bytes arrived unread; closed`,
  retry: 'later',
}

class MemoryEnd implements Channel {
  readonly facts: ChannelFacts
  failure: TransportError | null = null
  peer: MemoryEnd | null = null
  readonly #arrived = new ByteQueue(HELD_BYTES_MAX)
  #open = true

  constructor(facts: ChannelFacts) {
    this.facts = facts
  }

  get isOpen(): boolean {
    return this.#open
  }

  send(bytes: Uint8Array, signal: AbortSignal): Sent {
    const { peer } = this
    if (!this.#open || !peer?.isOpen) return { ok: false, error: this.failure ?? closed }
    if (signal.aborted) return { ok: false, error: givenUp }
    if (!peer.#arrived.push(bytes.slice())) peer.end(overflow)
    return { ok: true }
  }

  bytes(): AsyncIterable<Uint8Array> {
    return this.#arrived
  }

  hear(take: (chunk: Uint8Array) => void): Promise<void> {
    return this.#arrived.each(take)
  }

  async close(): Promise<void> {
    this.end(null)
  }

  /** For the other end only: users of a channel call `close`. */
  end(failure: TransportError | null): void {
    if (!this.#open) return
    this.#open = false
    this.failure = failure
    this.#arrived.end()
    this.peer?.end(hungUp)
  }
}

/** Two channels joined back to back: what one end sends arrives at the other. For tests. */
export function memoryPair(facts: Partial<ChannelFacts> = {}): readonly [Channel, Channel] {
  const all: ChannelFacts = {
    name: 'memory',
    halfDuplex: true,
    maxFrameBytes: 512,
    framed: false,
    baud: null,
    ...facts,
  }
  const left = new MemoryEnd(all)
  const right = new MemoryEnd(all)
  left.peer = right
  right.peer = left
  return [left, right]
}

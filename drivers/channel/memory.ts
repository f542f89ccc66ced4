import { ByteQueue } from './byte-queue.ts'
import type { Channel, ChannelFacts, Sent, TransportError } from './channel.ts'

const HELD_BYTES_MAX = 1_048_576

const closed: TransportError = {
  code: 'transport.closed',
  message: 'the channel is closed; open it again',
  retry: 'now',
}

class MemoryEnd implements Channel {
  readonly facts: ChannelFacts
  readonly failure: TransportError | null = null
  peer: MemoryEnd | null = null
  readonly #arrived = new ByteQueue(HELD_BYTES_MAX)
  #open = true

  constructor(facts: ChannelFacts) {
    this.facts = facts
  }

  get isOpen(): boolean {
    return this.#open
  }

  async send(bytes: Uint8Array, _signal: AbortSignal): Promise<Sent> {
    const { peer } = this
    if (!this.#open || !peer?.isOpen) return { ok: false, error: closed }
    peer.#arrived.push(bytes.slice())
    return { ok: true }
  }

  bytes(): AsyncIterable<Uint8Array> {
    return this.#arrived
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#arrived.end()
    await this.peer?.close()
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

import {
  type Channel,
  type ChannelFacts,
  type HearBytes,
  hearChannel,
  heardBytes,
  type Link,
  type LinkEnd,
  noTraffic,
  type Sent,
  type TransportError,
} from '#drivers/channel'
import type { Clock } from '#src/core'

/** A channel that we dialed, watched like one that called. */
export class DialedLink implements Channel, Link {
  readonly facts: ChannelFacts
  readonly remoteAddress: string
  readonly traffic = noTraffic()
  over: LinkEnd | null = null
  tap: HearBytes | null = null
  readonly #inner: Channel
  readonly #clock: Clock
  #heardAt: number

  constructor(inner: Channel, remoteAddress: string, clock: Clock) {
    this.facts = inner.facts
    this.remoteAddress = remoteAddress
    this.#inner = inner
    this.#clock = clock
    this.#heardAt = clock.now()
  }

  get failure(): TransportError | null {
    return this.#inner.failure
  }

  lastHeardAt(): number {
    return this.#heardAt
  }

  send(bytes: Uint8Array, signal: AbortSignal): Sent | Promise<Sent> {
    this.traffic.bytesDown += bytes.length
    this.traffic.framesDown++
    this.tap?.('sent', bytes)
    return this.#inner.send(bytes, signal)
  }

  bytes(): AsyncIterable<Uint8Array> {
    return heardBytes(this)
  }

  async hear(take: (chunk: Uint8Array) => void): Promise<void> {
    await hearChannel(this.#inner, (chunk) => {
      this.#heard(chunk)
      take(chunk)
    })
    this.#end()
  }

  close(): Promise<void> {
    this.#end()
    return this.#inner.close()
  }

  #heard(chunk: Uint8Array): void {
    this.#heardAt = this.#clock.now()
    this.traffic.bytesUp += chunk.length
    this.traffic.framesUp++
    this.tap?.('received', chunk)
  }

  #end(): void {
    this.over ??= { at: this.#clock.now(), reason: this.#reason() }
  }

  #reason(): LinkEnd['reason'] {
    const { failure } = this.#inner
    if (failure === null) return 'stopped'
    return failure.code === 'transport.closed' ? 'closed' : 'lost'
  }
}

import {
  type Channel,
  type ChannelFacts,
  hearChannel,
  heardBytes,
  type Sent,
  type TransportError,
} from '#drivers/channel'
import type { Scanner, Unasked } from '#protocols/model'
import { type Clock, milliseconds } from '#src/core'

/** The rest of a frame follows within this; longer, and whoever waits is to see that bytes came. */
const REST_WITHIN = milliseconds(500)
/** After so long a silence nothing that was begun goes on. */
const FORGET_AFTER = milliseconds(10_000)

const NOTHING = new Uint8Array(0)

export interface TerminalSide {
  /** Who logged in, and in which protocol. */
  readonly terminal: NonNullable<ChannelFacts['terminal']>
  readonly scanner: Scanner
  readonly clock: Clock
  /** What a frame says that the terminal sent by itself; null for an answer. */
  readonly unasked: (frame: Uint8Array) => Unasked | null
  /** Such a frame came; it goes no further. `answer` sends what the terminal is to hear. */
  readonly said: (said: Unasked, frame: Uint8Array, answer: (bytes: Uint8Array) => void) => void
}

/**
 * The line to a terminal, without what it says by itself: logins, heartbeats and reports are taken
 * out of the stream whenever they come, also between a request and its answer. Everything else is
 * handed on as it came, damage included; the beginning of a frame waits for its rest, since only
 * the whole tells what it is.
 */
export class TerminalChannel implements Channel {
  readonly facts: ChannelFacts
  readonly #inner: Channel
  readonly #side: TerminalSide
  readonly #never = new AbortController().signal
  /** What the scanner may still make a frame of. */
  #held: Uint8Array = NOTHING
  /** How much of it was handed on because the rest stayed away. */
  #passed = 0
  #lastByteAt = 0
  #stopWaiting: (() => void) | null = null

  constructor(inner: Channel, side: TerminalSide) {
    this.facts = { ...inner.facts, terminal: side.terminal }
    this.#inner = inner
    this.#side = side
  }

  get failure(): TransportError | null {
    return this.#inner.failure
  }

  send(bytes: Uint8Array, signal: AbortSignal): Sent | Promise<Sent> {
    return this.#inner.send(bytes, signal)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  bytes(): AsyncIterable<Uint8Array> {
    return heardBytes(this)
  }

  hear(take: (chunk: Uint8Array) => void): Promise<void> {
    return hearChannel(this.#inner, (chunk) => this.#heard(chunk, take)).then(() => {
      this.#stopWaiting?.()
      this.#giveRest(take)
    })
  }

  #heard(chunk: Uint8Array, take: (chunk: Uint8Array) => void): void {
    this.#stopWaiting?.()
    this.#stopWaiting = null
    const part = this.#sift(chunk)
    if (part.length > 0) take(part)
    if (this.#held.length <= this.#passed) return
    this.#stopWaiting = this.#side.clock.after(REST_WITHIN, () => this.#giveRest(take))
  }

  #giveRest(take: (chunk: Uint8Array) => void): void {
    const rest = this.#release()
    if (rest.length > 0) take(rest)
  }

  #release(): Uint8Array {
    const rest = this.#held.slice(this.#passed)
    this.#passed = this.#held.length
    return rest
  }

  /** Returns what is meant for the reader. */
  #sift(chunk: Uint8Array): Uint8Array {
    const { scanner, clock } = this.#side
    const now = clock.now()
    if (now - this.#lastByteAt >= FORGET_AFTER) this.#forget()
    this.#lastByteAt = now
    const bytes = joined([this.#held, chunk])
    const parts: Uint8Array[] = []
    let at = 0
    // The scanner drops what belongs to no frame: what it gives stands in the bytes in order.
    for (const frame of scanner.push(chunk)) {
      const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(frame, at)
      const end = start + frame.length
      const said = this.#side.unasked(frame)
      parts.push(this.#unpassed(bytes, at, said ? start : end))
      if (said) this.#side.said(said, frame, (answer) => void this.send(answer, this.#never))
      at = end
    }
    if (!scanner.pending) {
      parts.push(this.#unpassed(bytes, at, bytes.length))
      at = bytes.length
    }
    this.#held = bytes.slice(at)
    this.#passed = Math.max(0, this.#passed - at)
    return joined(parts)
  }

  /** The part of a range that was not handed on yet. */
  #unpassed(bytes: Uint8Array, from: number, to: number): Uint8Array {
    return bytes.subarray(Math.max(from, Math.min(to, this.#passed)), to)
  }

  #forget(): void {
    this.#side.scanner.reset()
    this.#held = NOTHING
    this.#passed = 0
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const filled = parts.filter(({ length }) => length > 0)
  const [only = NOTHING] = filled
  return filled.length < 2 ? only : Buffer.concat(filled)
}

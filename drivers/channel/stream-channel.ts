import type { Duplex } from 'node:stream'
import { ByteQueue } from './byte-queue.ts'
import type { Channel, ChannelFacts, Sent, TransportError } from './channel.ts'
import { describeSystemError } from './system-error.ts'

/** About 300 of the longest DL/T 645 frames: a reader that far behind has stopped reading. */
const HELD_BYTES_MAX = 65_536

const SENT: Sent = { ok: true }

/** A write that the line has not taken yet. */
interface Waiting {
  /** How many writes have been taken once this one is. */
  readonly number: number
  readonly finish: (sent: Sent) => void
}

/** What a driver may put between the stream and the reader. */
export interface StreamHooks {
  /** Gets each chunk in place of the reader, and hands on what is meant for it by `deliver`. */
  receive?(chunk: Uint8Array): void
  /** Called before bytes go out. */
  sending?(bytes: Uint8Array): void
  /** Called once, however the channel ended. */
  ended?(): void
}

/** A channel over any duplex stream: a TCP socket, a serial port, a virtual line. */
export class StreamChannel implements Channel {
  readonly facts: ChannelFacts
  readonly #stream: Duplex
  readonly #hooks: StreamHooks
  readonly #arrived = new ByteQueue(HELD_BYTES_MAX)
  /** Null until a write has to wait: most never do. Writes are taken in order. */
  #waiting: Waiting[] | null = null
  /** One function for all writes; null before the first. */
  #onTaken: (() => void) | null = null
  #written = 0
  #taken = 0
  #failure: TransportError | null = null
  #open = true

  constructor(stream: Duplex, facts: ChannelFacts, hooks: StreamHooks = {}) {
    this.facts = facts
    this.#stream = stream
    this.#hooks = hooks
    stream.on('data', (chunk: Uint8Array) => {
      if (!this.#open) return
      if (hooks.receive) hooks.receive(chunk)
      else this.deliver(chunk)
    })
    stream.on('error', (error) => this.fail(describeSystemError(error, facts.name)))
    const hungUp = () => this.#hungUp()
    stream.on('end', hungUp).on('close', hungUp)
  }

  get failure(): TransportError | null {
    return this.#failure
  }

  bytes(): AsyncIterable<Uint8Array> {
    return this.#arrived
  }

  hear(take: (chunk: Uint8Array) => void): Promise<void> {
    return this.#arrived.each(take)
  }

  send(bytes: Uint8Array, signal: AbortSignal): Sent | Promise<Sent> {
    if (!this.#open) return this.#refused()
    if (signal.aborted) return { ok: false, error: this.#givenUp() }
    this.#hooks.sending?.(bytes)
    const number = ++this.#written
    this.#onTaken ??= () => this.#wroteOne()
    this.#stream.write(bytes, this.#onTaken)
    // The system usually takes a small write at once; then nothing is left to wait for.
    if (this.#taken >= number || this.#stream.writableLength === 0) return this.#whetherSent()
    return new Promise((resolve) => {
      const waiting: Waiting = {
        number,
        finish: (sent) => {
          signal.removeEventListener('abort', giveUp)
          resolve(sent)
        },
      }
      const giveUp = () => {
        this.#waiting = this.#waiting?.filter((one) => one !== waiting) ?? null
        waiting.finish({ ok: false, error: this.#givenUp() })
      }
      this.#waiting ??= []
      this.#waiting.push(waiting)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** Gives the reader bytes; ends the channel if the reader no longer reads. */
  deliver(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#arrived.push(bytes)) return
    this.fail({
      code: 'transport.overflow',
      message: `${this.facts.name}: more than ${HELD_BYTES_MAX} bytes arrived unread; closed`,
      retry: 'later',
    })
  }

  /** Ends the channel with a reason; what had arrived can still be read. */
  fail(error: TransportError): void {
    if (!this.#open) return
    this.#failure = error
    this.#end()
  }

  /** Resolves once the stream has let go of what it holds, so that a port can be opened again. */
  close(): Promise<void> {
    if (this.#open) this.#end()
    if (this.#stream.closed) return Promise.resolve()
    return new Promise((resolve) => this.#stream.once('close', resolve))
  }

  #end(): void {
    this.#open = false
    this.#arrived.end()
    this.#stream.destroy()
    for (const { finish } of this.#waiting?.splice(0) ?? []) finish(this.#refused())
    this.#hooks.ended?.()
  }

  #hungUp(): void {
    this.fail({
      code: 'transport.closed',
      message: `${this.facts.name}: the other side closed the connection; dial again`,
      retry: 'now',
    })
  }

  #wroteOne(): void {
    this.#taken++
    while (this.#waiting?.[0] && this.#waiting[0].number <= this.#taken) {
      this.#waiting.shift()?.finish(this.#whetherSent())
    }
  }

  #whetherSent(): Sent {
    return this.#open ? SENT : this.#refused()
  }

  #refused(): Sent {
    return { ok: false, error: this.#closedError() }
  }

  #closedError(): TransportError {
    return (
      this.#failure ?? {
        code: 'transport.closed',
        message: `${this.facts.name}: the channel is closed; open it again`,
        retry: 'now',
      }
    )
  }

  #givenUp(): TransportError {
    return {
      code: 'transport.timeout',
      message: `${this.facts.name}: given up before the line took the bytes`,
      retry: 'later',
    }
  }
}

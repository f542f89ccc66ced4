import type { Duplex } from 'node:stream'
import {
  ByteQueue,
  type Channel,
  type ChannelFacts,
  type DriverClock,
  type Sent,
  StreamChannel,
  type TransportError,
} from '#drivers/channel'
import type { Framing } from './framing.ts'
import type { LateAnswers } from './late-answers.ts'
import { type ModbusRequest, parseRequest } from './request.ts'

/** Sixty-odd of the longest messages: with one request at a time more means nobody reads. */
const HELD_BYTES_MAX = 16_384
/** A line that is never quiet for this long has another master or a fault. */
const DRAIN_MS_MAX = 3_000

export interface ModbusTiming {
  /** Silence that ends a message: 3.5 characters. */
  readonly gapMs: number
  /** Silence required after any doubt: the gap and what converters and gateways add to it. */
  readonly drainMs: number
}

export interface ModbusLine {
  readonly facts: ChannelFacts
  readonly framing: Framing
  readonly clock: DriverClock
  /** Null where answers carry ids (TCP): then nothing has to be waited for. */
  readonly serial: { readonly timing: ModbusTiming; readonly late: LateAnswers } | null
  /** Told of bytes that answered nothing: late answers, noise, another master. */
  stray?(count: number): void
}

/**
 * Unit and PDU in both directions, one request in flight. The caller's time-out is the truth: to
 * send again is to give up the request before, and its late answer then reaches nobody.
 */
export class ModbusChannel implements Channel {
  readonly facts: ChannelFacts
  readonly #line: ModbusLine
  readonly #wire: StreamChannel
  readonly #answers = new ByteQueue(HELD_BYTES_MAX)
  #inFlight: ModbusRequest | null = null
  #lastByteAt: number
  #inDoubt = true
  #outgoing: ModbusRequest | null = null

  constructor(stream: Duplex, line: ModbusLine) {
    this.facts = line.facts
    this.#line = line
    this.#lastByteAt = line.clock.now()
    this.#wire = new StreamChannel(stream, line.facts, {
      receive: (chunk) => this.#receive(chunk),
      ended: () => this.#answers.end(),
    })
  }

  get failure(): TransportError | null {
    return this.#wire.failure
  }

  bytes(): AsyncIterable<Uint8Array> {
    return this.#answers
  }

  close(): Promise<void> {
    return this.#wire.close()
  }

  async send(bytes: Uint8Array, signal: AbortSignal): Promise<Sent> {
    const request = parseRequest(bytes)
    if (!request) return this.#refuse('transport.refused', 'this is no Modbus request', 'never')
    if (this.#outgoing) {
      return this.#refuse(
        'transport.busy',
        'a request is going out; ask one thing at a time',
        'now',
      )
    }
    this.#outgoing = request
    try {
      this.#giveUp()
      const blocked = await this.#lineClear(request, signal)
      if (blocked) return { ok: false, error: blocked }
      const frame = this.#line.framing.wrap(request)
      if (!frame) {
        const why = `function ${request.functionCode} has answers of no known length on this line`
        return this.#refuse('transport.refused', why, 'never')
      }
      this.#inFlight = request
      const sent = await this.#wire.send(frame, signal)
      if (!sent.ok && this.#inFlight === request) this.#giveUp()
      return sent
    } finally {
      if (this.#outgoing === request) this.#outgoing = null
    }
  }

  #giveUp(): void {
    const request = this.#inFlight
    if (!request) return
    this.#inFlight = null
    this.#inDoubt = true
    const { clock, framing, serial } = this.#line
    serial?.late.gaveUp(request, framing.sawDamaged(request), clock.now())
    framing.reset()
  }

  #receive(chunk: Uint8Array): void {
    const { clock, framing, serial } = this.#line
    this.#lastByteAt = clock.now()
    const request = this.#inFlight
    for (const found of framing.push(chunk, request)) {
      switch (found.kind) {
        case 'answer':
          if (!this.#inFlight || !request) {
            this.#stray(found.message.length)
            break
          }
          this.#inFlight = null
          // What was answered has gone out, even where the port has not said so yet.
          if (this.#outgoing === request) this.#outgoing = null
          serial?.late.answered(request, clock.now())
          if (!this.#answers.push(found.message)) this.#wire.fail(this.#overflow())
          break
        case 'stray':
          serial?.late.arrived(chunk)
          this.#stray(found.count)
          break
        case 'broken':
          this.#wire.fail(this.#error('transport.exception', found.why, 'later'))
          return
      }
    }
  }

  #stray(count: number): void {
    this.#inDoubt = true
    this.#line.stray?.(count)
  }

  /** Waits until the line is silent and no late answer can be taken for this request's. */
  async #lineClear(request: ModbusRequest, signal: AbortSignal): Promise<TransportError | null> {
    const { clock, serial } = this.#line
    if (!serial) return null
    const startedAt = clock.now()
    let settled = startedAt
    for (;;) {
      const now = clock.now()
      const quietMs = this.#inDoubt ? serial.timing.drainMs : serial.timing.gapMs
      const quietAt = this.#lastByteAt + quietMs
      settled = Math.max(quietAt, serial.late.clearAt(request, now))
      if (settled <= now) break
      if (quietAt > now && now - startedAt >= DRAIN_MS_MAX && this.#lastByteAt >= startedAt) {
        return this.#error(
          'transport.busy',
          `the line was never quiet for ${quietMs} ms; look for a second master or a noisy bus`,
          'later',
        )
      }
      if (!(await pause(clock, Math.min(settled - now, DRAIN_MS_MAX), signal))) {
        return this.#error('transport.timeout', 'given up while the line had to settle', 'later')
      }
      if (this.failure) return this.failure
    }
    this.#inDoubt = false
    return null
  }

  #overflow(): TransportError {
    return this.#error(
      'transport.overflow',
      `more than ${HELD_BYTES_MAX} bytes of answers were not read; closed`,
      'later',
    )
  }

  #refuse(code: TransportError['code'], why: string, retry: TransportError['retry']): Sent {
    return { ok: false, error: this.#error(code, why, retry) }
  }

  #error(
    code: TransportError['code'],
    why: string,
    retry: TransportError['retry'],
  ): TransportError {
    return { code, message: `${this.facts.name}: ${why}`, retry }
  }
}

/** False as soon as the signal aborts. */
function pause(clock: DriverClock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const stop = () => {
      cancel()
      resolve(false)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop)
      resolve(true)
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}

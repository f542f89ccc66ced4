import type { Channel, TransportError } from '#drivers/channel'
import type { Malformed, Protocol, Reading, Refusal, Scanner } from '#protocols/model'
import type { Clock } from '#src/core'
import type { Gatekeeper, Permit } from './gatekeeper.ts'
import type { ExchangeLimits } from './timing.ts'

/** Frames one answer may be split into; more is a device gone mad. */
const PARTS_MAX = 256
/** What is kept of the received bytes as evidence. */
const EVIDENCE_BYTES_MAX = 512

/** Why an exchange brought nothing. The three kinds of "no" stay apart up to the screen. */
export interface ExchangeFailure {
  readonly code:
    | 'exchange.timeout'
    | 'exchange.damaged'
    | 'exchange.mismatch'
    | 'exchange.transport'
    | 'exchange.gate'
    | 'exchange.aborted'
  readonly message: string
  readonly retry: 'now' | 'later' | 'never'
  /** What was received, as far as it was kept. */
  readonly raw: Uint8Array
}

export type ExchangeOutcome =
  | {
      readonly kind: 'answered'
      readonly readings: readonly Reading[]
      readonly roundTripMs: number
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly roundTripMs: number }
  | { readonly kind: 'failed'; readonly failure: ExchangeFailure }

/** Counters of a line, for health and /metrics. */
export interface LineCounters {
  sentFrames: number
  answers: number
  refusals: number
  timeouts: number
  damaged: number
  /** Good frames that answered nothing we asked: late answers, other masters, wrong addresses. */
  strays: number
  sentBytes: number
  receivedBytes: number
}

/** One request on its way; implemented below, driven by the line. */
interface Pending {
  take(chunk: Uint8Array): void
  fail(code: ExchangeFailure['code'], message: string, retry: ExchangeFailure['retry']): void
}

/**
 * A channel with the discipline of a half-duplex bus: one exchange at a time, stale bytes dropped
 * before a request, an answer accepted only if address, function and item are those asked for.
 */
export class Line {
  readonly channel: Channel
  readonly counters: LineCounters = {
    sentFrames: 0,
    answers: 0,
    refusals: 0,
    timeouts: 0,
    damaged: 0,
    strays: 0,
    sentBytes: 0,
    receivedBytes: 0,
  }
  /** Resolves when the channel has ended, with the reason where there is one. */
  readonly ended: Promise<TransportError | null>
  readonly #clock: Clock
  readonly #gatekeeper: Gatekeeper
  readonly #scanners = new Map<string, Scanner>()
  #pending: Pending | null = null
  #open = true

  constructor(channel: Channel, clock: Clock, gatekeeper: Gatekeeper) {
    this.channel = channel
    this.#clock = clock
    this.#gatekeeper = gatekeeper
    this.ended = this.#pump()
  }

  get open(): boolean {
    return this.#open
  }

  /** Asks once and resolves with what came of it; never rejects for a device's or line's fault. */
  async exchange<Request, Response>(
    protocol: Protocol<Request, Response>,
    request: Request,
    limits: ExchangeLimits,
    signal: AbortSignal,
    permit: Permit | null = null,
  ): Promise<ExchangeOutcome> {
    if (this.#pending) throw new Error('invariant broken: one exchange at a time on a line')
    const scanner = this.#scannerOf(protocol)
    return new Promise((resolve) => {
      const attempt = new Attempt(
        { protocol, request, limits, signal, permit, scanner },
        { line: this, clock: this.#clock, gatekeeper: this.#gatekeeper },
        (outcome) => {
          this.#pending = null
          resolve(outcome)
        },
      )
      this.#pending = attempt
      attempt.start()
    })
  }

  async close(): Promise<void> {
    await this.channel.close()
    await this.ended
  }

  #scannerOf<Request, Response>(protocol: Protocol<Request, Response>): Scanner {
    const known = this.#scanners.get(protocol.name)
    if (known) {
      known.reset()
      return known
    }
    const scanner = protocol.scanner()
    this.#scanners.set(protocol.name, scanner)
    return scanner
  }

  async #pump(): Promise<TransportError | null> {
    for await (const chunk of this.channel.bytes()) {
      this.counters.receivedBytes += chunk.length
      if (this.#pending) this.#pending.take(chunk)
      else this.counters.strays++
    }
    this.#open = false
    const { failure } = this.channel
    this.#pending?.fail(
      'exchange.transport',
      failure?.message ?? 'the channel was closed',
      failure?.retry ?? 'now',
    )
    return failure
  }
}

interface Ask<Request, Response> {
  readonly protocol: Protocol<Request, Response>
  readonly request: Request
  readonly limits: ExchangeLimits
  readonly signal: AbortSignal
  readonly permit: Permit | null
  readonly scanner: Scanner
}

interface Surroundings {
  readonly line: Line
  readonly clock: Clock
  readonly gatekeeper: Gatekeeper
}

/** sending → waiting → answered | refused | failed; follow-up frames go round again. */
class Attempt<Request, Response> implements Pending {
  readonly #ask: Ask<Request, Response>
  readonly #around: Surroundings
  readonly #settle: (outcome: ExchangeOutcome) => void
  readonly #parts: Response[] = []
  #request: Request
  #sentFrame: Uint8Array = new Uint8Array(0)
  #startedAt = 0
  #lastByteAt = 0
  #heardBytes = false
  #raw: Uint8Array = new Uint8Array(0)
  #damage: Malformed | null = null
  #strayFrames = 0
  #cancelTimer: () => void = () => {}
  #done = false

  constructor(
    ask: Ask<Request, Response>,
    around: Surroundings,
    settle: (outcome: ExchangeOutcome) => void,
  ) {
    this.#ask = ask
    this.#around = around
    this.#settle = settle
    this.#request = ask.request
  }

  start(): void {
    this.#startedAt = this.#around.clock.now()
    this.#ask.signal.addEventListener('abort', this.#abort, { once: true })
    if (this.#ask.signal.aborted) this.#abort()
    else void this.#send()
  }

  take(chunk: Uint8Array): void {
    const { scanner } = this.#ask
    this.#keepEvidence(chunk)
    const frames = this.#around.line.channel.facts.framed ? [chunk] : scanner.push(chunk)
    for (const frame of frames) {
      this.#frame(frame)
      if (this.#done) return
    }
    this.#lastByteAt = this.#around.clock.now()
    if (!this.#heardBytes) {
      this.#heardBytes = true
      this.#wait(this.#ask.limits.gap)
    }
  }

  fail(code: ExchangeFailure['code'], message: string, retry: ExchangeFailure['retry']): void {
    this.#finish({ kind: 'failed', failure: { code, message, retry, raw: this.#raw } })
  }

  readonly #abort = () => this.fail('exchange.aborted', 'the request was cancelled', 'now')

  async #send(): Promise<void> {
    const { protocol, limits, permit, signal, scanner } = this.#ask
    const { line, gatekeeper } = this.#around
    const frame = protocol.encode(this.#request)
    const refusal = gatekeeper.refusal(protocol, frame, permit)
    if (refusal) return this.fail('exchange.gate', refusal.message, 'never')
    scanner.reset()
    this.#sentFrame = frame
    this.#heardBytes = false
    this.#wait(limits.firstByte)
    line.counters.sentFrames++
    line.counters.sentBytes += frame.length
    const sent = await line.channel.send(frame, signal)
    if (this.#done) return
    if (!sent.ok) return this.fail('exchange.transport', sent.error.message, sent.error.retry)
    if (!protocol.expectsAnswer(this.#request)) {
      this.#finish({ kind: 'answered', readings: [], roundTripMs: 0 })
    }
  }

  #frame(frame: Uint8Array): void {
    const { protocol } = this.#ask
    if (sameBytes(frame, this.#sentFrame)) return
    const decoded = protocol.decode(frame)
    if (decoded.kind === 'malformed') {
      this.#damage = decoded.malformed
      return
    }
    if (!protocol.answers(this.#request, decoded.response)) {
      this.#strayFrames++
      this.#around.line.counters.strays++
      return
    }
    if (decoded.kind === 'refusal') {
      this.#around.line.counters.refusals++
      this.#finish({ kind: 'refused', refusal: decoded.refusal, roundTripMs: this.#elapsedMs() })
      return
    }
    this.#accept(decoded.response)
  }

  #accept(response: Response): void {
    const { protocol, request } = this.#ask
    this.#parts.push(response)
    const following = protocol.follow(this.#request, response)
    if (following !== null && this.#parts.length < PARTS_MAX) {
      this.#cancelTimer()
      this.#request = following
      void this.#send()
      return
    }
    const read = protocol.readings(request, this.#parts)
    if (!read.ok) {
      this.#around.line.counters.damaged++
      this.fail('exchange.damaged', read.malformed.message, 'now')
      return
    }
    this.#around.line.counters.answers++
    this.#finish({ kind: 'answered', readings: read.readings, roundTripMs: this.#elapsedMs() })
  }

  #wait(duration: ExchangeLimits['gap']): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#around.clock.after(duration, () => this.#silence())
  }

  /** The timer ran out; bytes that came meanwhile extend it by what is left of the gap. */
  #silence(): void {
    const { limits } = this.#ask
    const quietMs = this.#around.clock.now() - this.#lastByteAt
    if (this.#heardBytes && quietMs < limits.gap) {
      this.#cancelTimer = this.#around.clock.after(limits.gap, () => this.#silence())
      return
    }
    const { counters } = this.#around.line
    if (this.#strayFrames > 0) {
      this.fail(
        'exchange.mismatch',
        `${this.#strayFrames} good frame(s) came, none of them the answer asked for ` +
          '(another address, function or item)',
        'now',
      )
    } else if (this.#heardBytes) {
      counters.damaged++
      this.fail(
        'exchange.damaged',
        this.#damage?.message ?? 'bytes came, but no whole frame with a right checksum',
        'now',
      )
    } else {
      counters.timeouts++
      this.fail('exchange.timeout', `no answer within ${limits.firstByte} ms`, 'later')
    }
  }

  #finish(outcome: ExchangeOutcome): void {
    if (this.#done) return
    this.#done = true
    this.#cancelTimer()
    this.#ask.signal.removeEventListener('abort', this.#abort)
    this.#settle(outcome)
  }

  #elapsedMs(): number {
    return this.#around.clock.now() - this.#startedAt
  }

  #keepEvidence(chunk: Uint8Array): void {
    const room = EVIDENCE_BYTES_MAX - this.#raw.length
    if (room <= 0) return
    if (this.#raw.length === 0) {
      this.#raw = chunk.length <= room ? chunk : chunk.subarray(0, room)
      return
    }
    const joined = new Uint8Array(this.#raw.length + Math.min(room, chunk.length))
    joined.set(this.#raw)
    joined.set(chunk.subarray(0, room), this.#raw.length)
    this.#raw = joined
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false
  }
  return true
}

import type { Sent } from '#drivers/channel'
import type { Malformed, Refusal } from '#protocols/model'
import { milliseconds } from '#src/core'
import type { GateRefusal, Passage } from '../gate/index.ts'
import type { Ask, Surroundings } from './asking.ts'
import type { Waiting } from './deadline.ts'
import { awake, noBytes, sameBytes, withEvidence } from './evidence.ts'
import { mismatchOf, nobodysWords, silenceOf } from './nobody.ts'
import { type ExchangeFailure, type ExchangeOutcome, inAWord } from './outcome.ts'
import type { ExchangeLimits } from './timing.ts'

/** Frames one answer may be split into, unless the protocol says; more is a device gone mad. */
const PARTS_MAX = 256
/** Enough for what has arrived to be read: timers run before sockets in every turn of the loop. */
const A_TURN = milliseconds(1)

/** sending → waiting → answered | refused | failed; follow-up frames go round again. */
export class Attempt<Request, Response> implements Waiting {
  readonly #ask: Ask<Request, Response>
  readonly #around: Surroundings
  readonly #settle: (outcome: ExchangeOutcome) => void
  readonly #parts: Response[] = []
  #request: Request
  #sentFrame: Uint8Array = noBytes
  /** The frame with what woke its reader. */
  #sentBytes: Uint8Array = noBytes
  #startedAt = 0
  #lastByteAt = 0
  #heardBytes = false
  #isHearingOut = false
  #raw: Uint8Array = noBytes
  #damage: Malformed | null = null
  #strayFrames = 0
  #lateFrames = 0
  #passage: Passage | null = null
  /** False before the first frame has left: what comes until then answers nothing of ours. */
  #asked = false
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

  get #partsMax(): number {
    return this.#ask.protocol.partsMax ?? PARTS_MAX
  }

  start(): void {
    this.#startedAt = this.#around.clock.now()
    if (this.#ask.signal.aborted) this.abort()
    else this.#send()
  }

  take(chunk: Uint8Array): void {
    if (!this.#asked) return
    const { scanner } = this.#ask
    this.#raw = withEvidence(this.#raw, chunk)
    this.#around.line.trace.received(chunk)
    const frames = this.#around.line.channel.facts.framed ? [chunk] : scanner.push(chunk)
    const [lateBefore, request] = [this.#lateFrames, this.#request]
    for (const frame of frames) {
      this.#frame(frame)
      if (this.#done) return
    }
    // The next part was asked for, or will be: its first byte may take as long as any.
    if (this.#request !== request) return
    // What came is of an earlier question, or of others: the answer to this one is waited for as before.
    if (frames.length > 0 && this.#lateFrames - lateBefore === frames.length) return
    this.#lastByteAt = this.#around.clock.now()
    if (!this.#heardBytes) {
      this.#heardBytes = true
      this.#wait(this.#ask.limits.gap)
    }
  }

  fail(
    code: ExchangeFailure['code'],
    message: string,
    retry: ExchangeFailure['retry'],
    fault: string | null = null,
  ): void {
    const failure = { code, message, retry, raw: this.#raw, fault }
    this.#finish({ kind: 'failed', failure })
  }

  abort(): void {
    this.fail('exchange.aborted', 'the request was cancelled', 'now')
  }

  /** Reads leave at once; what does more asks the gate first. */
  #send(): void {
    const { protocol } = this.#ask
    const { line, gatekeeper } = this.#around
    const frame = protocol.encode(this.#request)
    if (!gatekeeper.reads(protocol, frame)) return void this.#sendPassed(frame)
    // What controls stands in the gate's journal.
    line.trace.sent(frame, protocol.aim?.(frame)?.secrets ?? [])
    this.#putOut(frame)
  }

  async #sendPassed(frame: Uint8Array): Promise<void> {
    if (await this.#mayPass(frame)) this.#putOut(frame)
  }

  #putOut(frame: Uint8Array): void {
    const { protocol, limits, signal, scanner } = this.#ask
    const { line } = this.#around
    scanner.reset()
    this.#asked = true
    this.#sentFrame = frame
    this.#sentBytes = limits.wakes ? awake(frame, protocol.wakeUp) : frame
    this.#heardBytes = false
    this.#wait(limits.firstByte)
    line.counters.sentFrames++
    line.counters.sentBytes += this.#sentBytes.length
    const sent = line.channel.send(this.#sentBytes, signal)
    if ('then' in sent) void sent.then((result) => this.#leftOrNot(result))
    else this.#leftOrNot(sent)
  }

  #leftOrNot(sent: Sent): void {
    if (this.#done) return
    if (!sent.ok) this.fail('exchange.transport', sent.error.message, sent.error.retry)
    else if (!this.#ask.protocol.expectsAnswer(this.#request)) {
      this.#finish({ kind: 'answered', readings: [], events: [], roundTripMs: 0, raw: this.#raw })
    }
  }

  /** Asks the gate for leave and, right before the frame would leave, whether it still holds. */
  async #mayPass(frame: Uint8Array): Promise<boolean> {
    const { protocol, permit } = this.#ask
    const { line, gatekeeper } = this.#around
    const admitted = await gatekeeper.admit(protocol, frame, permit, line.channel.facts.name)
    if (!admitted.ok) {
      this.#keptBack(admitted.error)
      return false
    }
    const passage = admitted.value
    const refusal = this.#done ? null : passage.lastLook()
    if (refusal) this.#keptBack(refusal)
    if (this.#done) passage.ended('not-sent')
    else this.#passage = passage
    return !this.#done
  }

  #keptBack({ code, message }: GateRefusal): void {
    const failure = { code: 'exchange.gate', message, retry: 'never', raw: this.#raw } as const
    this.#finish({ kind: 'failed', failure: { ...failure, fault: code } })
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
      const isOfOthers = protocol.overhears?.(this.#request, decoded.response) ?? false
      if (isOfOthers || this.#ask.isOwed(frame)) this.#lateFrames++
      else this.#strayFrames++
      this.#around.line.counters.strays++
      return
    }
    if (decoded.kind === 'refusal') this.#refused(decoded.response, decoded.refusal)
    else this.#accept(decoded.response)
  }

  #refused(response: Response, refusal: Refusal): void {
    // A search goes on elsewhere after a no; a plain question has nothing to follow it.
    const following = this.#ask.protocol.follow(this.#request, response)
    if (following !== null && this.#parts.length < this.#partsMax) {
      this.#parts.push(response)
      this.#goOn(following)
      return
    }
    const { counters } = this.#around.line
    counters.refusals++
    const roundTripMs = this.#elapsedMs()
    const { code: fault, message, onTheWay } = refusal
    if (onTheWay === undefined) {
      this.#finish({ kind: 'refused', refusal, roundTripMs, raw: this.#raw })
      return
    }
    const code = onTheWay === 'silent' ? 'exchange.timeout' : 'exchange.denied'
    const failure = { code, message, retry: 'later', raw: this.#raw, fault } as const
    this.#finish({ kind: 'failed', failure })
  }

  #accept(response: Response): void {
    const { protocol, request } = this.#ask
    this.#parts.push(response)
    const following = protocol.follow(this.#request, response)
    const mayGoOn = this.#parts.length < this.#partsMax
    if (mayGoOn && following !== null) {
      this.#goOn(following)
      return
    }
    if (mayGoOn && protocol.goesOn?.(this.#request, response)) {
      this.#wait(this.#ask.limits.firstByte)
      return
    }
    const read = protocol.readings(request, this.#parts)
    if (!read.ok) {
      this.#around.line.counters.damaged++
      this.#spoilt('exchange.unreadable', read.malformed)
      return
    }
    this.#around.line.counters.answers++
    const roundTripMs = this.#elapsedMs()
    const events = protocol.events?.(request, this.#parts) ?? []
    const { readings } = read
    this.#finish({ kind: 'answered', readings, events, roundTripMs, raw: this.#raw })
  }

  #goOn(following: Request): void {
    this.#around.deadline.clear()
    this.#request = following
    const other = this.#ask.giveWay?.()
    if (other) void this.#goOnAfter(other)
    else this.#send()
  }

  async #goOnAfter(other: Promise<void>): Promise<void> {
    const { clock } = this.#around
    const since = clock.now()
    await other
    // What others took is no time of this device.
    this.#startedAt += clock.now() - since
    if (!this.#done) this.#send()
  }

  #wait(duration: ExchangeLimits['gap']): void {
    this.#isHearingOut = false
    this.#around.deadline.set(duration, this)
  }

  /** A busy process comes late to its timers: bytes that are there already are heard first. */
  timeIsUp(): void {
    if (this.#isHearingOut) {
      this.#silence()
      return
    }
    this.#isHearingOut = true
    this.#around.deadline.set(A_TURN, this)
  }

  /** The timer ran out; bytes that came meanwhile extend it by what is left of the gap. */
  #silence(): void {
    const { limits } = this.#ask
    const quietMs = this.#around.clock.now() - this.#lastByteAt
    if (this.#heardBytes && quietMs < limits.gap) {
      this.#wait(limits.gap)
      return
    }
    if (this.#strayFrames > 0) {
      this.fail('exchange.mismatch', mismatchOf(this.#strayFrames), 'now')
      return
    }
    const words = this.#heardBytes ? nobodysWords(this.#raw, this.#sentBytes) : null
    if (this.#heardBytes && words === null) {
      this.#damaged(this.#damage ?? this.#ask.protocol.describe(this.#raw).error)
      return
    }
    this.#around.line.counters.timeouts++
    const { message, fault } = silenceOf(limits, words)
    this.fail('exchange.timeout', message, 'later', fault)
  }

  #damaged(cause: Malformed | null): void {
    this.#around.line.counters.damaged++
    this.#spoilt('exchange.damaged', cause)
  }

  #spoilt(code: 'exchange.damaged' | 'exchange.unreadable', cause: Malformed | null): void {
    const message = cause?.message ?? 'bytes came, but no whole frame with a right checksum'
    const failure = { code, message, retry: 'now', raw: this.#raw } as const
    this.#finish({ kind: 'failed', failure: { ...failure, fault: cause?.code ?? null } })
  }

  #finish(outcome: ExchangeOutcome): void {
    if (this.#done) return
    this.#done = true
    this.#around.deadline.clear()
    this.#passage?.ended(inAWord(outcome))
    this.#settle(outcome)
  }

  #elapsedMs(): number {
    return this.#around.clock.now() - this.#startedAt
  }
}

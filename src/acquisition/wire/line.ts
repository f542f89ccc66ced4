import { type Channel, hearChannel, type Sent, type TransportError } from '#drivers/channel'
import type { Protocol, Scanner } from '#protocols/model'
import { assert, type Clock, milliseconds } from '#src/core'
import type { WireFrame } from '#src/evidence'
import type { Classifier, Gatekeeper, Permit } from '../gate/index.ts'
import type { GiveWay, Surroundings } from './asking.ts'
import { Attempt } from './attempt.ts'
import { Deadline } from './deadline.ts'
import { FrameTrace } from './frame-trace.ts'
import { type LineCounters, noLineCounters } from './line-counters.ts'
import type { ExchangeFailure, ExchangeOutcome } from './outcome.ts'
import { type ExchangeLimits, RoundTripEstimate } from './timing.ts'

/** So much longer than its limits say a line may be waited for whose answers come too late. */
const SLOWNESS_MAX = 4
/** Answers that may still be under way when nobody waits for them any more. */
const OWED_MAX = 4

const noneOwed: ((frame: Uint8Array) => boolean)[] = []

function isSilence(outcome: ExchangeOutcome): boolean {
  return outcome.kind === 'failed' && outcome.failure.code === 'exchange.timeout'
}

/** One request on its way, driven by what the line hears. */
interface Pending {
  take(chunk: Uint8Array): void
  abort(): void
  fail(code: ExchangeFailure['code'], message: string, retry: ExchangeFailure['retry']): void
}

/** An exchange in the middle of an answer, while somebody else uses the line. */
interface Paused {
  readonly attempt: Pending
  readonly signal: AbortSignal
  readonly scanner: Scanner
}

/** A line in the hands of a search, where one question may have many answers. */
export interface BorrowedLine {
  /** Frames that only read; any other is a bug of the search. */
  send(protocol: Classifier, frame: Uint8Array, signal: AbortSignal): Sent | Promise<Sent>
  giveBack(): void
}

/**
 * A channel with the discipline of a half-duplex bus: one exchange at a time, stale bytes dropped
 * before a request, an answer accepted only if address, function and item are those asked for.
 */
export class Line {
  readonly channel: Channel
  readonly counters: LineCounters
  /** Resolves when the channel has ended, with the reason where there is one. */
  readonly ended: Promise<TransportError | null>
  readonly #clock: Clock
  readonly #gatekeeper: Gatekeeper
  /** Null until something is asked: most lines of a great number are idle. */
  #around: Surroundings | null = null
  #trace: FrameTrace | null = null
  #roundTrips: RoundTripEstimate | null = null
  #scanners: Map<string, Scanner> | null = null
  #pending: Pending | null = null
  /** Of questions that were given up, and whose answers may still come: whether a frame is one. */
  #owed: ((frame: Uint8Array) => boolean)[] = noneOwed
  #slowness = 1
  /** The signal that is listened to: exchanges in a row mostly share one. */
  #signal: AbortSignal | null = null
  #abort: (() => void) | null = null
  #open = true

  /** `counters` may be shared by many lines, to be added up. */
  constructor(
    channel: Channel,
    clock: Clock,
    gatekeeper: Gatekeeper,
    counters: LineCounters = noLineCounters(),
  ) {
    this.channel = channel
    this.counters = counters
    this.#clock = clock
    this.#gatekeeper = gatekeeper
    this.ended = hearChannel(channel, (chunk) => this.#heard(chunk)).then(() => this.#end())
  }

  /** What went over it, for whoever visits a meter to take along. */
  get trace(): FrameTrace {
    this.#trace ??= new FrameTrace(this.#clock)
    return this.#trace
  }

  get open(): boolean {
    return this.#open
  }

  /**
   * Asks once and resolves with what came of it; never rejects for a device's or line's fault.
   * Between the frames of one answer the line may go to others where `giveWay` is there.
   */
  exchange<Request, Response>(
    protocol: Protocol<Request, Response>,
    request: Request,
    limits: ExchangeLimits,
    signal: AbortSignal,
    permit: Permit | null = null,
    giveWay: GiveWay | null = null,
  ): Promise<ExchangeOutcome> {
    assert(!this.#pending, 'one exchange at a time on a line')
    this.#listenTo(signal)
    const scanner = this.#scannerOf(protocol)
    const skippedBefore = scanner.skippedBytes
    const around = this.#surroundings()
    return new Promise((resolve) => {
      const attempt: Attempt<Request, Response> = new Attempt(
        {
          protocol,
          request,
          limits: this.#learned(limits),
          signal,
          permit,
          scanner,
          isOwed: (frame) => this.#isLate(frame),
          giveWay: giveWay && (() => this.#pause({ attempt, signal, scanner }, giveWay)),
        },
        around,
        (outcome) => {
          this.#pending = null
          this.counters.skippedBytes += scanner.skippedBytes - skippedBefore
          this.#learn(limits, outcome)
          if (isSilence(outcome)) this.#owe(protocol, request)
          resolve(outcome)
        },
      )
      this.#pending = attempt
      attempt.start()
    })
  }

  /** Gives the line away in the middle of an answer; null where nobody wants it. */
  #pause(paused: Paused, giveWay: GiveWay): Promise<void> | null {
    const heard = this.trace.take()
    this.#pending = null
    const other = giveWay()
    if (other) return this.#takeBack(paused, heard, other)
    this.trace.putBack(heard)
    this.#pending = paused.attempt
    return null
  }

  async #takeBack(
    { attempt, signal, scanner }: Paused,
    heard: readonly WireFrame[],
    other: Promise<void>,
  ): Promise<void> {
    const skippedBefore = scanner.skippedBytes
    await other
    // They have counted it themselves.
    this.counters.skippedBytes -= scanner.skippedBytes - skippedBefore
    this.trace.putBack(heard)
    this.#pending = attempt
    if (this.#open) this.#listenTo(signal)
    else this.#failAsEnded()
    if (signal.aborted) attempt.abort()
  }

  /**
   * Takes the line out of exchanges until it is given back; `ended` is called when the channel
   * ends meanwhile.
   */
  borrow(take: (chunk: Uint8Array) => void, ended: () => void): BorrowedLine {
    assert(!this.#pending, 'one exchange at a time on a line')
    const pending: Pending = { take, abort: () => {}, fail: ended }
    this.#pending = pending
    return {
      send: (protocol, frame, signal) => {
        assert(this.#gatekeeper.reads(protocol, frame), 'a search only reads')
        this.counters.sentFrames++
        this.counters.sentBytes += frame.length
        return this.channel.send(frame, signal)
      },
      giveBack: () => {
        if (this.#pending === pending) this.#pending = null
      },
    }
  }

  async close(): Promise<void> {
    await this.channel.close()
    await this.ended
  }

  #listenTo(signal: AbortSignal | null): void {
    if (signal === this.#signal) return
    this.#abort ??= () => this.#pending?.abort()
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#signal = signal
    signal?.addEventListener('abort', this.#abort)
  }

  #surroundings(): Surroundings {
    const [clock, gatekeeper] = [this.#clock, this.#gatekeeper]
    this.#around ??= { line: this, clock, gatekeeper, deadline: new Deadline(clock) }
    return this.#around
  }

  /** What this line has shown of itself. */
  #ofLine(): RoundTripEstimate {
    this.#roundTrips ??= new RoundTripEstimate()
    return this.#roundTrips
  }

  #learned(limits: ExchangeLimits): ExchangeLimits {
    if (limits.by !== undefined) return limits
    const { learned, ...own } = limits
    const ceiling = milliseconds(own.firstByte * this.#slowness)
    return { ...own, firstByte: (learned?.isKnown ? learned : this.#ofLine()).wait(ceiling) }
  }

  /** An answer to what was given up came after all: from now on the line is waited for longer. */
  #cameLate(question: number): boolean {
    if (question < 0) return false
    this.#owed = this.#owed.slice(question + 1)
    this.#slowness = Math.min(2 * this.#slowness, SLOWNESS_MAX)
    return true
  }

  #isLate(frame: Uint8Array): boolean {
    return this.#cameLate(this.#owed.findIndex((answers) => answers(frame)))
  }

  #owe<Request, Response>(protocol: Protocol<Request, Response>, request: Request): void {
    const isAnswer = (frame: Uint8Array) => {
      const decoded = protocol.decode(frame)
      return decoded.kind !== 'malformed' && protocol.answers(request, decoded.response)
    }
    this.#owed = [...this.#owed, isAnswer].slice(-OWED_MAX)
  }

  #learn({ learned }: ExchangeLimits, outcome: ExchangeOutcome): void {
    if (outcome.kind !== 'failed') {
      // Answers come in the order of their questions.
      this.#owed = noneOwed
      this.#ofLine().answered(outcome.roundTripMs)
      learned?.answered(outcome.roundTripMs)
    } else if (isSilence(outcome)) {
      if (learned?.isKnown) learned.silent()
      else this.#ofLine().silent()
    }
  }

  #scannerOf<Request, Response>(protocol: Protocol<Request, Response>): Scanner {
    this.#scanners ??= new Map()
    const known = this.#scanners.get(protocol.name)
    if (known) {
      known.reset()
      return known
    }
    const scanner = protocol.scanner()
    this.#scanners.set(protocol.name, scanner)
    return scanner
  }

  #heard(chunk: Uint8Array): void {
    this.counters.receivedBytes += chunk.length
    if (this.#pending) this.#pending.take(chunk)
    else {
      this.counters.strays++
      // Nobody waits: what comes can only be late.
      this.#cameLate(Math.min(this.#owed.length, 1) - 1)
    }
  }

  #end(): TransportError | null {
    this.#open = false
    this.#listenTo(null)
    this.#around?.deadline.end()
    this.#failAsEnded()
    return this.channel.failure
  }

  #failAsEnded(): void {
    const { failure } = this.channel
    this.#pending?.fail(
      'exchange.transport',
      failure?.message ?? 'the channel was closed',
      failure?.retry ?? 'now',
    )
  }
}

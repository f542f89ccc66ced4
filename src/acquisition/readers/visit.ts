import type { DeviceEvent, MissingFlag, Protocol, Reading, Refusal } from '#protocols/model'
import type { Instant } from '#src/core'
import type { WireFrame } from '#src/evidence'
import type {
  ExchangeFailure,
  ExchangeLimits,
  ExchangeOutcome,
  GiveWay,
  Line,
} from '../wire/index.ts'

/** Times that a question is put to a meter which answered another one in the same visit. */
const ASKS_MAX = 3
/** Frames of one visit that are kept as evidence. */
const FRAMES_MAX = 128

/** A value that a device sent in a good frame and that is none: not decimal, an impossible date. */
export interface UnusableValue {
  readonly dataId: string
  readonly flag: Exclude<MissingFlag, 'absent'>
  /** The answer it came in, as far as it was kept. */
  readonly raw: Uint8Array
}

/** A reading, and how long the exchange took that brought it. */
export interface HeardReading extends Reading {
  readonly roundTripMs: number
  /** Between them it was said; absent where nobody noted. */
  readonly said?: Said | undefined
}

/** From the beginning of a question to that of its answer. */
export interface Said {
  readonly from: Instant
  readonly to: Instant
}

/** One meter's requests, asked one after the other, and what they brought. */
export class Visit<Request, Response> {
  readonly readings: HeardReading[] = []
  readonly refusals: Refusal[] = []
  readonly unusable: UnusableValue[] = []
  readonly events: DeviceEvent[] = []
  readonly frames: WireFrame[] = []
  isAnswered = false
  failure: ExchangeFailure | null = null
  roundTripMs = 0
  readonly #protocol: Protocol<Request, Response>
  readonly #line: Line
  readonly #limits: ExchangeLimits
  readonly #signal: AbortSignal
  /** Null inside a conversation that another would break off. */
  readonly #giveWay: GiveWay | null
  #said: Said | undefined
  /** Refused frames, as text: what was refused once is not asked again in this visit. */
  readonly #refused = new Set<string>()

  constructor(
    protocol: Protocol<Request, Response>,
    line: Line,
    limits: ExchangeLimits,
    signal: AbortSignal,
    giveWay: GiveWay | null = null,
  ) {
    this.#protocol = protocol
    this.#line = line
    this.#limits = limits
    this.#signal = signal
    this.#giveWay = giveWay
  }

  /** True once something failed that will fail again: silence, damage, a lost line. */
  get isOver(): boolean {
    return this.failure !== null && this.failure.code !== 'exchange.unreadable'
  }

  async ask(talk: Protocol<Request, Response>, requests: readonly Request[]): Promise<void> {
    for (const request of requests) {
      if (this.isOver) return
      if (this.#refused.size > 0 && this.#refused.has(this.#textOf(request))) continue
      let outcome = await this.#askOnce(talk, request)
      for (let ask = 1; this.#wasLostOnTheWay(outcome) && ask < ASKS_MAX; ask++) {
        outcome = await this.#askOnce(talk, request)
      }
      switch (outcome.kind) {
        case 'answered':
          this.isAnswered = true
          this.events.push(...outcome.events)
          this.#heard(outcome.readings, outcome.roundTripMs)
          collectUnusable(outcome.readings, outcome.raw, this.unusable)
          break
        case 'refused':
          this.roundTripMs += outcome.roundTripMs
          this.refusals.push(outcome.refusal)
          this.#refused.add(this.#textOf(request))
          break
        case 'failed':
          this.failure = outcome.failure
          break
      }
    }
  }

  async #askOnce(talk: Protocol<Request, Response>, request: Request): Promise<ExchangeOutcome> {
    const other = this.#giveWay?.()
    if (other) await other
    // Somebody else may have used the line in between.
    this.#line.trace.take()
    const outcome = await this.#exchange(talk, request)
    const frames = this.#line.trace.take()
    this.#said = spanOf(frames)
    for (const frame of frames) {
      if (this.frames.length < FRAMES_MAX) this.frames.push(frame)
    }
    return outcome
  }

  #exchange(talk: Protocol<Request, Response>, request: Request): Promise<ExchangeOutcome> {
    const between = talk.asksByNumber ? this.#giveWay : null
    return this.#line.exchange(talk, request, this.#limits, this.#signal, null, between)
  }

  /**
   * A meter that has just answered is there: what it does not answer next was lost on the way, and
   * to begin the whole visit anew would lose something else.
   */
  #wasLostOnTheWay(outcome: ExchangeOutcome): boolean {
    if (outcome.kind !== 'failed' || !wasLost(outcome.failure)) return false
    const isThere = this.readings.length > 0 || this.refusals.length > 0
    // Within a conversation the other side counts what it was asked.
    return isThere && !this.#protocol.session
  }

  #heard(readings: readonly Reading[], roundTripMs: number): void {
    this.roundTripMs += roundTripMs
    const said = this.#said
    for (const reading of readings) this.readings.push({ ...reading, roundTripMs, said })
  }

  #textOf(request: Request): string {
    return this.#protocol.encode(request).join()
  }
}

function spanOf(frames: readonly WireFrame[]): Said | undefined {
  const [first] = frames
  const last = frames.at(-1)
  if (first?.direction !== 'sent' || last?.direction !== 'received') return undefined
  return { from: first.at, to: last.at }
}

function wasLost({ code }: ExchangeFailure): boolean {
  return code === 'exchange.timeout' || code === 'exchange.damaged'
}

function collectUnusable(readings: readonly Reading[], raw: Uint8Array, into: UnusableValue[]) {
  for (const { value, dataId } of readings) {
    if (value.kind === 'missing' && value.flag !== 'absent') {
      into.push({ dataId, flag: value.flag, raw })
    }
  }
}

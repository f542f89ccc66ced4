import { randomBytes } from 'node:crypto'
import {
  type DeviceEvent,
  isOf,
  type KnownEvent,
  type MeterProfile,
  type MeterTime,
  type MissingFlag,
  type Protocol,
  type ProtocolName,
  type Reading,
  type Refusal,
} from '#protocols/model'
import type { WireFrame } from '#src/evidence'
import type { ExchangeFailure, ExchangeOutcome, Line } from '../wire/index.ts'
import { type ExchangeLimits, limitsFor, type RoundTripEstimate } from '../wire/index.ts'

/** Longest request of any protocol here; enough to know how long sending may take. */
const REQUEST_BYTES_MAX = 32
/** Times that a question is put to a meter which answered another one in the same visit. */
const ASKS_MAX = 3
/** Meters remembered to know no blocks; beyond it they are asked for the block first each time. */
const SINGLY_MAX = 100_000

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
}

/** What one visit to a meter brought. */
export interface MeterReadout {
  readonly readings: readonly HeardReading[]
  /** Items the meter itself said no to. */
  readonly refusals: readonly Refusal[]
  /** Items the protocol has no word for. */
  readonly unsupported: readonly string[]
  readonly unusable: readonly UnusableValue[]
  /** Set when the visit ended early; what came before it is kept. */
  readonly failure: ExchangeFailure | null
  /** Of all exchanges of the visit together. */
  readonly roundTripMs: number
  /** What was said on the wire, as far as it is kept. */
  readonly frames?: readonly WireFrame[]
  /** What a visit for events found; absent of any other. */
  readonly events?: readonly DeviceEvent[]
}

/** What is stored of a device's events, and its clock if it is right. */
export interface EventsWanted {
  readonly items: readonly string[]
  readonly known: readonly KnownEvent[]
  readonly now: MeterTime
}

/**
 * Asked before each frame of a visit: somebody more urgent may use the line first. Null when nobody
 * wants to.
 */
export type GiveWay = () => Promise<void> | null

export interface VisitHints {
  /** How long this meter usually takes. */
  readonly learned: RoundTripEstimate
  readonly giveWay: GiveWay | null
}

/** Reads items of meters of one protocol over any line. */
export interface MeterReader {
  readonly name: ProtocolName
  read(
    line: Line,
    meter: MeterProfile,
    items: readonly string[],
    limits: ExchangeLimits | null,
    signal: AbortSignal,
    hints?: VisitHints,
  ): Promise<MeterReadout>
  /** Fetches the events that are not known yet, step by step. */
  readEvents(
    line: Line,
    meter: MeterProfile,
    wanted: EventsWanted,
    limits: ExchangeLimits | null,
    signal: AbortSignal,
    hints?: VisitHints,
  ): Promise<MeterReadout>
}

/**
 * A reader for a protocol; hides the protocol's own request and response types. `random` gives the
 * bytes of challenges, for protocols that hold a conversation with each meter.
 */
export function meterReader<Request, Response>(
  protocol: Protocol<Request, Response>,
  random: (bytes: number) => Uint8Array = randomBytes,
): MeterReader {
  /** Meters that refused a block and gave its members one by one (不支持数据块). */
  const singly = new Set<string>()

  const talkTo = (meter: MeterProfile) => protocol.session?.(meter, random) ?? protocol

  function visitOver(
    line: Line,
    limits: ExchangeLimits | null,
    signal: AbortSignal,
    hints: VisitHints | undefined,
  ): Visit<Request, Response> {
    const own = limits ?? limitsFor(line.channel.facts, REQUEST_BYTES_MAX)
    const wait = hints ? { ...own, learned: hints.learned } : own
    return new Visit(protocol, line, wait, signal, protocol.session ? null : hints?.giveWay)
  }

  /** Asks for each item alone, for meters that know no blocks. */
  async function askSingly(
    visit: Visit<Request, Response>,
    items: readonly string[],
    meter: MeterProfile,
  ): Promise<void> {
    for (const item of items) {
      const talk = talkTo(meter)
      await visit.ask(talk, talk.plan([item], meter).requests)
    }
  }

  return {
    name: protocol.name,
    async read(line, meter, items, limits, signal, hints) {
      const visit = visitOver(line, limits, signal, hints)
      const talk = talkTo(meter)
      const { requests, unsupported } = talk.plan(items, meter)
      const isSingly = singly.size > 0 && singly.has(nameOf(line, meter))
      if (isSingly) await askSingly(visit, items, meter)
      else await visit.ask(talk, requests)
      if (!isSingly && visit.refusals.length > 0) {
        const missing = items.filter((item) => !broughtBy(visit.readings, item))
        await askSingly(visit, missing, meter)
        const isSingle = missing.some((item) => broughtBy(visit.readings, item))
        if (isSingle && singly.size < SINGLY_MAX) singly.add(nameOf(line, meter))
      }
      const { readings, unusable, failure, roundTripMs } = visit
      // A refused block whose members came one by one is no refusal of anything that was asked.
      const isWhole =
        visit.refusals.length > 0 &&
        items.every((item) => unsupported.includes(item) || broughtBy(readings, item))
      const refusals = isWhole ? [] : visit.refusals
      const { frames } = visit
      return { readings, refusals, unsupported, unusable, failure, roundTripMs, frames }
    },
    async readEvents(line, meter, { items, known, now }, limits, signal, hints) {
      const visit = visitOver(line, limits, signal, hints)
      const pull = talkTo(meter).pullEvents?.(items, known, now)
      if (!pull) return { ...unreadable(items), events: [] }
      let wanted = pull.next(null)
      for (let step = 0; wanted.length > 0 && step < EVENT_STEPS_MAX; step++) {
        const [readings, events] = [visit.readings.length, visit.events.length]
        const talk = talkTo(meter)
        await visit.ask(talk, talk.plan(wanted, meter).requests)
        if (visit.isOver) break
        wanted = pull.next({
          readings: visit.readings.slice(readings),
          events: visit.events.slice(events),
        })
      }
      const { failure, roundTripMs, unusable, frames } = visit
      // Kinds of events that a device does not know are none that happened to it.
      const refusals = visit.isAnswered ? [] : visit.refusals
      const events = visit.isOver ? visit.events : pull.events
      const none = { readings: [], unsupported: [] }
      return { ...none, refusals, unusable, failure, roundTripMs, events, frames }
    },
  }
}

/** Unique among all meters: addresses are so only on one line. */
function nameOf(line: Line, { address }: MeterProfile): string {
  return `${line.channel.facts.name} ${address}`
}

/** Frames of one visit that are kept as evidence. */
const FRAMES_MAX = 128
/** Steps of a fetch of events: a device that goes on finding more has gone mad. */
const EVENT_STEPS_MAX = 64

/** What a visit brings where nobody speaks the meter's protocol. */
export function unreadable(items: readonly string[]): MeterReadout {
  const none = { readings: [], refusals: [], unusable: [], failure: null, roundTripMs: 0 }
  return { ...none, unsupported: items }
}

/** True if a visit brought this item. */
export function broughtBy(readings: readonly Reading[], item: string): boolean {
  return readings.some((reading) => isOf(reading, item))
}

/** One meter's requests, asked one after the other, and what they brought. */
class Visit<Request, Response> {
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
      const outcome = await this.#outcomeOf(talk, request)
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

  /**
   * A meter that has just answered is there: what it does not answer next was lost on the way, and
   * to begin the whole visit anew would lose something else.
   */
  async #outcomeOf(talk: Protocol<Request, Response>, request: Request): Promise<ExchangeOutcome> {
    for (let ask = 1; ; ask++) {
      const other = this.#giveWay?.()
      if (other) await other
      // Somebody else may have used the line in between.
      this.#line.trace.take()
      const outcome = await this.#line.exchange(talk, request, this.#limits, this.#signal)
      for (const frame of this.#line.trace.take()) {
        if (this.frames.length < FRAMES_MAX) this.frames.push(frame)
      }
      const isThere = this.readings.length > 0 || this.refusals.length > 0
      // Within a conversation the other side counts what it was asked.
      const mayAsk = isThere && !this.#protocol.session && ask < ASKS_MAX
      if (outcome.kind !== 'failed' || !mayAsk || !wasLost(outcome.failure)) return outcome
    }
  }

  #heard(readings: readonly Reading[], roundTripMs: number): void {
    this.roundTripMs += roundTripMs
    for (const reading of readings) this.readings.push({ ...reading, roundTripMs })
  }

  #textOf(request: Request): string {
    return this.#protocol.encode(request).join()
  }
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

import { randomBytes } from 'node:crypto'
import {
  type DeviceEvent,
  isOf,
  type KnownEvent,
  type MeterProfile,
  type MeterTime,
  type Protocol,
  type ProtocolName,
  type Reading,
  type Refusal,
} from '#protocols/model'
import type { WireFrame } from '#src/evidence'
import type { ExchangeFailure, GiveWay, Line } from '../wire/index.ts'
import { type ExchangeLimits, limitsFor, type RoundTripEstimate } from '../wire/index.ts'
import { type HeardReading, type UnusableValue, Visit } from './visit.ts'

/** Longest request of any protocol here; enough to know how long sending may take. */
const REQUEST_BYTES_MAX = 32
/** Meters remembered to know no blocks; beyond it they are asked for the block first each time. */
const SINGLY_MAX = 100_000

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

export interface VisitHints {
  /** How long this meter usually takes. */
  readonly learned: RoundTripEstimate
  readonly giveWay: GiveWay | null
  /** Set where the meter was silent the last time: it may want to be woken. */
  readonly wakes?: true
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
    const { learned, wakes } = hints ?? {}
    const wait = { ...own, ...(learned && { learned }), ...(wakes && { wakes }) }
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

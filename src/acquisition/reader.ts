import type { MeterProfile, Protocol, ProtocolName, Reading, Refusal } from '#protocols/model'
import type { ExchangeFailure } from './attempt.ts'
import type { Line } from './line.ts'
import { type ExchangeLimits, limitsFor } from './timing.ts'

/** Longest request of any protocol here; enough to know how long sending may take. */
const REQUEST_BYTES_MAX = 32

/** What one visit to a meter brought. */
export interface MeterReadout {
  readonly readings: readonly Reading[]
  /** Items the meter itself said no to. */
  readonly refusals: readonly Refusal[]
  /** Items the protocol has no word for. */
  readonly unsupported: readonly string[]
  /** Set when the visit ended early; what came before it is kept. */
  readonly failure: ExchangeFailure | null
  readonly roundTripMs: number
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
  ): Promise<MeterReadout>
}

/** A reader for a protocol; hides the protocol's own request and response types. */
export function meterReader<Request, Response>(protocol: Protocol<Request, Response>): MeterReader {
  return {
    name: protocol.name,
    async read(line, meter, items, limits, signal) {
      const plan = protocol.plan(items, meter)
      const readings: Reading[] = []
      const refusals: Refusal[] = []
      const wait = limits ?? limitsFor(line.channel.facts, REQUEST_BYTES_MAX)
      let failure: ExchangeFailure | null = null
      let roundTripMs = 0
      for (const request of plan.requests) {
        const outcome = await line.exchange(protocol, request, wait, signal)
        if (outcome.kind === 'failed') {
          failure = outcome.failure
          break
        }
        roundTripMs += outcome.roundTripMs
        if (outcome.kind === 'answered') readings.push(...outcome.readings)
        else refusals.push(outcome.refusal)
      }
      return { readings, refusals, unsupported: plan.unsupported, failure, roundTripMs }
    },
  }
}

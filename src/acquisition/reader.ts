import type {
  MeterProfile,
  MissingFlag,
  Protocol,
  ProtocolName,
  Reading,
  Refusal,
} from '#protocols/model'
import type { ExchangeFailure } from './attempt.ts'
import type { Line } from './line.ts'
import { type ExchangeLimits, limitsFor } from './timing.ts'

/** Longest request of any protocol here; enough to know how long sending may take. */
const REQUEST_BYTES_MAX = 32

/** A value that a device sent in a good frame and that is none: not decimal, an impossible date. */
export interface UnusableValue {
  readonly dataId: string
  readonly flag: Exclude<MissingFlag, 'absent'>
  /** The answer it came in, as far as it was kept. */
  readonly raw: Uint8Array
}

/** What one visit to a meter brought. */
export interface MeterReadout {
  readonly readings: readonly Reading[]
  /** Items the meter itself said no to. */
  readonly refusals: readonly Refusal[]
  /** Items the protocol has no word for. */
  readonly unsupported: readonly string[]
  readonly unusable: readonly UnusableValue[]
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
      const unusable: UnusableValue[] = []
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
        if (outcome.kind === 'answered') {
          readings.push(...outcome.readings)
          collectUnusable(outcome.readings, outcome.raw, unusable)
        } else refusals.push(outcome.refusal)
      }
      const { unsupported } = plan
      return { readings, refusals, unsupported, unusable, failure, roundTripMs }
    },
  }
}

function collectUnusable(readings: readonly Reading[], raw: Uint8Array, into: UnusableValue[]) {
  for (const { value, dataId } of readings) {
    if (value.kind === 'missing' && value.flag !== 'absent') {
      into.push({ dataId, flag: value.flag, raw })
    }
  }
}

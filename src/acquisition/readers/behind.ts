import type { Decoded, Protocol } from '#protocols/model'
import { type Duration, milliseconds } from '#src/core'
import type { ExchangeLimits } from '../wire/index.ts'
import type { Carrier } from './carriers.ts'

/** A request to a meter, and how many went to it before in the same visit. */
export interface BehindRequest<Request> {
  readonly inner: Request
  readonly nth: number
}

/** What a terminal said, and what the meter said in it; null where that is nothing. */
export interface BehindResponse<Response> {
  readonly outer: Uint8Array
  readonly inner: Response | null
}

/**
 * The protocol of a meter, spoken through a terminal that passes on what it is told: every frame
 * travels inside one of the terminal's. The gate sees the frames as they leave, and looks inside.
 */
export function behind<Request, Response>(
  meter: Protocol<Request, Response>,
  carrier: Carrier,
): Protocol<BehindRequest<Request>, BehindResponse<Response>> {
  type Asked = BehindRequest<Request>
  const numbered = (requests: readonly Request[]): readonly Asked[] =>
    requests.map((inner, nth) => ({ inner, nth }))
  const { session, order, setClock, goesOn, events, pullEvents } = meter
  return {
    name: meter.name,
    scanner: () => carrier.scanner(),
    describe: (frame) => carrier.describe(frame),
    effect: (frame) => carrier.effect(frame),
    ...(carrier.aim ? { aim: carrier.aim } : {}),
    ...(carrier.carried ? { carried: carrier.carried } : {}),
    encode: ({ inner, nth }) => carrier.encode(meter.encode(inner), nth),
    expectsAnswer: () => true,
    decode: (frame) => decoded(meter, carrier, frame),
    answers({ inner, nth }, { outer, inner: told }) {
      if (!carrier.answers(meter.encode(inner), nth, outer)) return false
      return told === null || meter.answers(inner, told)
    },
    follow({ inner, nth }, { inner: told }): Asked | null {
      const next = told === null ? null : meter.follow(inner, told)
      return next === null ? null : { inner: next, nth: nth + 1 }
    },
    goesOn: ({ inner }, { inner: told }) => told !== null && goesOn?.(inner, told) === true,
    plan(items, profile) {
      const { requests, unsupported } = meter.plan(items, profile)
      return { requests: numbered(requests), unsupported }
    },
    readings({ inner }, parts) {
      return meter.readings(
        inner,
        parts.flatMap(({ inner: told }) => told ?? []),
      )
    },
    ...(events
      ? {
          events({ inner }, parts) {
            return events(
              inner,
              parts.flatMap(({ inner: told }) => told ?? []),
            )
          },
        }
      : {}),
    ...(pullEvents ? { pullEvents: (...of) => pullEvents(...of) } : {}),
    ...(session ? { session: (profile, random) => behind(session(profile, random), carrier) } : {}),
    ...(order
      ? {
          order(what, profile) {
            const { requests, unsupported } = order(what, profile)
            return { requests: numbered(requests), unsupported }
          },
        }
      : {}),
    ...(setClock
      ? {
          setClock(time, profile): Asked | null {
            const inner = setClock(time, profile)
            return inner === null ? null : { inner, nth: 0 }
          },
        }
      : {}),
  }
}

/** What a terminal brought back: the meter's own answer, refusal or damage, or the terminal's no. */
function decoded<Request, Response>(
  meter: Protocol<Request, Response>,
  carrier: Carrier,
  outer: Uint8Array,
): Decoded<BehindResponse<Response>> {
  const opened = carrier.decode(outer)
  if (opened.kind === 'malformed') return opened
  if (opened.kind === 'refusal') return { ...opened, response: { outer, inner: null } }
  // Some terminals hand back what they sent as well: the meter's is what decodes.
  const told = meter
    .scanner()
    .push(opened.response)
    .map((frame) => meter.decode(frame))
  const good = told.find(({ kind }) => kind !== 'malformed') ?? told[0]
  if (!good) {
    const message = `what came back through ${carrier.name} is no whole frame`
    return { kind: 'malformed', malformed: { code: 'via.damaged', message } }
  }
  if (good.kind === 'malformed') return good
  return { ...good, response: { outer, inner: good.response } }
}

/** A terminal waits for its meter, and only then a line's own time begins. */
export function limitsBehind(limits: ExchangeLimits, { name, wait }: Carrier): ExchangeLimits {
  const firstByte: Duration = milliseconds(limits.firstByte + wait)
  return { ...limits, firstByte, by: name }
}

import type { Decoded, Protocol } from '#protocols/model'

/** What came back, and the bytes that say whose it is. */
export interface RawResponse<Response> {
  readonly frame: Uint8Array
  readonly response: Response
}

/**
 * A protocol for frames that were built already: an answer is one of the device that was told,
 * with the number of the request where the protocol numbers them.
 */
export function rawFrames<Request, Response>(
  protocol: Protocol<Request, Response>,
): Protocol<Uint8Array, RawResponse<Response>> {
  const { name, effect, aim, carried } = protocol
  return {
    name,
    scanner: () => protocol.scanner(),
    encode: (frame) => frame,
    expectsAnswer: () => true,
    decode: (frame): Decoded<RawResponse<Response>> => {
      const decoded = protocol.decode(frame)
      if (decoded.kind === 'malformed') return decoded
      return { ...decoded, response: { frame, response: decoded.response } }
    },
    answers(sent, { frame }) {
      const [asked, told] = [protocol.describe(sent), protocol.describe(frame)]
      const same = (key: string) => numberOf(asked.extras[key]) === numberOf(told.extras[key])
      return (
        told.direction === 'reply' && asked.address === told.address && same('seq') && same('piid')
      )
    },
    follow: () => null,
    plan: (items) => ({ requests: [], unsupported: items }),
    readings: () => ({ ok: true, readings: [] }),
    describe: (frame) => protocol.describe(frame),
    effect,
    ...(aim ? { aim } : {}),
    ...(carried ? { carried } : {}),
  }
}

/** Of a request: PIID, or n of SEQ. */
function numberOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, 'n') : value
}

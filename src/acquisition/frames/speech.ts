import type { MeterProfile, Protocol, RelayOrder, RequestForms } from '#protocols/model'
import type { BuiltFrame, EncodeTarget } from './types.ts'

/** What a plan comes to, as messages: frames, but for what the framing of the line adds. */
interface Messages {
  readonly messages: readonly Uint8Array[]
  readonly unsupported: readonly string[]
}

/** The master's side of a protocol, whatever its requests look like inside. */
export interface Speech {
  readonly forms: RequestForms
  plan(items: readonly string[], meter: MeterProfile): Messages
  order(order: RelayOrder, meter: MeterProfile): Messages
  /** What a message of a visit to this meter would do, and until when it holds. */
  judge(message: Uint8Array, meter: MeterProfile): Omit<BuiltFrame, 'bytes'>
  /** True where an item's further requests depend on what the device answers to the first. */
  goesOn?(items: readonly string[], meter: MeterProfile): boolean
  frame(message: Uint8Array, index: number, framing: EncodeTarget['framing']): Uint8Array
}

/** `parts` are the requests that one request is sent as, one after the other. */
export function speaking<Request, Response>(
  protocol: Protocol<Request, Response>,
  forms: RequestForms,
  parts: (request: Request) => readonly Request[] = (request) => [request],
): Speech {
  const messagesOf = (requests: readonly Request[]) =>
    requests.flatMap(parts).map((one) => protocol.encode(one))
  return {
    forms,
    plan(items, meter) {
      const { requests, unsupported } = protocol.plan(items, meter)
      return { messages: messagesOf(requests), unsupported }
    },
    order(order, meter) {
      const planned = protocol.order?.(order, meter)
      if (!planned) return { messages: [], unsupported: [order.action] }
      return { messages: messagesOf(planned.requests), unsupported: planned.unsupported }
    },
    judge: (message) => ({
      effect: protocol.effect(message),
      endsAt: protocol.aim?.(message)?.expiresAt ?? null,
    }),
    frame: (message) => message,
  }
}

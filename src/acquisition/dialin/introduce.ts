import type { Channel, DialIn } from '#drivers/channel'
import { dlt645, wildcardAddress } from '#protocols/dlt645'
import { valueText } from '#protocols/model'
import type { Clock } from '#src/core'
import { readingGatekeeper } from '../gate/index.ts'
import { Line, mobileLimits } from '../wire/index.ts'

/** Asks: a first frame may be lost on a link that has only just come up. */
const ASKS_MAX = 2

/** A device that was asked who it is. */
export interface Introduced {
  /** What it said itself meanwhile, else of the meter that answered; null where none did. */
  readonly address: string | null
  /** The connection as it was, for whoever goes on with it. */
  readonly channel: Channel
}

/**
 * Asks a device that did not register for the address of the meter behind it (DL/T 645-2007 13H).
 * That works where one meter is behind it: of several, all would answer at once.
 */
export async function introduce(session: DialIn, clock: Clock): Promise<Introduced> {
  const { lent, kept, takeBack } = lend(session.channel)
  const line = new Line(lent, clock, readingGatekeeper([dlt645]))
  let address: string | null = null
  const never = new AbortController().signal
  const request = { kind: 'read-address', address: wildcardAddress } as const
  const isKnown = () => address !== null || typeof session.saidLater === 'string'
  for (let ask = 0; ask < ASKS_MAX && !isKnown() && line.open; ask++) {
    const outcome = await line.exchange(dlt645, request, mobileLimits, never)
    const [answer] = outcome.kind === 'answered' ? outcome.readings : []
    address = answer ? valueText(answer.value) : null
  }
  takeBack()
  await line.ended
  return { address: session.saidLater ?? address, channel: kept }
}

/** A channel that one reader has for a while and another from then on: nothing is lost between. */
export function lend(channel: Channel): { lent: Channel; kept: Channel; takeBack: () => void } {
  const source = channel.bytes()[Symbol.asyncIterator]()
  let next: Promise<IteratorResult<Uint8Array>> | null = null
  let takeBack = () => {}
  const back = new Promise<null>((resolve) => {
    takeBack = () => resolve(null)
  })
  async function* bytesUntil(end: Promise<null> | null): AsyncGenerator<Uint8Array> {
    for (;;) {
      next ??= source.next()
      const result = await (end ? Promise.race([end, next]) : next)
      if (result === null) return
      next = null
      if (result.done) return
      yield result.value
    }
  }
  const over = (end: Promise<null> | null): Channel => ({
    facts: channel.facts,
    get failure() {
      return channel.failure
    },
    send: (bytes, signal) => channel.send(bytes, signal),
    bytes: () => bytesUntil(end),
    close: () => channel.close(),
  })
  return { lent: over(back), kept: over(null), takeBack }
}

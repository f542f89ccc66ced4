import type { Channel, DialIn } from '#drivers/channel'
import { type Duration, type Instant, minutes } from '#src/core'
import { lend } from './introduce.ts'

/** Devices that nobody knows and that are kept on the line, in case somebody adopts them. */
const WAITING_MAX = 200
/** After so long it is cut off; it calls again by itself, and waits again. */
const KEPT_FOR: Duration = minutes(10)

interface Waiting {
  readonly session: DialIn
  readonly since: Instant
  /** Hands the connection on, with nothing lost from then on. */
  handOn(): Channel
}

/** Devices that called and are not in the archive: heard and answered out of courtesy, never asked. */
export class Quarantine {
  readonly #waiting = new Map<string, Waiting>()
  #blocked: ReadonlySet<string> = new Set()

  get hasRoom(): boolean {
    return this.#waiting.size < WAITING_MAX
  }

  isBlocked(identity: string): boolean {
    return this.#blocked.has(identity)
  }

  block(identities: readonly string[]): void {
    this.#blocked = new Set(identities)
    for (const [identity, { session }] of this.#waiting) {
      if (!this.#blocked.has(identity)) continue
      this.#waiting.delete(identity)
      void session.channel.close()
    }
  }

  /** Keeps it for a while; what it says is dropped, so that it costs nothing. */
  keep(session: DialIn, channel: Channel, now: Instant): void {
    const { lent, kept, takeBack } = lend(channel)
    const handOn = () => {
      takeBack()
      return kept
    }
    this.#waiting.set(session.identity, { session, since: now, handOn })
    void drop(lent)
  }

  /** The connection of a device that was adopted, where it still waits. */
  release(identity: string): { readonly session: DialIn; readonly channel: Channel } | null {
    const waiting = this.#waiting.get(identity)
    this.#waiting.delete(identity)
    if (!waiting || waiting.session.over) return null
    return { session: waiting.session, channel: waiting.handOn() }
  }

  sweep(now: Instant): void {
    for (const [identity, { session, since }] of this.#waiting) {
      if (!session.over && now - since < KEPT_FOR) continue
      this.#waiting.delete(identity)
      void session.channel.close()
    }
  }
}

async function drop(channel: Channel): Promise<void> {
  const bytes = channel.bytes()[Symbol.asyncIterator]()
  for (let next = await bytes.next(); !next.done; ) next = await bytes.next()
}

import { type Duration, type Instant, instant, minutes, seconds } from '#src/core'

/** Takeovers are counted over so long. */
const WINDOW: Duration = minutes(10)
/** So many of them, from two addresses at least, are two devices under one identity. */
const FLAPS = 5
/** From one address it may be one device that a bad link makes call over and over. */
const FLAPS_ALONE = 20
/** How long a connection of such an identity is left in peace before the next may take it over. */
const TENURE: Duration = seconds(60)
/** Addresses kept as evidence. */
const ADDRESSES_MAX = 8

/** What speaks for two devices under one identity. */
export interface FlappingEvidence {
  readonly since: Instant
  readonly lastAt: Instant
  readonly takeovers: number
  readonly addresses: readonly string[]
}

interface Watched {
  /** The newest takeovers, oldest first; no more than are needed to decide. */
  readonly at: Instant[]
  readonly addresses: string[]
  readonly since: Instant
  count: number
}

/**
 * Who takes over whose connection how often. The newest connection wins; where that goes to and
 * fro, each keeps its place for a while, so that two clones cannot starve each other's exchanges.
 */
export class TakeoverWatch {
  readonly #watched = new Map<string, Watched>()

  get size(): number {
    return this.#watched.size
  }

  /** What was known of it before this process began; a watch of its own knows better. */
  recall(identity: string, known: FlappingEvidence, now: Instant): void {
    const { since, lastAt, takeovers: count } = known
    if (this.#watched.has(identity) || now - lastAt > WINDOW) return
    const at = Array.from({ length: FLAPS }, () => lastAt)
    this.#watched.set(identity, { at, addresses: [...known.addresses], since, count })
  }

  /** Whether this caller may take over the connection from `heldFrom` now. */
  admits(identity: string, now: Instant): boolean {
    const watched = this.#watched.get(identity)
    if (watched === undefined || !isRestless(watched, now)) return true
    return now - (watched.at.at(-1) ?? 0) >= TENURE
  }

  /** It did; the evidence where it is one of too many. */
  took(
    identity: string,
    { from, heldFrom }: { readonly from: string; readonly heldFrom: string },
    now: Instant,
  ): FlappingEvidence | null {
    const watched = this.#watched.get(identity) ?? { at: [], addresses: [], since: now, count: 0 }
    this.#watched.set(identity, watched)
    watched.count++
    watched.at.push(now)
    if (watched.at.length > FLAPS_ALONE) watched.at.shift()
    for (const address of [heldFrom, from]) {
      if (watched.addresses.includes(address)) continue
      watched.addresses.push(address)
      if (watched.addresses.length > ADDRESSES_MAX) watched.addresses.shift()
    }
    if (watched.addresses.length < 2 || !isRestless(watched, now)) return null
    const { since, count: takeovers } = watched
    return { since, lastAt: now, takeovers, addresses: [...watched.addresses] }
  }

  /** Forgets who has come to rest. */
  sweep(now: Instant): void {
    for (const [identity, { at }] of this.#watched) {
      if (instant(now - WINDOW) > (at.at(-1) ?? 0)) this.#watched.delete(identity)
    }
  }
}

function isRestless({ at, addresses }: Watched, now: Instant): boolean {
  const limit = addresses.length > 1 ? FLAPS : FLAPS_ALONE
  const first = at.at(-limit)
  return first !== undefined && now - first <= WINDOW
}

import type { Link } from '#drivers/channel'
import { type CivilTime, type ConcentratorId, type Instant, instant } from '#src/core'
import type { ConcentratorSighting } from '#src/registry'
import type { PresenceBuffer } from './presence-buffer.ts'

interface Present {
  link: Link
  readonly from: Instant
  /** As it was reported last. */
  heardAt: Instant
}

/** Who is there, since when, and what went over each connection. */
export class Attendance {
  readonly #buffer: PresenceBuffer
  readonly #civil: CivilTime
  readonly #present = new Map<ConcentratorId, Present>()
  /** What was not reported yet of those who came or went. */
  #changed = new Map<ConcentratorId, ConcentratorSighting>()

  constructor(buffer: PresenceBuffer, civil: CivilTime) {
    this.#buffer = buffer
    this.#civil = civil
  }

  /** From where a device is connected now; null where it is not. */
  addressOf(id: ConcentratorId | undefined): string | null {
    const link = id === undefined ? undefined : this.#present.get(id)?.link
    return link && !link.over ? link.remoteAddress : null
  }

  /** A device has a connection; the one that it had, if any, is over. */
  arrived(id: ConcentratorId, link: Link, now: Instant): void {
    const date = this.#civil.dateOf(now)
    this.#buffer.login(id, date)
    const present = this.#present.get(id)
    const { remoteAddress } = link
    if (present) {
      this.#count(id, present.link, now)
      const isSameDevice = present.link.remoteAddress === remoteAddress
      if (isSameDevice && present.link.over?.reason === 'taken-over') {
        // It lost its connection without our notice: it was there all the time.
        present.link = link
        return
      }
      this.#left(id, present, now)
    }
    // No two intervals of a device begin at the same moment.
    const from = instant(Math.max(now, (present?.from ?? 0) + 1))
    this.#present.set(id, { link, from, heardAt: now })
    this.#buffer.interval({ concentratorId: id, from, to: null, remoteAddress, endReason: null })
    this.#changed.set(id, { id, online: true, lastHeardAt: now, remoteAddress })
  }

  /** Looks at every connection; returns what the archive is to be told. */
  gather(now: Instant): ConcentratorSighting[] {
    for (const [id, present] of this.#present) {
      const { link } = present
      this.#count(id, link, now)
      if (link.over) {
        this.#left(id, present, now)
        this.#present.delete(id)
        continue
      }
      const heardAt = instant(link.lastHeardAt())
      if (heardAt === present.heardAt) continue
      present.heardAt = heardAt
      const { remoteAddress } = link
      this.#changed.set(id, { id, online: true, lastHeardAt: heardAt, remoteAddress })
    }
    const sightings = [...this.#changed.values()]
    this.#changed = new Map()
    return sightings
  }

  /** What could not be told; what came since says more. */
  giveBack(sightings: readonly ConcentratorSighting[]): void {
    const since = this.#changed
    this.#changed = new Map(sightings.map((one) => [one.id, one]))
    for (const [id, one] of since) this.#changed.set(id, { ...this.#changed.get(id), ...one })
  }

  #left(id: ConcentratorId, { link, from }: Present, now: Instant): void {
    const { remoteAddress } = link
    const { at, reason } = link.over ?? { at: now, reason: 'stopped' }
    const to = instant(Math.max(at, from))
    this.#buffer.interval({ concentratorId: id, from, to, remoteAddress, endReason: reason })
    this.#changed.set(id, { id, online: false, lastHeardAt: instant(link.lastHeardAt()) })
  }

  #count(concentratorId: ConcentratorId, { traffic }: Link, now: Instant): void {
    if (traffic.framesUp + traffic.framesDown + traffic.heartbeats === 0) return
    const date = this.#civil.dateOf(now)
    this.#buffer.traffic({ concentratorId, date, logins: 0, ...traffic })
    traffic.bytesUp = 0
    traffic.bytesDown = 0
    traffic.framesUp = 0
    traffic.framesDown = 0
    traffic.heartbeats = 0
  }
}

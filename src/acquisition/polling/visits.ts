import type { Instant } from '#src/core'
import type { MeterReadout } from '../readers/index.ts'
import type { PolledMeter } from './rounds.ts'

/** On-demand visits waiting on one channel; more are refused with a sentence. */
const VISITS_WAITING_MAX = 1_000

/** A read that somebody waits for (召测). */
export interface Visit {
  readonly meter: PolledMeter
  readonly items: readonly string[]
  /** Until when it waits for a channel that is not connected. */
  readonly patientUntil: Instant
  done(result: VisitResult): void
}

export type VisitResult =
  | { readonly kind: 'read'; readonly readout: MeterReadout }
  | { readonly kind: 'offline'; readonly message: string }
  /** The head-end stops: whoever asked may ask again after its next start. */
  | { readonly kind: 'stopped' }

/** Visits that wait for their turn on one channel. */
export class VisitQueue {
  #waiting: Visit[] = []

  /** False when too many wait already. */
  add(visit: Visit): boolean {
    if (this.#waiting.length >= VISITS_WAITING_MAX) return false
    this.#waiting.push(visit)
    return true
  }

  next(): Visit | undefined {
    return this.#waiting.shift()
  }

  /** When the first of them loses patience; infinity when none waits. */
  get patientUntil(): number {
    return Math.min(...this.#waiting.map((visit) => visit.patientUntil))
  }

  /** There is no connection: only the patient go on waiting for one. */
  refuse(now: Instant): void {
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ patientUntil }) => now < patientUntil)
    for (const visit of waiting) {
      if (now < visit.patientUntil) continue
      visit.done({ kind: 'offline', message: 'the channel is not connected' })
    }
  }

  stop(): void {
    for (const visit of this.#waiting.splice(0)) visit.done({ kind: 'stopped' })
  }
}

import type { Instant } from '#src/core'
import type { MeterReadout } from '../readers/index.ts'
import type { Line } from '../wire/index.ts'
import type { PolledMeter } from './rounds.ts'

/** On-demand visits waiting on one channel; more are refused with a sentence. */
const VISITS_WAITING_MAX = 1_000
/** Orders waiting on one channel: each is a decision of its own, and few are made at once. */
const ORDERS_WAITING_MAX = 100

/**
 * Work that moves something: an order with a permit, and what proves its effect. It has the line
 * for itself, before everything else; what it sends passes the gate like any other frame.
 */
export interface Order {
  /** Until when it waits for a channel that is not connected. */
  readonly patientUntil: Instant
  /** Ends soon after the signal aborts, which it does when the head-end stops. */
  use(line: Line, signal: AbortSignal): Promise<void>
  /** Nothing of it was sent. */
  refuse(why: Extract<VisitResult, { readonly kind: 'offline' | 'stopped' }>): void
}

/** A read that somebody waits for (召测). */
export interface Visit {
  readonly meter: PolledMeter
  readonly items: readonly string[]
  /** Until when it waits for a channel that is not connected. */
  readonly patientUntil: Instant
  /** Asked when its turn comes: whoever wanted it may have changed their mind. */
  isWanted?(): boolean
  done(result: VisitResult): void
}

export type VisitResult =
  | { readonly kind: 'read'; readonly readout: MeterReadout }
  | { readonly kind: 'offline'; readonly message: string }
  /** The head-end stops: whoever asked may ask again after its next start. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'unwanted' }

/** Work that somebody waits for, on one channel: orders first, then questions. */
export class VisitQueue {
  #orders: Order[] = []
  #visits: Visit[] = []

  /** False when too many wait already. */
  add(visit: Visit): boolean {
    if (this.#visits.length >= VISITS_WAITING_MAX) return false
    this.#visits.push(visit)
    return true
  }

  /** False when too many wait already. */
  addOrder(order: Order): boolean {
    if (this.#orders.length >= ORDERS_WAITING_MAX) return false
    this.#orders.push(order)
    return true
  }

  next(): Order | Visit | undefined {
    const order = this.#orders.shift()
    if (order) return order
    let visit = this.#visits.shift()
    while (visit?.isWanted?.() === false) {
      visit.done({ kind: 'unwanted' })
      visit = this.#visits.shift()
    }
    return visit
  }

  /** When the first of them loses patience; infinity when none waits. */
  get patientUntil(): number {
    const waiting = [...this.#orders, ...this.#visits]
    return Math.min(...waiting.map(({ patientUntil }) => patientUntil))
  }

  /** There is no connection: only the patient go on waiting for one. */
  refuse(now: Instant): void {
    const offline = { kind: 'offline', message: 'the channel is not connected' } as const
    const isPatient = ({ patientUntil }: Order | Visit) => now < patientUntil
    const [orders, visits] = [this.#orders, this.#visits]
    this.#orders = orders.filter(isPatient)
    this.#visits = visits.filter(isPatient)
    for (const order of orders) if (!isPatient(order)) order.refuse(offline)
    for (const visit of visits) if (!isPatient(visit)) visit.done(offline)
  }

  stop(): void {
    const stopped = { kind: 'stopped' } as const
    for (const order of this.#orders.splice(0)) order.refuse(stopped)
    for (const visit of this.#visits.splice(0)) visit.done(stopped)
  }
}

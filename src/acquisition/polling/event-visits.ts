import type { KnownEvent } from '#protocols/model'
import type { CivilTime, Clock, Instant, MeterId } from '#src/core'
import type { DeviceEventStore } from '#src/events'
import { type EventsWanted, type MeterReadout, unreadable } from '../readers/index.ts'
import type { PolledMeter, PollPlan, Round } from './rounds.ts'

/** Meters whose events are looked up in one query. */
const METERS_AT_ONCE = 200

export interface EventVisitsOptions {
  readonly store: Pick<DeviceEventStore, 'knownOf' | 'knownFrom'>
  readonly meters: readonly PolledMeter[]
  readonly clock: Clock
  readonly civil: CivilTime
}

/**
 * What a channel's meters are asked for when it comes to events (事件采集): the known ones are looked
 * up for many meters at once, and a terminal tells of all its meters, so it is asked once a slot.
 */
export class EventVisits {
  readonly #options: EventVisitsOptions
  /** Null before the first visit: most channels are idle most of the time. */
  #known: Map<MeterId, readonly KnownEvent[]> | null = null
  /** Terminals that were read, and in which slot. */
  #told: Map<string, Instant> | null = null

  constructor(options: EventVisitsOptions) {
    this.#options = options
  }

  /** Has a meter read, unless its terminal has told all that it had in this slot. */
  async visit(
    { plan, slot }: Pick<Round, 'plan' | 'slot'>,
    meter: PolledMeter,
    read: (wanted: EventsWanted) => Promise<MeterReadout>,
  ): Promise<MeterReadout> {
    const { clock, civil } = this.#options
    if (this.#told?.get(teller(plan, meter)) === slot) return { ...unreadable([]), events: [] }
    const known = await this.#knownOf(plan, meter)
    const wanted = { items: plan.items, known, now: civil.toWall(clock.now()) }
    const readout = await read(wanted)
    if (!readout.failure && terminalOf(meter) !== null) {
      this.#told ??= new Map()
      this.#told.set(teller(plan, meter), slot)
    }
    return readout
  }

  async #knownOf(plan: PollPlan, meter: PolledMeter): Promise<readonly KnownEvent[]> {
    const { store, meters } = this.#options
    const terminal = terminalOf(meter)
    try {
      if (terminal !== null) return await store.knownFrom(terminal)
      if (!this.#known?.has(meter.id)) {
        const at = meters.findIndex(({ id }) => id === meter.id)
        const next = meters
          .slice(Math.max(at, 0))
          .filter(({ protocol }) => protocol === plan.protocol)
          .slice(0, METERS_AT_ONCE)
        const found = await store.knownOf(next.map(({ id }) => id))
        this.#known = new Map(next.map(({ id }) => [id, found.get(id) ?? []]))
      }
    } catch {
      // The database is away: what is read again comes to the same rows.
      return []
    }
    const known = this.#known?.get(meter.id) ?? []
    // Looked up anew the next time.
    this.#known?.delete(meter.id)
    return known
  }
}

/** What a meter behind a terminal of 376.1 tells is told by the terminal. */
export function terminalOf({ protocol, address }: Pick<PolledMeter, 'protocol' | 'address'>) {
  return protocol === 'gdw376' ? `gdw376 ${address.split('/')[0] ?? address}` : null
}

const teller = (plan: PollPlan, meter: PolledMeter) => `${plan.id} ${terminalOf(meter)}`

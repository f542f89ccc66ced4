import type { Reading } from '#protocols/model'
import type { SlotOutcome } from '#src/collection'
import type { CivilTime, Clock, Instant, MeterId } from '#src/core'
import { devicesOf, type EventDevice } from '#src/events'
import { type FrameEvidence, keptUnder, type WireFrame } from '#src/evidence'
import type { CounterMetric, Metrics } from '#src/observe'
import type { DeviceEventRecord, Outbox, Told } from '#src/outbox'
import type { ReadingSource } from '#src/readings'
import { type Delivery, nothing } from './delivery.ts'
import { type DropReason, dropReasons, stampReadings } from './stamping.ts'

export interface Visited {
  readonly meterId: MeterId
  readonly readings: readonly Reading[]
  readonly source: ReadingSource
  /** What it says of the slots of a plan, if it was for any. */
  readonly outcomes: readonly SlotOutcome[]
  /** What was said on the wire meanwhile: kept as evidence. */
  readonly frames?: readonly WireFrame[]
  readonly events?: readonly DeviceEventRecord[]
}

/** Where deliveries go. */
export type DeliveryOutbox = Pick<Outbox<Delivery>, 'put'>

export interface IntakeOptions {
  readonly outbox: DeliveryOutbox
  readonly civil: CivilTime
  readonly clock: Clock
  readonly metrics: Metrics
  /** Whose clocks are known to be wrong. */
  readonly doubts?: ClockDoubts
}

export interface ClockDoubts {
  doubts(meter: MeterId, measuredAt: Instant): boolean
}

/** The way from the wire to the outbox: stamps, and says when it is safe and when it is stored. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #dropped: CounterMetric<'reason'>

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#dropped = options.metrics.counter({
      name: 'hes_readings_dropped_total',
      help: 'Values that could not be stored, by reason',
      labels: ['reason'],
    })
  }

  /** Takes what a meter said; resolves when there is room, with how many readings are kept. */
  async visited(visit: Visited, told: Told = {}): Promise<number> {
    const { outbox, civil, clock, doubts } = this.#options
    const { meterId, source, frames = [], outcomes } = visit
    const receivedAt = answeredAt(outcomes) ?? clock.now()
    const stamped = stampReadings(
      visit.readings,
      {
        ...{ meterId, source, receivedAt },
        ...(doubts ? { isDoubtful: (at: Instant) => doubts.doubts(meterId, at) } : {}),
      },
      civil,
    )
    this.#countDropped(stamped.dropped)
    const { stored: readings } = stamped
    // One moment leads from an event to the frames that told it.
    const events = (visit.events ?? []).map((event) => ({ ...event, receivedAt }))
    const evidence = evidenceOf([{ meterId }, ...devicesOf(events)], receivedAt, frames)
    const delivery = { readings, outcomes, events, frames: evidence }
    // A device or a person waits; of a poll nobody but the ledger wants to know.
    const isUrgent = told.acknowledged !== undefined || source === 'on-demand'
    await outbox.put(delivery, isUrgent, told)
    return readings.length
  }

  /** Takes how slots ended that no reading belongs to. */
  async settled(outcomes: readonly SlotOutcome[]): Promise<void> {
    await this.#options.outbox.put({ ...nothing, outcomes }, false)
  }

  /** Takes what was said that no reading belongs to. */
  async happened(
    told: readonly DeviceEventRecord[],
    wire: readonly WireFrame[],
    heard: Told = {},
  ): Promise<void> {
    const receivedAt = this.#options.clock.now()
    const events = told.map((event) => ({ ...event, receivedAt }))
    const frames = evidenceOf(devicesOf(events), receivedAt, wire)
    const delivery = { ...nothing, events, frames }
    await this.#options.outbox.put(delivery, heard.acknowledged !== undefined, heard)
  }

  #countDropped(dropped: Readonly<Record<DropReason, number>>): void {
    for (const reason of dropReasons) {
      if (dropped[reason] > 0) this.#dropped.add({ reason }, dropped[reason])
    }
  }
}

/** The same frames for each of the devices that they tell something of. */
function evidenceOf(
  devices: readonly (EventDevice | { readonly meterId: MeterId })[],
  receivedAt: Instant,
  frames: readonly WireFrame[],
): readonly FrameEvidence[] {
  if (frames.length === 0) return []
  return [...new Set(devices.map(keptUnder))].map((meterId) => ({ meterId, receivedAt, frames }))
}

/** When the slots say that their values came: one moment leads from a reading to its slot. */
function answeredAt(outcomes: readonly SlotOutcome[]) {
  return outcomes.find((outcome) => outcome.kind !== 'missing')?.answeredAt
}

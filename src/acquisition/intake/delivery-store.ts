import type { Collection } from '#src/collection'
import type { Db } from '#src/db'
import type { Brought, EvidenceStore, FrameEvidence } from '#src/evidence'
import type { CounterMetric, Metrics } from '#src/observe'
import type { DeviceEvents } from '#src/outbox'
import type { Readings } from '#src/readings'
import type { Delivery } from './delivery.ts'

export interface DeliveryStoreOptions {
  readonly readings: Pick<Readings, 'store'>
  readonly collection: Pick<Collection, 'record'>
  readonly evidence: EvidenceStore
  /** Null while nobody keeps events. */
  readonly deviceEvents: DeviceEvents | null
  /** Who looks at values as they are stored; absent where nobody does. */
  readonly watch?: ReadingWatch
  readonly metrics: Metrics
}

/** Stands beside the store of readings; `stored` is called once they are committed. */
export interface ReadingWatch {
  store(readings: Delivery['readings'], tx: Db): Promise<void>
  stored(): void
}

/** Gives each part of deliveries to its owner, all in one transaction. */
export class DeliveryStore {
  readonly #options: DeliveryStoreOptions
  readonly #stored: CounterMetric<'kind'>

  constructor(options: DeliveryStoreOptions) {
    this.#options = options
    this.#stored = options.metrics.counter({
      name: 'hes_readings_total',
      help: 'Readings by what became of them in the store',
      labels: ['kind'],
    })
  }

  /** What it gives back counts them: it is called once they are committed. */
  async store(deliveries: readonly Delivery[], tx: Db): Promise<() => void> {
    const { readings, collection, evidence, deviceEvents, watch } = this.#options
    const events = deliveries.flatMap((delivery) => delivery.events)
    if (events.length > 0) await deviceEvents?.store(events, tx)
    const frames = deliveries.flatMap(evidenceOf)
    if (frames.length > 0) await evidence.store(frames, tx)
    const rows = deliveries.flatMap((delivery) => delivery.readings)
    const outcome = await readings.store(rows, tx)
    await watch?.store(rows, tx)
    // Last: others wait for the rows that this one locks.
    const outcomes = deliveries.flatMap((delivery) => delivery.outcomes)
    if (outcomes.length > 0) await collection.record(outcomes, tx)
    return () => {
      watch?.stored()
      this.#stored.add({ kind: 'stored' }, outcome.stored)
      this.#stored.add({ kind: 'repeated' }, outcome.repeated)
      this.#stored.add({ kind: 'revised' }, outcome.revised)
    }
  }
}

/** Frames with what was brought by them beside the moment of the answer itself. */
function evidenceOf({ frames, readings }: Delivery): readonly FrameEvidence[] {
  return frames.map((visit) => {
    const told = readings.filter(
      ({ meterId, timeSource }) => meterId === visit.meterId && timeSource === 'meter',
    )
    return { ...visit, brought: broughtBy(told) }
  })
}

function broughtBy(told: Delivery['readings']): Brought | null {
  const [first] = told
  if (first === undefined) return null
  let { measuredAt: from, measuredAt: to } = first
  for (const { measuredAt } of told) {
    if (measuredAt < from) from = measuredAt
    if (measuredAt > to) to = measuredAt
  }
  return { items: [...new Set(told.map(({ item }) => item))], from, to }
}

import type { Reading } from '#protocols/model'
import type { Collection, ExpectedSlot, SlotOutcome } from '#src/collection'
import { type CivilTime, type Clock, type MeterId, seconds, sleep } from '#src/core'
import { type Database, DatabaseFailure } from '#src/db'
import type { EvidenceStore, WireFrame } from '#src/evidence'
import type { CounterMetric, Logger, Metrics } from '#src/observe'
import type { DeviceEventRecord, DeviceEvents } from '#src/outbox'
import type { ReadingSource, Readings } from '#src/readings'
import { Batches } from './batches.ts'
import type { Delivery, Told } from './delivery.ts'
import { type DropReason, dropReasons, stampReadings } from './stamping.ts'

/** How long a stop waits for the database to take what was read. */
const DRAIN_PATIENCE = seconds(10)

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

export interface IntakeOptions {
  readonly db: Pick<Database, 'transaction'>
  readonly evidence: EvidenceStore | null
  readonly deviceEvents: DeviceEvents | null
  readonly readings: Pick<Readings, 'store'>
  readonly collection: Pick<Collection, 'expect' | 'record'>
  readonly civil: CivilTime
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

/** The way from the wire to the database: stamps, gathers, stores, and says when it is stored. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #batches: Batches<Delivery>
  readonly #stored: CounterMetric<'kind'>
  readonly #dropped: CounterMetric<'reason'>
  #storedCount = 0

  constructor(options: IntakeOptions) {
    this.#options = options
    const { metrics, clock, log } = options
    this.#stored = metrics.counter({
      name: 'hes_readings_total',
      help: 'Readings by what became of them in the store',
      labels: ['kind'],
    })
    this.#dropped = metrics.counter({
      name: 'hes_readings_dropped_total',
      help: 'Values that could not be stored, by reason',
      labels: ['reason'],
    })
    const failures = metrics.counter({
      name: 'hes_storage_failures_total',
      help: 'Failed writes of readings; each is tried again until it succeeds',
    })
    const rejections = metrics.counter({
      name: 'hes_storage_rejections_total',
      help: 'Deliveries that the database refused for good; each is in the log',
    })
    this.#batches = new Batches<Delivery>({
      clock,
      write: (deliveries) => this.#write(deliveries),
      failed: (error, waiting) => {
        failures.add({})
        log.error({ event: 'storage.failed', err: error, waiting }, 'write failed, will be retried')
      },
      // Data exceptions and broken constraints; a full disk or a missing table is waited out.
      hopeless: (error) => error instanceof DatabaseFailure && /^2[23]/.test(error.sqlState ?? ''),
      rejected: (delivery, error) => {
        const meters = [...new Set(delivery.readings.map(({ meterId }) => meterId))]
        rejections.add({})
        log.error(
          { event: 'storage.rejected', err: error, meters, readings: delivery.readings },
          'the database refuses these readings for good; they are kept in this line only',
        )
      },
    })
    metrics.watch(
      { name: 'hes_readings_waiting', help: 'Readings in memory, not yet in the database' },
      () => this.#batches.waitingItems,
    )
  }

  /** Readings stored since the start. */
  get storedCount(): number {
    return this.#storedCount
  }

  /** Takes what a meter said; resolves when there is room, with how many readings are kept. */
  async visited(visit: Visited, told: Told = {}): Promise<number> {
    const { civil, clock } = this.#options
    const { meterId, source, frames = [], events = [], outcomes } = visit
    const receivedAt = clock.now()
    const arrival = { meterId, source, receivedAt }
    const stamped = stampReadings(visit.readings, arrival, civil)
    this.#countDropped(stamped.dropped)
    const evidence = frames.length > 0 ? [{ meterId, receivedAt, frames }] : []
    const { stored: readings } = stamped
    await this.#batches.add(
      { readings, expected: [], outcomes, events, frames: evidence },
      readings.length + outcomes.length + events.length + frames.length + 1,
      () => {
        told.acknowledged?.()
        told.committed?.()
      },
    )
    return stamped.stored.length
  }

  async expect(expected: readonly ExpectedSlot[]): Promise<void> {
    await this.#batches.add({ ...nothing, expected }, expected.length)
  }

  /** Takes how slots ended that no reading belongs to. */
  async settled(outcomes: readonly SlotOutcome[]): Promise<void> {
    await this.#batches.add({ ...nothing, outcomes }, outcomes.length)
  }

  /** Stores what waits; a database that is away does not keep the process from ending. */
  async close(): Promise<void> {
    const { clock, log } = this.#options
    const drained = new AbortController()
    const draining = this.#batches.drain().then(() => drained.abort())
    const isLate = sleep(clock, DRAIN_PATIENCE, drained.signal)
    if (await Promise.race([draining, isLate])) {
      const waiting = this.#batches.waitingItems
      log.error({ event: 'storage.given-up', waiting }, 'stopped before these were stored')
    }
    this.#batches.stop()
  }

  async #write(deliveries: readonly Delivery[]): Promise<void> {
    const { db, readings, collection, evidence, deviceEvents } = this.#options
    const rows = deliveries.flatMap((delivery) => delivery.readings)
    const outcome = await db.transaction(async (tx) => {
      const expected = deliveries.flatMap((delivery) => delivery.expected)
      if (expected.length > 0) await collection.expect(expected, tx)
      const outcomes = deliveries.flatMap((delivery) => delivery.outcomes)
      if (outcomes.length > 0) await collection.record(outcomes, tx)
      const events = deliveries.flatMap((delivery) => delivery.events)
      if (events.length > 0) await deviceEvents?.store(events, tx)
      const frames = deliveries.flatMap((delivery) => delivery.frames)
      if (frames.length > 0) await evidence?.store(frames, tx)
      return readings.store(rows, tx)
    })
    this.#stored.add({ kind: 'stored' }, outcome.stored)
    this.#stored.add({ kind: 'repeated' }, outcome.repeated)
    this.#stored.add({ kind: 'revised' }, outcome.revised)
    this.#storedCount += outcome.stored
  }

  #countDropped(dropped: Readonly<Record<DropReason, number>>): void {
    for (const reason of dropReasons) {
      if (dropped[reason] > 0) this.#dropped.add({ reason }, dropped[reason])
    }
  }
}

const nothing: Delivery = { readings: [], expected: [], outcomes: [], events: [], frames: [] }

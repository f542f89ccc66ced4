import { join } from 'node:path'
import { type Delivery, DeliveryStore, deliveryCodec } from '#src/acquisition'
import { lockFile } from '#src/acquisition/gate'
import { type CliFailure, exitCodes } from '#src/cli'
import { createCollection } from '#src/collection'
import { type CivilTime, type Clock, fail, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import { createDeviceEvents, type DeviceEventStore } from '#src/events'
import { createEvidence, type Evidence } from '#src/evidence'
import type { Logger, Metrics } from '#src/observe'
import {
  createOutboxLedger,
  createRefusedRecords,
  damagedBytes,
  nodeFiles,
  Outbox,
  type OutboxTold,
  type RefusedRecords,
  Segments,
} from '#src/outbox'
import { PointInbox } from '#src/points'
import { createReadings, type Readings } from '#src/readings'

const BYTES_PER_MIB = 2 ** 20

/** Who keeps what the field says. */
export interface FieldStores {
  readonly readings: Readings
  readonly collection: ReturnType<typeof createCollection>
  readonly evidence: Evidence
  readonly deviceEvents: DeviceEventStore
  /** What belongs to monitored points of what is stored. */
  readonly watch: PointInbox
  /** Set by who judges it. */
  readonly points: { stir: () => void }
}

export function fieldStores(
  { db, evidenceDays }: { readonly db: Database; readonly evidenceDays: number },
  civil: CivilTime,
): FieldStores {
  const evidence = createEvidence(db)
  const points = { stir: () => {} }
  return {
    readings: createReadings(db, civil),
    collection: createCollection(db, civil),
    evidence: evidenceDays > 0 ? evidence : { ...evidence, store: async () => {} },
    deviceEvents: createDeviceEvents(db, civil),
    watch: new PointInbox(db, () => points.stir()),
    points,
  }
}

export interface OutboxWiring {
  readonly db: Database
  readonly dataDir: string
  readonly maxMib: number
  readonly stores: FieldStores
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

export type OpenOutbox = Outbox<Delivery> & { readonly refused: RefusedRecords<Delivery> }

/** Opens the outbox of this process, and begins to give the database what an earlier run left. */
export async function openOutbox(wiring: OutboxWiring): Promise<Result<OpenOutbox, CliFailure>> {
  const { db, dataDir, maxMib, stores, clock, metrics } = wiring
  const log = wiring.log.child({ component: 'outbox' })
  const folder = join(dataDir, 'outbox')
  try {
    const lock = lockFile(join(folder, 'lock'))
    if (!lock.ok) return fail(inUse(folder, lock.error))
    const told = outboxTold(log, metrics)
    const reached = () => {}
    const segments = await Segments.open({
      files: nodeFiles(folder),
      clock,
      bytesMax: maxMib * BYTES_PER_MIB,
      told,
      reached,
    })
    const store = new DeliveryStore({ ...stores, metrics })
    const left = segments.pending.size
    if (left > 0) log.info({ event: 'outbox.recovered', deliveries: left }, 'of an earlier run')
    const kept = {
      clock,
      store: (deliveries: readonly Delivery[], tx: Db) => store.store(deliveries, tx),
    }
    const refused = createRefusedRecords({
      ...kept,
      db,
      decode: deliveryCodec.decode,
      damaged: () => damagedBytes(folder),
    })
    const outbox = new Outbox({
      ...kept,
      segments,
      ledger: createOutboxLedger(db),
      codec: deliveryCodec,
      told,
      reached,
      closed: lock.value.release,
    })
    showOutbox(metrics, outbox)
    return ok(Object.assign(outbox, { refused }))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `The outbox in ${folder} cannot be used (${reason}).`
    const next = 'give the process the right to write there, or set HES_DATA_DIR to another folder'
    return fail({ exit: exitCodes.failed, code: 'outbox.unusable', message, next })
  }
}

function inUse(folder: string, holder: number): CliFailure {
  return {
    exit: exitCodes.failed,
    code: 'outbox.in-use',
    message: `The outbox in ${folder} is in use by process ${holder}.`,
    next: 'stop that process, or set HES_DATA_DIR to another folder',
  }
}

/** What becomes of deliveries, in the log and in numbers. */
function outboxTold(log: Logger, metrics: Metrics): OutboxTold<Delivery> {
  const failures = metrics.counter({
    name: 'hes_storage_failures_total',
    help: 'Failed writes of deliveries to the database; each is tried again until it succeeds',
  })
  const rejections = metrics.counter({
    name: 'hes_storage_rejections_total',
    help: 'Deliveries that the database refused for good; each is in outbox_refused',
  })
  const syncFailures = metrics.counter({
    name: 'hes_outbox_sync_failures_total',
    help: 'Failed writes to the outbox; nothing is acknowledged until one succeeds',
  })
  const damages = metrics.counter({
    name: 'hes_outbox_damaged_total',
    help: 'Stretches of outbox files that could not be read and were kept aside',
  })
  return {
    failed(error, waiting) {
      failures.add({})
      log.error({ event: 'storage.failed', err: error, waiting }, 'write failed, will be retried')
    },
    refused(delivery, error) {
      rejections.add({})
      const meters = [...new Set(delivery?.readings.map(({ meterId }) => meterId))]
      log.error(
        { event: 'storage.rejected', err: error, meters },
        'the database refuses this delivery for good; it is set aside in outbox_refused',
      )
    },
    unsynced(error) {
      syncFailures.add({})
      log.error({ event: 'outbox.unsynced', err: error }, 'nothing is acknowledged until it works')
    },
    damaged(damage) {
      damages.add({})
      log.warn({ event: 'outbox.damaged', ...damage }, 'kept aside: no whole record is there')
    },
  }
}

function showOutbox(metrics: Metrics, outbox: Outbox<Delivery>): void {
  const watch = (name: string, help: string, value: () => number) =>
    metrics.watch({ name, help }, value)
  watch('hes_outbox_deliveries', 'Deliveries that are safe and not yet in the database', () => {
    return outbox.status().waiting
  })
  watch('hes_outbox_bytes', 'Bytes of the outbox on the disk', () => outbox.status().bytes)
  watch('hes_outbox_oldest_seconds', 'How long the oldest delivery has waited, about', () => {
    return outbox.status().oldest / 1_000
  })
  metrics.tally({ name: 'hes_outbox_syncs_total', help: 'Syncs of outbox files' }, () => {
    return outbox.status().syncs
  })
}

import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Delivery, DeliveryStore, deliveryCodec } from '#src/acquisition'
import { civilTime, idOf, instant, milliseconds, sleep, systemClock } from '#src/core'
import { createMetrics } from '#src/observe'
import { createOutboxLedger, nodeFiles, Outbox, Segments } from '#src/outbox'
import { createReadings } from '#src/readings'
import { migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

const DELIVERIES = 20_000
const PASSES = 3
/** Of the drain: each is a row of its own. */
const DRAINED = 4_000
const DRAIN_BATCH = 625
const never = new AbortController().signal
/** What one sync covers where so many come at once; the raw file gets as many. */
const GROUP_BYTES = 2 ** 20

/**
 * Deliveries made durable per second, against the same bytes written and synced by hand; and
 * drained into the database, against the same readings stored without an outbox.
 */
export async function run(): Promise<readonly Measured[]> {
  const payloads = Array.from({ length: DELIVERIES }, (_, index) =>
    deliveryCodec.encode(deliveryOf(index)),
  )
  const ours: number[] = []
  const limits: number[] = []
  for (let pass = 0; pass < PASSES; pass++) {
    ours.push(await perSecond((folder) => appendAll(folder, payloads)))
    limits.push(await perSecond((folder) => writeAll(folder, payloads)))
  }
  return [
    {
      name: 'deliveries made durable in the outbox',
      ours: Math.max(...ours),
      limit: Math.max(...limits),
      unit: 'deliveries/s',
      against: 'write and fdatasync of the same bytes',
    },
    await drained(),
  ]
}

/** The files are full and synced before the time begins: what is measured is the way out. */
async function drained(): Promise<Measured> {
  const { db, close } = await migratedDatabase()
  const civil = civilTime('Asia/Shanghai')
  const readings = createReadings(db, civil)
  const folder = await mkdtemp(join(tmpdir(), 'hes-bench-'))
  const told = { unsynced: () => {}, damaged: () => {}, failed: () => {}, refused: () => {} }
  const reached = () => {}
  const open = () =>
    Segments.open({
      files: nodeFiles(folder),
      clock: systemClock,
      bytesMax: 2 ** 30,
      told,
      reached,
    })
  try {
    const deliveries = Array.from({ length: DRAINED }, (_, index) => deliveryOf(index))
    const filled = await open()
    for (const one of deliveries) filled.append(deliveryCodec.encode(one), true, () => {})
    await filled.settled()
    await filled.close()
    const segments = await open()
    const store = new DeliveryStore({
      readings,
      collection: { record: async () => {} },
      evidence: { store: async () => {} },
      deviceEvents: null,
      metrics: createMetrics(),
    })
    // Once for nothing: whoever comes first pays for all code that is new.
    await rate(async () => {
      for (let at = 0; at < DRAINED; at += DRAIN_BATCH) {
        await readings.store(deliveries.slice(at, at + DRAIN_BATCH).flatMap((one) => one.readings))
      }
    })
    await db.query('truncate reading_curve')
    const limit = await rate(async () => {
      for (let at = 0; at < DRAINED; at += DRAIN_BATCH) {
        await readings.store(deliveries.slice(at, at + DRAIN_BATCH).flatMap((one) => one.readings))
      }
    })
    await db.query('truncate reading_curve')
    const ours = await rate(async () => {
      const outbox = new Outbox<Delivery>({
        segments,
        ledger: createOutboxLedger(db),
        codec: deliveryCodec,
        clock: systemClock,
        store: (some, tx) => store.store(some, tx),
        told,
        reached,
        closed: () => {},
      })
      while (outbox.status().waiting > 0) await sleep(systemClock, milliseconds(5), never)
      await outbox.close()
    })
    return {
      name: 'deliveries drained into the database',
      ours,
      limit,
      unit: 'deliveries/s',
      against: 'the same readings stored without an outbox',
    }
  } finally {
    await close()
    await rm(folder, { recursive: true })
  }
}

async function rate(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (DRAINED * 1_000) / (performance.now() - start)
}

async function perSecond(work: (folder: string) => Promise<void>): Promise<number> {
  // On a disk: in memory a sync costs nothing.
  const folder = await mkdtemp(join(tmpdir(), 'hes-bench-'))
  try {
    const start = performance.now()
    await work(folder)
    return (DELIVERIES * 1_000) / (performance.now() - start)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function appendAll(folder: string, payloads: readonly Uint8Array[]): Promise<void> {
  const segments = await Segments.open({
    files: nodeFiles(folder),
    clock: systemClock,
    bytesMax: 2 ** 30,
    told: { unsynced: () => {}, damaged: () => {} },
    reached: () => {},
  })
  let left = payloads.length
  await new Promise<void>((resolve) => {
    for (const payload of payloads) {
      segments.append(payload, true, () => {
        left--
        if (left === 0) resolve()
      })
    }
  })
  await segments.close()
}

async function writeAll(folder: string, payloads: readonly Uint8Array[]): Promise<void> {
  const file = await open(join(folder, 'raw'), 'a')
  const bytes = Buffer.concat(payloads)
  for (let at = 0; at < bytes.length; at += GROUP_BYTES) {
    await file.write(bytes, at, Math.min(GROUP_BYTES, bytes.length - at))
    await file.datasync()
  }
  await file.close()
}

function deliveryOf(index: number): Delivery {
  const at = instant(Date.UTC(2026, 10, 20) + index * 1_000)
  const shared = { meterId: idOf<'meter'>(1 + (index % 1_000)), measuredAt: at, receivedAt: at }
  const rest = { dataClass: 'current', timeSource: 'head-end', source: 'poll' } as const
  const codes = ['1.8.0', '2.8.0', '16.7.0', '32.7.0', '52.7.0', '72.7.0', '31.7.0'] as const
  return {
    readings: codes.map((item, place) => ({
      ...shared,
      ...rest,
      item,
      value: { kind: 'number', digits: 100_000 + index + place, scale: 2 },
      quality: 'good',
    })),
    outcomes: [],
    events: [],
    frames: [],
  }
}

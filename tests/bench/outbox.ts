import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Delivery, deliveryCodec } from '#src/acquisition'
import { idOf, instant, systemClock } from '#src/core'
import { nodeFiles, Segments } from '#src/outbox'
import type { Measured } from './measure.ts'

const DELIVERIES = 20_000
const PASSES = 3
/** What one sync covers where so many come at once; the raw file gets as many. */
const GROUP_BYTES = 2 ** 20

/** Deliveries made durable per second, against the same bytes written and synced by hand. */
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
  ]
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

import { flushCompileCache } from 'node:module'
import net from 'node:net'
import { createInterface } from 'node:readline'
import type { Feed, FeedMessage } from '#drivers/channel'
import { decodeMessage } from '#protocols/mqtt'
import { runFeed } from '#src/acquisition/feeds'
import { type Delivery, DeliveryStore, deliveryCodec, Intake } from '#src/acquisition/intake'
import { createCollection } from '#src/collection'
import {
  type Clock,
  civilTime,
  idOf,
  instant,
  milliseconds,
  ok,
  sleep,
  systemClock,
} from '#src/core'
import { openDatabase } from '#src/db'
import { createEvidence } from '#src/evidence'
import { createLogger, createMetrics } from '#src/observe'
import { createOutboxLedger, nodeFiles, Outbox, Segments } from '#src/outbox'
import { createReadings } from '#src/readings'
import { reportOf } from './messages.ts'
import { isMutation, mutatedCollection, mutatedLedger } from './mutations.ts'
import { forgetfulFiles } from './power.ts'

/**
 * Takes reports from a socket as the product takes them from a broker, and answers each with its
 * number once it is acknowledged. Ends itself in the middle of what it does: at the `countdown`th
 * time that it comes to `point`. It waits for one line before it begins, so that starting a process
 * does not count.
 */
const FASTER = 6

const [folder = '', url = '', fieldPort = '', mutation = '', bytesMax = ''] = process.argv.slice(2)
if (!isMutation(mutation)) throw new Error(`no mutation ${mutation}`)
// Whoever is killed writes no cache at its end.
flushCompileCache()
process.stdout.write('loaded\n')
const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const [point = '', countdown = '1'] = String((await orders.next()).value).split(' ')

let left = Number(countdown)
const reached = (at: string) => {
  if (at !== point) return
  left--
  if (left <= 0) process.kill(process.pid, 'SIGKILL')
}

/** The product's pauses are shorter here: what counts is what happens between them. */
const clock: Clock = {
  now: () => systemClock.now(),
  after: (duration, run) => systemClock.after(milliseconds(duration / FASTER), run),
}
const log = createLogger({ level: 'error', pretty: false })
const metrics = createMetrics()
const civil = civilTime('Asia/Shanghai')
const opened = await openDatabase({
  url,
  dataDir: '',
  clock,
  check: async () => ok(undefined),
})
if (!opened.ok) throw new Error(opened.error.message)
const db = opened.value
let lastFailure: string | null = null
const told = {
  // It is full now and then: that belongs to it.
  unsynced: () => {},
  damaged: () => {},
  failed: (error: unknown) => {
    lastFailure = String(error)
  },
  refused: (_: Delivery | null, error: unknown) => log.error({ err: error }, 'refused'),
}
const segments = await Segments.open({
  files: forgetfulFiles(nodeFiles(folder), mutation === 'unsynced-acknowledged'),
  clock,
  bytesMax: Number(bytesMax),
  told,
  reached,
})
const store = new DeliveryStore({
  readings: createReadings(db, civil),
  collection: mutatedCollection(mutation, createCollection(db, civil)),
  evidence: createEvidence(db),
  // A table that does not mind the same twice: it is here to be counted.
  deviceEvents: {
    async store(events, tx) {
      const numbers = events.map(({ number }) => Number(number))
      await tx.query('insert into kill_event (number) select unnest($1::int[])', [numbers])
    },
  },
  metrics,
})
const outbox = new Outbox<Delivery>({
  segments,
  ledger: mutatedLedger(mutation, createOutboxLedger(db), db),
  codec: deliveryCodec,
  clock,
  store: (deliveries, tx) => store.store(deliveries, tx),
  told,
  reached,
  closed: () => {},
})
const intake = new Intake({ outbox, civil, clock, metrics })

const socket = net.connect(Number(fieldPort), '127.0.0.1')
const lines = createInterface({ input: socket })

async function* messages(): AsyncGenerator<FeedMessage & { readonly number: number }> {
  for await (const line of lines) {
    const { number, topic, payload } = JSON.parse(line)
    yield {
      number,
      topic,
      payload: Buffer.from(payload),
      receivedAt: clock.now(),
      retained: false,
      ack: () => void socket.write(`${number}\n`),
    }
  }
}

const never = new AbortController().signal
let current = 0
const feed: Feed = {
  name: 'field',
  connected: true,
  async *messages() {
    for await (const message of messages()) {
      current = message.number
      yield message
    }
  },
  publish: async () => ok(undefined),
  close: async () => {},
}
const running = runFeed({
  feed,
  decode(topic, payload) {
    const decoded = decodeMessage(topic, payload)
    return decoded.kind === 'malformed'
      ? { ok: false, malformed: decoded.malformed }
      : { ok: true, deliveries: decoded.devices }
  },
  meterOf: (device) => idOf(Number(device) - 330_120_000_000),
  intake: {
    visited: (visit, waits) =>
      intake.visited(
        {
          ...visit,
          events: [{ number: current }],
          frames: [
            {
              at: clock.now(),
              direction: 'received',
              bytes: Buffer.from(String(current)),
              masked: [],
              isCut: false,
            },
          ],
        },
        waits,
      ),
  },
  slots: {
    // A failed attempt adds up, so one that is counted twice shows.
    heard: (meterId) => [
      {
        planId: idOf(1),
        meterId,
        slotStart: instant(reportOf(current).atMs),
        attempts: 1,
        kind: 'missing',
        reason: 'timeout',
      },
    ],
  },
  clock,
  log,
  metrics,
})
// The last one is let end: it takes everything to the database first.
await orders.next()
while (outbox.status().waiting > 0) {
  const { waiting, trouble } = outbox.status()
  process.stdout.write(`${waiting} waiting, ${lastFailure ?? trouble ?? 'no trouble'}\n`)
  await sleep(clock, milliseconds(100 * FASTER), never)
}
process.stdout.write('finished\n')
lines.close()
socket.destroy()
await running
await outbox.close()
await db.close()
process.exit()

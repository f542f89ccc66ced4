import { type Clock, type Duration, milliseconds, seconds, sleep } from '#src/core'
import type { Db } from '#src/db'
import { Backlog } from './backlog.ts'
import { Drain, type DrainTold } from './drain.ts'
import type { Entry } from './entry.ts'
import type { OutboxLedger } from './ledger.ts'
import type { OutboxPoint, SegmentsTold } from './segment-types.ts'
import type { Segments } from './segments.ts'

/** Not yet synced; beyond it producers wait. */
const UNSYNCED_BYTES_MAX = 8 * 2 ** 20
/** What is held in memory on its way to the database; beyond it the files alone have it. */
const FRESH_BYTES_MAX = 8 * 2 ** 20
/** Between two looks whether producers may go on. */
const ROOM_LOOK: Duration = milliseconds(50)
/** How long a stop waits for the database; what it does not take stays in the files. */
const CLOSE_PATIENCE: Duration = seconds(5)

/** What an operator is to know. */
export type OutboxTold<Item> = DrainTold<Item> & SegmentsTold

/** Who waits for what becomes of an item. */
export interface Told {
  /** It survives whatever happens now: a device may forget what it sent. */
  readonly acknowledged?: () => void
  /** It stands in the database and can be asked for. */
  readonly committed?: () => void
}

export interface Codec<Item> {
  encode(item: Item): Uint8Array
  /** Throws where the bytes are none of ours: then the record is refused as it is. */
  decode(bytes: Uint8Array): Item
  /** Rows that it will cost, about. */
  weight(item: Item): number
}

export interface OutboxOptions<Item> {
  readonly segments: Segments
  readonly ledger: OutboxLedger
  readonly codec: Codec<Item>
  readonly clock: Clock
  /** Stores items in the transaction that takes them out of the outbox. */
  readonly store: (items: readonly Item[], tx: Db) => Promise<() => void>
  readonly told: DrainTold<Item>
  readonly reached: (point: OutboxPoint) => void
  /** The files are nobody's any more. */
  readonly closed: () => void
}

/** What waits, and whether anything keeps new items from being taken. */
export interface OutboxStatus {
  /** Durable and not in the database. */
  readonly waiting: number
  /** Of the files. */
  readonly bytes: number
  /** For how long the oldest has waited. */
  readonly oldest: Duration
  readonly syncs: number
  /** Why nothing is acknowledged now; null where all is well. */
  readonly trouble: string | null
}

/**
 * Items on their way to the database, by way of the disk: acknowledged once they survive a power
 * loss, in the database exactly once. A database that is away costs disk, not data.
 */
export class Outbox<Item> {
  readonly #options: OutboxOptions<Item>
  readonly #stop = new AbortController()
  readonly #backlog: Backlog<Item>
  readonly #drain: Drain<Item>
  readonly #draining: Promise<void>
  #fresh: Entry<Item>[] = []
  #freshBytes = 0
  #freshWeight = 0

  constructor(options: OutboxOptions<Item>) {
    this.#options = options
    this.#backlog = new Backlog(options)
    this.#drain = new Drain(options, {
      fresh: { weight: () => this.#freshWeight, take: (itemsMax) => this.#takeFresh(itemsMax) },
      backlog: this.#backlog,
    })
    this.#draining = this.#drain.run()
  }

  /** Resolves when it is taken in; waits while what came before cannot be made durable. */
  async put(item: Item, isUrgent: boolean, told: Told = {}): Promise<void> {
    const { segments, codec, clock, reached } = this.#options
    const { signal } = this.#stop
    while (segments.waitingBytes >= UNSYNCED_BYTES_MAX) {
      if (!(await sleep(clock, ROOM_LOOK, signal))) return
    }
    if (signal.aborted) return
    const payload = codec.encode(item)
    segments.append(payload, isUrgent, ({ number }) => {
      const { committed = null } = told
      const weight = codec.weight(item)
      this.#fresh.push({ number, item, payload, weight, committed })
      this.#freshBytes += payload.length
      this.#freshWeight += weight
      if (this.#freshBytes > FRESH_BYTES_MAX) this.#spill()
      told.acknowledged?.()
      reached('after-acknowledged')
      this.#drain.wake()
    })
  }

  status(): OutboxStatus {
    const { segments, clock } = this.#options
    const { oldest } = segments
    return {
      waiting: segments.pending.size,
      bytes: segments.bytes,
      oldest: milliseconds(oldest === null ? 0 : Math.max(0, clock.now() - oldest)),
      syncs: segments.syncs,
      trouble: segments.trouble,
    }
  }

  /** Stores what the database takes at once; the rest waits in the files for the next start. */
  async close(): Promise<void> {
    const { segments, clock } = this.#options
    const ended = new AbortController()
    const isLate = sleep(clock, CLOSE_PATIENCE, ended.signal)
    const done = (async () => {
      await segments.settled()
      await this.#drain.finish()
    })()
    await Promise.race([done, isLate])
    ended.abort()
    this.#stop.abort()
    this.#drain.stop()
    await segments.close()
    await this.#draining
    this.#options.closed()
  }

  #takeFresh(itemsMax: number): readonly Entry<Item>[] {
    let weight = 0
    const end = this.#fresh.findIndex((entry, index) => {
      weight += entry.weight
      return index > 0 && weight > itemsMax
    })
    const taken = this.#fresh.splice(0, end < 0 ? this.#fresh.length : end)
    this.#forget(taken)
    return taken
  }

  /** The older half is read from the files later; whoever waits for it is still told. */
  #spill(): void {
    const half = this.#fresh.splice(0, Math.ceil(this.#fresh.length / 2))
    this.#forget(half)
    for (const { number, committed } of half) this.#backlog.add(number, committed)
  }

  #forget(entries: readonly Entry<Item>[]): void {
    for (const { payload, weight } of entries) {
      this.#freshBytes -= payload.length
      this.#freshWeight -= weight
    }
  }
}

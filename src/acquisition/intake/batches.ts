import { type Clock, type Duration, milliseconds, seconds, sleep } from '#src/core'

/** Items that go to the database in one statement; larger batches gained nothing when measured. */
const BATCH_ITEMS_MAX = 5_000
/** What may wait in memory; beyond it producers wait, so nothing is dropped. */
const WAITING_ITEMS_MAX = 50_000
/** How long a lone item waits for company. */
const LINGER: Duration = milliseconds(200)
const RETRY_FIRST: Duration = seconds(1)
const RETRY_MAX: Duration = seconds(30)

interface Waiting<Item> {
  readonly item: Item
  readonly weight: number
  readonly stored: () => void
}

export interface BatchesOptions<Item> {
  readonly clock: Clock
  /** Writes a batch; must be idempotent, since a batch whose outcome is unknown is written again. */
  readonly write: (items: readonly Item[]) => Promise<void>
  /** Told of each failed write, which is tried again until it succeeds or the writer is stopped. */
  readonly failed: (error: unknown, waitingItems: number) => void
  /** True if the same write can never succeed: one of its items is at fault, not the database. */
  readonly hopeless: (error: unknown) => boolean
  /** Told of an item that was given up because it alone makes a write fail. */
  readonly rejected: (item: Item, error: unknown) => void
}

/**
 * Gathers items into batches and writes one batch at a time, in order. A failing database costs
 * patience, not data: the batch is kept and written again, and producers wait meanwhile. An item
 * that no database would take is found by halving its batch, given up, and told.
 */
export class Batches<Item> {
  readonly #options: BatchesOptions<Item>
  readonly #stop = new AbortController()
  #waiting: Waiting<Item>[] = []
  #weight = 0
  #running: Promise<void> | null = null
  #room: (() => void)[] = []

  constructor(options: BatchesOptions<Item>) {
    this.#options = options
  }

  get waitingItems(): number {
    return this.#weight
  }

  /**
   * Resolves when the item has been taken in, which takes until there is room. `stored` is called
   * once it is committed.
   */
  async add(item: Item, weight = 1, stored: () => void = () => {}): Promise<void> {
    while (this.#weight >= WAITING_ITEMS_MAX && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#room.push(resolve))
    }
    this.#waiting.push({ item, weight, stored })
    this.#weight += weight
    this.#running ??= this.#run()
  }

  /** Writes what waits; resolves when all of it is stored or the writer was stopped. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running
  }

  /** Gives up retrying. What was not stored was never acknowledged to its sender. */
  stop(): void {
    this.#stop.abort()
    this.#wakeProducers()
  }

  async #run(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stop
    if (this.#weight < BATCH_ITEMS_MAX) await sleep(clock, LINGER, signal)
    while (this.#waiting.length > 0 && !signal.aborted) {
      const batch = this.#nextBatch()
      if (!(await this.#write(batch))) break
      for (const { stored, weight } of batch) {
        this.#weight -= weight
        stored()
      }
      this.#wakeProducers()
    }
    this.#running = null
  }

  #nextBatch(): readonly Waiting<Item>[] {
    let weight = 0
    let count = 0
    for (const waiting of this.#waiting) {
      if (count > 0 && weight + waiting.weight > BATCH_ITEMS_MAX) break
      weight += waiting.weight
      count++
    }
    return this.#waiting.splice(0, count)
  }

  /** False when the writer was stopped before all of it was written or given up. */
  async #write(batch: readonly Waiting<Item>[]): Promise<boolean> {
    const { clock, failed, hopeless, rejected } = this.#options
    let pause: Duration = RETRY_FIRST
    for (;;) {
      try {
        await this.#options.write(batch.map(({ item }) => item))
        return true
      } catch (error) {
        if (hopeless(error)) {
          const [first, ...others] = batch
          if (first && others.length === 0) rejected(first.item, error)
          return others.length === 0 || this.#writeHalves(batch)
        }
        // The database is at fault: what waits is valid and is written when it is back.
        failed(error, this.#weight)
        if (!(await sleep(clock, pause, this.#stop.signal))) return false
        pause = milliseconds(Math.min(2 * pause, RETRY_MAX))
      }
    }
  }

  async #writeHalves(batch: readonly Waiting<Item>[]): Promise<boolean> {
    const middle = Math.ceil(batch.length / 2)
    return (await this.#write(batch.slice(0, middle))) && (await this.#write(batch.slice(middle)))
  }

  #wakeProducers(): void {
    const waiting = this.#room
    this.#room = []
    for (const wake of waiting) wake()
  }
}

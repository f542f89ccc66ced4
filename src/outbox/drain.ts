import { type Clock, type Duration, milliseconds, seconds, sleep } from '#src/core'
import type { Db } from '#src/db'
import type { Backlog } from './backlog.ts'
import type { Entry } from './entry.ts'
import type { OutboxLedger } from './ledger.ts'
import { stretchesOf } from './ranges.ts'
import { isRefusal } from './refusal.ts'
import type { OutboxPoint } from './segment-types.ts'
import type { Segments } from './segments.ts'

/** Items that go to the database in one transaction; larger batches gained nothing when measured. */
const BATCH_ITEMS_MAX = 5_000
/** While fresh items wait, one transaction of so many is of the backlog. */
const BACKLOG_TURN = 4
/** How long a lone item waits for company. */
const LINGER: Duration = milliseconds(200)
const RETRY_FIRST: Duration = seconds(1)
const RETRY_MAX: Duration = seconds(30)

export interface DrainTold<Item> {
  /** A write failed; it is tried again until it succeeds or the process ends. */
  readonly failed: (error: unknown, waiting: number) => void
  /** An item was set aside because it alone makes a write fail; null where nobody can read it. */
  readonly refused: (item: Item | null, error: unknown) => void
}

interface DrainOptions<Item> {
  readonly segments: Segments
  readonly ledger: OutboxLedger
  readonly clock: Clock
  readonly store: (items: readonly Item[], tx: Db) => Promise<() => void>
  readonly told: DrainTold<Item>
  readonly reached: (point: OutboxPoint) => void
}

interface Sources<Item> {
  readonly fresh: {
    weight(): number
    take(itemsMax: number): readonly Entry<Item>[]
  }
  readonly backlog: Backlog<Item>
}

/**
 * Writes batch after batch to the database, fresh ones before the backlog. A failing database costs
 * patience: the batch is kept and written again. An item that no database would take is found by
 * halving its batch, and set aside.
 */
export class Drain<Item> {
  readonly #options: DrainOptions<Item>
  readonly #sources: Sources<Item>
  readonly #stop = new AbortController()
  #woken = Promise.withResolvers<void>()
  #freshTurns = 0
  #isBusy = true
  #isFinishing = false
  #idle: (() => void)[] = []

  constructor(options: DrainOptions<Item>, sources: Sources<Item>) {
    this.#options = options
    this.#sources = sources
  }

  wake(): void {
    this.#woken.resolve()
  }

  /** Resolves when nothing waits any more; from now on no item waits for company. */
  async finish(): Promise<void> {
    this.#isFinishing = true
    this.wake()
    if (this.#isBusy || this.#hasWork)
      await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  stop(): void {
    this.#stop.abort()
    this.wake()
  }

  async run(): Promise<void> {
    const { signal } = this.#stop
    await this.#retrying(() => this.#forgetTaken())
    while (!signal.aborted) {
      if (!this.#hasWork) {
        await this.#rest()
        continue
      }
      this.#isBusy = true
      if (this.#mayLinger) await sleep(this.#options.clock, LINGER, signal)
      const batch = await this.#nextBatch()
      if (batch.length > 0 && !(await this.#write(batch))) break
    }
    this.#tellIdle()
  }

  get #hasWork(): boolean {
    return this.#sources.fresh.weight() > 0 || !this.#sources.backlog.isEmpty
  }

  /** A few items wait for company, unless there is enough to do or no time left. */
  get #mayLinger(): boolean {
    const { fresh, backlog } = this.#sources
    return backlog.isEmpty && fresh.weight() < BATCH_ITEMS_MAX && !this.#isFinishing
  }

  async #rest(): Promise<void> {
    this.#isBusy = false
    this.#tellIdle()
    this.#woken = Promise.withResolvers<void>()
    if (!this.#stop.signal.aborted) await this.#woken.promise
  }

  #tellIdle(): void {
    for (const tell of this.#idle.splice(0)) tell()
  }

  /** An earlier run may have ended between the commit and its own note of it. */
  async #forgetTaken(): Promise<void> {
    const { segments, ledger } = this.#options
    const { stretches } = await ledger.taken(segments.outbox)
    this.#sources.backlog.remove(stretches)
    segments.release(stretches)
  }

  async #nextBatch(): Promise<readonly Entry<Item>[]> {
    const { fresh, backlog } = this.#sources
    const isBacklogTurn = fresh.weight() === 0 || this.#freshTurns >= BACKLOG_TURN - 1
    if (backlog.isEmpty || !isBacklogTurn) {
      this.#freshTurns++
      return fresh.take(BATCH_ITEMS_MAX)
    }
    this.#freshTurns = 0
    try {
      return await backlog.take(BATCH_ITEMS_MAX)
    } catch (error) {
      // The disk may answer the next time; meanwhile fresh items go on.
      this.#options.told.failed(error, this.#options.segments.pending.size)
      await sleep(this.#options.clock, RETRY_FIRST, this.#stop.signal)
      return []
    }
  }

  /** False when the process ends before all of it was written or set aside. */
  async #write(batch: readonly Entry<Item>[]): Promise<boolean> {
    try {
      return await this.#retrying(() => this.#take(batch), isRefusal)
    } catch (error) {
      const [first, ...others] = batch
      if (first === undefined) return true
      if (others.length === 0) return this.#refuse(first, error)
      const middle = Math.ceil(batch.length / 2)
      const halves = [batch.slice(0, middle), batch.slice(middle)] as const
      return (await this.#write(halves[0])) && (await this.#write(halves[1]))
    }
  }

  async #take(batch: readonly Entry<Item>[]): Promise<void> {
    const { segments, ledger, store, reached } = this.#options
    const numbers = batch.map(({ number }) => number)
    let stored = () => {}
    await ledger.take(segments.outbox, numbers, this.#floor(numbers), async (fresh, tx) => {
      const items = batch.filter(({ number }) => fresh.has(number)).map(readable)
      stored = await store(items, tx)
      reached('before-commit')
    })
    reached('after-commit')
    stored()
    this.#settle(batch)
  }

  async #refuse(entry: Entry<Item>, error: unknown): Promise<boolean> {
    const { segments, ledger, clock, told } = this.#options
    const { number, payload: record, item } = entry
    const reason = error instanceof Error ? error.message : String(error)
    const refusal = { number, record, refusedAt: clock.now(), reason }
    const floor = this.#floor([number])
    const isSetAside = await this.#retrying(() => ledger.refuse(segments.outbox, refusal, floor))
    if (!isSetAside) return false
    told.refused(item, error)
    this.#settle([entry])
    return true
  }

  #floor(numbers: readonly number[]): number {
    return this.#options.segments.pending.first ?? Math.min(...numbers)
  }

  #settle(batch: readonly Entry<Item>[]): void {
    this.#options.segments.release(stretchesOf(batch.map(({ number }) => number)))
    for (const { committed } of batch) committed?.()
  }

  /** Tries until it succeeds; false when the process ends before. */
  async #retrying(
    work: () => Promise<void>,
    isFinal: (error: unknown) => boolean = () => false,
  ): Promise<boolean> {
    const { clock, told, segments } = this.#options
    const { signal } = this.#stop
    let pause: Duration = RETRY_FIRST
    while (!signal.aborted) {
      try {
        await work()
        return true
      } catch (error) {
        if (isFinal(error)) throw error
        told.failed(error, segments.pending.size)
        if (!(await sleep(clock, pause, signal))) return false
        pause = milliseconds(Math.min(2 * pause, RETRY_MAX))
      }
    }
    return false
  }
}

function readable<Item>({ item }: Entry<Item>): Item {
  if (item === null) throw new Error('a record of another form')
  return item
}

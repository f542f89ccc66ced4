import type { Entry } from './entry.ts'
import type { Codec } from './outbox.ts'
import { Ranges, type Stretch } from './ranges.ts'
import type { OutboxRecord } from './records.ts'
import type { Segments } from './segments.ts'

/** Waiting for items that only the files have; whoever comes beyond it is told at once it is read. */
const COMMITTED_MAX = 100_000

interface BacklogOptions<Item> {
  readonly segments: Segments
  readonly codec: Codec<Item>
}

/** What only the files have: of earlier runs, and of a database that was away for long. */
export class Backlog<Item> {
  readonly #options: BacklogOptions<Item>
  readonly #numbers: Ranges
  readonly #committed = new Map<number, () => void>()
  /** Of the segment that is being read. */
  #records: readonly OutboxRecord[] = []

  constructor(options: BacklogOptions<Item>) {
    this.#options = options
    this.#numbers = new Ranges(options.segments.pending.stretches)
  }

  get isEmpty(): boolean {
    return this.#numbers.first === undefined
  }

  add(number: number, committed: (() => void) | null): void {
    this.#numbers.add(number, number + 1)
    if (committed && this.#committed.size < COMMITTED_MAX) this.#committed.set(number, committed)
  }

  /** These stand in the database already, or are being written. */
  remove(stretches: readonly Stretch[]): void {
    for (const { from, to } of stretches) this.#numbers.remove(from, to)
  }

  /** The oldest items, in order; they are not asked for again. */
  async take(itemsMax: number): Promise<readonly Entry<Item>[]> {
    const entries: Entry<Item>[] = []
    let weight = 0
    for (;;) {
      const first = this.#numbers.first
      if (first === undefined) break
      const record = await this.#recordOf(first)
      if (record === null) {
        if (entries.length > 0) break
        // It was durable and is no more: what can be told of it is told by the files.
        this.#options.segments.release([{ from: first, to: first + 1 }])
        this.#numbers.remove(first, first + 1)
        continue
      }
      const entry = this.#entryOf(record)
      if (entries.length > 0 && weight + entry.weight > itemsMax) break
      weight += entry.weight
      entries.push(entry)
      this.#numbers.remove(first, first + 1)
      this.#committed.delete(first)
    }
    if (this.isEmpty) this.#records = []
    return entries
  }

  async #recordOf(number: number): Promise<OutboxRecord | null> {
    const [start] = this.#records
    const found = this.#records[number - (start?.number ?? number)]
    if (found?.number === number) return found
    this.#records = await this.#options.segments.read(number)
    const [first] = this.#records
    return first?.number === number ? first : null
  }

  #entryOf({ number, payload }: OutboxRecord): Entry<Item> {
    const { codec } = this.#options
    const committed = this.#committed.get(number) ?? null
    try {
      const item = codec.decode(payload)
      return { number, item, payload, weight: codec.weight(item), committed }
    } catch {
      // Written by another version of the product: it is set aside as it is.
      return { number, item: null, payload, weight: 1, committed }
    }
  }
}

/** Writes what comes while another write is under way all at once. */
export class Recorder<T> {
  readonly #write: (batch: readonly T[]) => Promise<void>
  #waiting: T[] = []
  #next: Promise<void> | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(write: (batch: readonly T[]) => Promise<void>) {
    this.#write = write
  }

  /** Resolves once these are written; rejects where they could not be. */
  add(some: readonly T[]): Promise<void> {
    this.#waiting.push(...some)
    this.#next ??= this.#flushAfter(this.#writing)
    return this.#next
  }

  async #flushAfter(before: Promise<void>): Promise<void> {
    // What failed before was told to those who waited for it.
    await before.catch(() => {})
    const batch = this.#waiting
    this.#waiting = []
    this.#next = null
    this.#writing = this.#write(batch)
    await this.#writing
  }
}

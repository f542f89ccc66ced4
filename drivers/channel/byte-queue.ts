/**
 * A bounded queue of chunks between a transport's events and `for await`. When a reader falls so
 * far behind that more than the limit waits, `push` says so and the transport must give up: bytes
 * of a meter line are worthless without the ones before them.
 */
export class ByteQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  readonly #limitBytes: number
  #heldBytes = 0
  #ended = false
  #wake: ((result: IteratorResult<Uint8Array, undefined>) => void) | null = null
  #take: ((chunk: Uint8Array) => void) | null = null
  #finish: () => void = nothing
  #fail: (error: unknown) => void = nothing

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** False when the limit would be passed; the chunk is then not kept. */
  push(chunk: Uint8Array): boolean {
    if (this.#ended) return true
    if (this.#take) {
      this.#give(chunk, this.#take)
      return true
    }
    const wake = this.#wake
    if (wake) {
      this.#wake = null
      wake({ done: false, value: chunk })
      return true
    }
    if (this.#heldBytes + chunk.length > this.#limitBytes) return false
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.length
    return true
  }

  /** Ends the iteration once what is held has been read. */
  end(): void {
    this.#ended = true
    this.#wake?.({ done: true, value: undefined })
    this.#wake = null
    this.#finish()
  }

  /**
   * In place of iterating: gives each chunk as it comes, and resolves at the end; rejects with what
   * `take` throws.
   */
  each(take: (chunk: Uint8Array) => void): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.#finish = resolve
      this.#fail = reject
    })
    this.#take = take
    this.#heldBytes = 0
    for (const chunk of this.#chunks.splice(0)) this.#give(chunk, take)
    if (this.#ended) this.#finish()
    return ended
  }

  #give(chunk: Uint8Array, take: (chunk: Uint8Array) => void): void {
    try {
      take(chunk)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** A hand-made iterator: an async generator costs three turns of the loop per chunk. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => {
        const chunk = this.#chunks.shift()
        if (chunk) {
          this.#heldBytes -= chunk.length
          return Promise.resolve({ done: false, value: chunk })
        }
        if (this.#ended) return Promise.resolve({ done: true, value: undefined })
        return new Promise((resolve) => {
          this.#wake = resolve
        })
      },
      return: () => {
        this.#chunks.length = 0
        this.#heldBytes = 0
        this.end()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }
}

const nothing = (): void => {}

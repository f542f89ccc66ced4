/**
 * A queue between events and one `for await`. It has no limit of its own: whoever pushes keeps one,
 * because only they know what to do when it is reached.
 */
export class ItemQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #ended = false
  #wake: ((result: IteratorResult<T, undefined>) => void) | null = null

  get length(): number {
    return this.#items.length
  }

  push(item: T): void {
    if (this.#ended) return
    const wake = this.#wake
    if (wake) {
      this.#wake = null
      wake({ done: false, value: item })
    } else {
      this.#items.push(item)
    }
  }

  /** Forgets what nobody has read yet. */
  clear(): void {
    this.#items.length = 0
  }

  /** Ends the iteration once what is held has been read. */
  end(): void {
    this.#ended = true
    this.#wake?.({ done: true, value: undefined })
    this.#wake = null
  }

  /** A hand-made iterator: an async generator costs three turns of the loop per item. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => {
        const item = this.#items.shift()
        if (item !== undefined) return Promise.resolve({ done: false, value: item })
        if (this.#ended) return Promise.resolve({ done: true, value: undefined })
        return new Promise((resolve) => {
          this.#wake = resolve
        })
      },
      return: () => {
        this.#items.length = 0
        this.end()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }
}

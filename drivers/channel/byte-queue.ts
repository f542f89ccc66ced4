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
  #wake: (() => void) | null = null

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** False when the limit would be passed; the chunk is then not kept. */
  push(chunk: Uint8Array): boolean {
    if (this.#ended) return true
    if (this.#heldBytes + chunk.length > this.#limitBytes) return false
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.length
    this.#wake?.()
    return true
  }

  /** Ends the iteration once what is held has been read. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk) {
        this.#heldBytes -= chunk.length
        yield chunk
      } else if (this.#ended) {
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = null
      }
    }
  }
}

/** Appends bytes to a growing buffer; multi-byte integers are big-endian. */
export class Writer {
  #bytes = new Uint8Array(64)
  #length = 0

  get length(): number {
    return this.#length
  }

  uint8(value: number): this {
    this.#grow(1)
    this.#bytes[this.#length++] = value
    return this
  }

  uint16(value: number): this {
    return this.uint8(value >> 8).uint8(value)
  }

  uint32(value: number): this {
    return this.uint16(value >>> 16).uint16(value)
  }

  put(bytes: Uint8Array): this {
    this.#grow(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** The bytes so far, as a copy that later writes do not change. */
  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#bytes.length) return
    const bigger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + by))
    bigger.set(this.#bytes)
    this.#bytes = bigger
  }
}

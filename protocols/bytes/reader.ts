import { byteAt } from './byte-at.ts'

/**
 * Walks bytes from the front. Reading past the end does not throw: it yields zeros and sets
 * `failed`, which a codec checks once at the end and reports as malformed.
 */
export class Reader {
  readonly bytes: Uint8Array
  offset: number
  failed = false
  readonly #end: number

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.#end = end
  }

  get remaining(): number {
    return this.#end - this.offset
  }

  take(length: number): Uint8Array {
    if (length > this.remaining) {
      this.failed = true
      this.offset = this.#end
      return new Uint8Array(length)
    }
    const from = this.offset
    this.offset += length
    return this.bytes.subarray(from, this.offset)
  }

  uint8(): number {
    return byteAt(this.take(1), 0)
  }

  uint16(): number {
    const high = this.uint8()
    return (high << 8) | this.uint8()
  }

  uint32(): number {
    const high = this.uint16()
    return high * 0x1_0000 + this.uint16()
  }
}

import { byteAt } from '#protocols/bytes'
import type { FramePart } from '#protocols/model'

/**
 * Walks bytes from the front without a copy. Past the end it yields zeros and sets `failed`. Where
 * `parts` is set, codecs write down what they took: one walk decodes and explains.
 */
export class Cursor {
  readonly bytes: Uint8Array
  readonly end: number
  at: number
  failed = false
  parts: FramePart[] | null = null
  /** Which part tells of which value, kept with the parts. */
  places: Map<object, number> | null = null

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  /** True if everything was taken and nothing was missing. */
  get isDone(): boolean {
    return !this.failed && this.at === this.end
  }

  uint8(): number {
    if (this.at >= this.end) {
      this.failed = true
      return 0
    }
    return byteAt(this.bytes, this.at++)
  }

  uint16(): number {
    const high = this.uint8()
    return (high << 8) | this.uint8()
  }

  uint32(): number {
    const high = this.uint16()
    return high * 0x1_0000 + this.uint16()
  }

  take(length: number): Uint8Array {
    if (length > this.left) {
      this.failed = true
      this.at = this.end
      return new Uint8Array(0)
    }
    const from = this.at
    this.at += length
    return this.bytes.subarray(from, this.at)
  }

  rest(): Uint8Array {
    return this.take(this.left)
  }

  /** A length or count as A-XDR and BER write it: one byte, or 81 to 84 and that many. */
  size(): number {
    const first = this.uint8()
    if (first < 0x80) return first
    const width = first & 0x7f
    if (width === 0 || width > 4) {
      this.failed = true
      return 0
    }
    let size = 0
    for (let index = 0; index < width; index++) size = size * 0x100 + this.uint8()
    return size
  }

  /** Takes a length and that many bytes. */
  sized(): Uint8Array {
    return this.take(this.size())
  }

  fail(): void {
    this.failed = true
  }

  /** What is not all there is not told: its value would be a guess. */
  note(from: number, text: string): void {
    if (!this.failed && this.at > from) this.parts?.push({ from, to: this.at, text })
  }
}

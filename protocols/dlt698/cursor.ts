import { byteAt } from '#protocols/bytes'
import type { FramePart } from '#protocols/model'

const empty = new Uint8Array(0)
const noPath: readonly string[] = []

/**
 * Walks an APDU from the front. What breaks the encoding does not throw: it sets `failed`, ends the
 * walk, and yields zeros, so that whoever asked checks once. Where `trace` is set, each field leaves
 * a line of what it is, for people.
 */
export class Cursor {
  readonly bytes: Uint8Array
  offset: number
  failed = false
  trace: FramePart[] | null = null
  /** The object whose value is being read, for the words of a trace. */
  subject = ''
  #end: number
  #depth = 0
  #path = noPath

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.#end = end
  }

  get remaining(): number {
    return this.#end - this.offset
  }

  fail(): void {
    this.failed = true
    this.#end = this.offset
  }

  uint8(): number {
    if (this.offset >= this.#end) {
      this.fail()
      return 0
    }
    return byteAt(this.bytes, this.offset++)
  }

  uint16(): number {
    const high = this.uint8()
    return (high << 8) | this.uint8()
  }

  uint32(): number {
    const high = this.uint16()
    return high * 0x1_0000 + this.uint16()
  }

  /** A view of the next bytes. */
  take(length: number): Uint8Array {
    if (length > this.remaining) {
      this.fail()
      return empty
    }
    const from = this.offset
    this.offset += length
    return this.bytes.subarray(from, this.offset)
  }

  /** An A-XDR length: one byte up to 127, else the number of bytes that follow. */
  length(): number {
    const first = this.uint8()
    if (first < 0x80) return first
    if (first === 0x81) return this.uint8()
    if (first === 0x82) return this.uint16()
    this.fail()
    return 0
  }

  /** How many elements follow, each of at least one byte: no more than there are bytes. */
  count(): number {
    const count = this.length()
    if (count <= this.remaining) return count
    this.fail()
    return 0
  }

  /** Names what is read next; false once values are nested deeper than any device nests them. */
  enter(name: string): boolean {
    this.#depth++
    if (this.trace) this.#path = [...this.#path, name]
    if (this.#depth <= depthMax) return true
    this.fail()
    return false
  }

  leave(): void {
    this.#depth--
    if (this.trace) this.#path = this.#path.slice(0, -1)
  }

  /** Says what the bytes since `from` are. */
  note(from: number, text: string): void {
    if (!this.trace || this.failed) return
    const path = this.#path.filter((name) => name !== '').join(' ')
    const line = [path, text].filter((part) => part !== '').join(': ')
    this.trace.push({ from, to: this.offset, text: line })
  }
}

const depthMax = 24

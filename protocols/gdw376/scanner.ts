import { byteAt } from '#protocols/bytes'
import type { Scanner } from '#protocols/model'
import { end, envelopeBytes, frameMaxBytes, headBytes, start, userMinBytes } from './frame.ts'

const holdFirstBytes = 256
/** Room for the longest frame and as much again, so that moving what is held stays rare. */
const holdMaxBytes = 2 * frameMaxBytes

/**
 * Finds 376.1 frames in a stream, of either direction. Both lengths, both starts, the checksum and
 * the end are right before anything is consumed; on doubt one byte is dropped. Running sums make
 * each checksum a subtraction, so that no stream costs more than its length. What comes out does
 * not depend on how the stream was cut into chunks.
 */
export function frameScanner(): Scanner {
  return new FrameScanner()
}

const nothing = new Uint8Array(0)

class FrameScanner implements Scanner {
  skippedBytes = 0
  #held: Uint8Array<ArrayBufferLike> = nothing
  /** The sum, modulo 256, of all that was ever held before each byte. */
  #sums: Uint8Array<ArrayBufferLike> = nothing
  #from = 0
  #to = 0
  #sum = 0

  get pending(): boolean {
    return this.#to > this.#from
  }

  reset(): void {
    this.#from = 0
    this.#to = 0
    this.#keepLittle()
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = []
    let taken = this.pending ? 0 : wholeFrames(chunk, frames)
    while (taken < chunk.length) {
      const more = Math.min(chunk.length - taken, frameMaxBytes)
      this.#hold(chunk, taken, taken + more)
      taken += more
      this.#scan(frames)
    }
    if (!this.pending) this.#keepLittle()
    return frames
  }

  #scan(frames: Uint8Array[]): void {
    while (this.#from < this.#to) {
      const length = candidateBytes(this.#held, this.#from, this.#to)
      if (length > this.#to - this.#from) return
      if (length > 0 && this.#checks(length)) {
        frames.push(copyOf(this.#held, this.#from, this.#from + length))
        this.#from += length
      } else {
        this.#from++
        this.skippedBytes++
      }
    }
    this.#from = 0
    this.#to = 0
  }

  #checks(length: number): boolean {
    const checksumAt = this.#from + length - 2
    if (byteAt(this.#held, checksumAt + 1) !== end) return false
    const sum = byteAt(this.#sums, checksumAt) - byteAt(this.#sums, this.#from + headBytes)
    return (sum & 0xff) === byteAt(this.#held, checksumAt)
  }

  #hold(bytes: Uint8Array, from: number, to: number): void {
    this.#makeRoom(to - from)
    for (let at = from; at < to; at++) {
      const byte = byteAt(bytes, at)
      this.#sums[this.#to] = this.#sum
      this.#held[this.#to++] = byte
      this.#sum = (this.#sum + byte) & 0xff
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#to + bytes <= this.#held.length) return
    const held = this.#to - this.#from
    const wanted = Math.max(holdFirstBytes, 2 * (held + bytes))
    const size = Math.max(this.#held.length, Math.min(wanted, holdMaxBytes))
    this.#held = moved(this.#held, this.#from, this.#to, size)
    this.#sums = moved(this.#sums, this.#from, this.#to, size)
    this.#from = 0
    this.#to = held
  }

  /** Thousands of lines are idle at once: what a long frame needed is given back behind it. */
  #keepLittle(): void {
    if (this.#held.length <= holdFirstBytes) return
    this.#held = nothing
    this.#sums = nothing
  }
}

/** The frames at the head of a chunk, one behind the other: what nearly every chunk is. */
function wholeFrames(chunk: Uint8Array, frames: Uint8Array[]): number {
  let at = 0
  while (at < chunk.length) {
    const length = candidateBytes(chunk, at, chunk.length)
    if (length === 0 || at + length > chunk.length || !endsRight(chunk, at, length)) break
    frames.push(copyOf(chunk, at, at + length))
    at += length
  }
  return at
}

function endsRight(bytes: Uint8Array, from: number, length: number): boolean {
  const checksumAt = from + length - 2
  if (byteAt(bytes, checksumAt + 1) !== end) return false
  let sum = 0
  for (let at = from + headBytes; at < checksumAt; at++) sum += byteAt(bytes, at)
  return (sum & 0xff) === byteAt(bytes, checksumAt)
}

/**
 * How long the frame at `from` is by its head: 0 if none can begin there, and more than there is
 * while the head itself is not whole.
 */
function candidateBytes(bytes: Uint8Array, from: number, to: number): number {
  const there = to - from
  if (byteAt(bytes, from) !== start) return 0
  if (there > 3 && byteAt(bytes, from + 1) !== byteAt(bytes, from + 3)) return 0
  if (there > 4 && byteAt(bytes, from + 2) !== byteAt(bytes, from + 4)) return 0
  if (there > 5 && byteAt(bytes, from + 5) !== start) return 0
  if (there < headBytes) return headBytes
  const user = (byteAt(bytes, from + 1) | (byteAt(bytes, from + 2) << 8)) >> 2
  return user < userMinBytes ? 0 : user + envelopeBytes
}

function moved(bytes: Uint8Array, from: number, to: number, size: number): Uint8Array {
  if (size === bytes.length) return bytes.copyWithin(0, from, to)
  const bigger = new Uint8Array(size)
  bigger.set(bytes.subarray(from, to))
  return bigger
}

/** A copy, so that a transport may use its buffer again; a Buffer's own slice would be a view. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from)
  for (let at = from; at < to; at++) copy[at - from] = byteAt(bytes, at)
  return copy
}

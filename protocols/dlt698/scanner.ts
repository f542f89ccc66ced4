import { byteAt } from '#protocols/bytes'
import type { Scanner } from '#protocols/model'
import {
  addressOffset,
  end,
  frameMaxBytes,
  headerLength,
  isRight,
  lengthAt,
  start,
  wakeUp,
} from './frame.ts'

/** Enough for the longest frame and a stretch of the next; what is held is never more. */
const holdMaxBytes = 2 * frameMaxBytes
const holdFirstBytes = 512
const nothing = new Uint8Array(0)

/**
 * Finds frames in a stream, of either direction. A start byte is worth waiting for only while its
 * header can still be right: length, address and header checksum (HCS) are looked at first. On doubt
 * one byte is dropped. What comes out does not depend on how the stream was cut into chunks. An idle
 * scanner holds no buffer.
 */
export function frameScanner(): Scanner {
  return new FrameScanner()
}

class FrameScanner implements Scanner {
  skippedBytes = 0
  #held = nothing
  #heldBytes = 0

  get pending(): boolean {
    return this.#heldBytes > 0
  }

  reset(): void {
    this.#heldBytes = 0
    this.#held = nothing
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = []
    let taken = 0
    while (taken < chunk.length) {
      if (this.#heldBytes === 0) {
        const stop = this.#scan(chunk, taken, chunk.length, frames)
        this.#hold(chunk, stop, Math.min(chunk.length, stop + holdMaxBytes))
        taken = Math.min(chunk.length, stop + holdMaxBytes)
      } else {
        const more = Math.min(chunk.length - taken, holdMaxBytes - this.#heldBytes)
        this.#hold(chunk, taken, taken + more)
        taken += more
        const stop = this.#scan(this.#held, 0, this.#heldBytes, frames)
        this.#held.copyWithin(0, stop, this.#heldBytes)
        this.#heldBytes -= stop
      }
    }
    if (this.#heldBytes === 0) this.#held = nothing
    return frames
  }

  /** Collects the frames of a range; gives where the rest begins, which may become a frame. */
  #scan(bytes: Uint8Array, from: number, to: number, frames: Uint8Array[]): number {
    let at = from
    while (at < to) {
      const first = byteAt(bytes, at)
      const length = first === start ? candidate(bytes, at, to) : 0
      if (length < 0) return at
      if (length > 0) {
        frames.push(copyOf(bytes, at, at + length))
        at += length
        continue
      }
      if (first !== wakeUp) this.skippedBytes++
      at++
    }
    return to
  }

  #hold(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#heldBytes + to - from
    if (length > this.#held.length) {
      let room = Math.max(holdFirstBytes, this.#held.length)
      while (room < length) room *= 2
      const bigger = new Uint8Array(room)
      bigger.set(this.#held.subarray(0, this.#heldBytes))
      this.#held = bigger
    }
    for (let at = from; at < to; at++) this.#held[this.#heldBytes++] = byteAt(bytes, at)
  }
}

/** Bytes of the frame that begins here; 0 where none does, negative while more must come. */
function candidate(bytes: Uint8Array, from: number, to: number): number {
  if (from + 3 > to) return -1
  const length = lengthAt(bytes, from)
  if (length > frameMaxBytes) return 0
  if (from + addressOffset >= to) return -1
  const header = headerLength(bytes, from)
  if (length < header + 3) return 0
  if (from + header > to) return -1
  if (!isRight(bytes, from + 1, from + header - 2)) return 0
  if (from + length > to) return -1
  if (byteAt(bytes, from + length - 1) !== end) return 0
  return isRight(bytes, from + 1, from + length - 3) ? length : 0
}

/** A copy, so that a transport may use its buffer again; a Buffer's own slice would be a view. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from)
  for (let at = from; at < to; at++) copy[at - from] = byteAt(bytes, at)
  return copy
}

import { byteAt } from '#protocols/bytes'
import type { Scanner } from '#protocols/model'
import {
  envelopeBytes,
  frameLengthAt,
  frameMaxBytes,
  lengthOffset,
  mayBegin,
  start,
  wakeUp,
} from './frame.ts'

/** Enough for the longest frame and a stretch of the next; what is held is never more. */
const holdMaxBytes = 2 * frameMaxBytes

/**
 * Finds DL/T 645 frames in a stream, of either direction and edition. Start, second start, length,
 * end and checksum are checked before anything is consumed; on doubt one byte is dropped and the
 * search goes on behind it. What comes out does not depend on how the stream was cut into chunks.
 * Wake-up bytes belong to the protocol: they are passed over and not counted as skipped.
 */
export function frameScanner(): Scanner {
  return new FrameScanner()
}

class FrameScanner implements Scanner {
  skippedBytes = 0
  readonly #held = new Uint8Array(holdMaxBytes)
  #heldBytes = 0

  get pending(): boolean {
    return this.#heldBytes > 0
  }

  reset(): void {
    this.#heldBytes = 0
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = []
    let taken = 0
    while (taken < chunk.length) {
      if (this.#heldBytes === 0) {
        const stop = this.#scan(chunk, taken, chunk.length, frames)
        this.#hold(chunk, stop, chunk.length)
        taken = chunk.length
      } else {
        const more = Math.min(chunk.length - taken, holdMaxBytes - this.#heldBytes)
        const held = this.#heldBytes
        this.#hold(chunk, taken, taken + more)
        taken += more
        const stop = this.#scan(this.#held, 0, held + more, frames)
        this.#held.copyWithin(0, stop, held + more)
        this.#heldBytes = held + more - stop
      }
    }
    return frames
  }

  /** Collects the frames of a range; gives where the rest begins, which may become a frame. */
  #scan(bytes: Uint8Array, from: number, to: number, frames: Uint8Array[]): number {
    let at = from
    while (at < to) {
      const first = byteAt(bytes, at)
      if (first === start && mayBegin(bytes, at, to)) {
        const end =
          at + lengthOffset < to ? at + envelopeBytes + byteAt(bytes, at + lengthOffset) : to + 1
        if (end > to) return at
        const length = frameLengthAt(bytes, at, to)
        if (length > 0) {
          frames.push(copyOf(bytes, at, at + length))
          at += length
          continue
        }
      }
      if (first !== wakeUp) this.skippedBytes++
      at++
    }
    return to
  }

  #hold(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at++) this.#held[this.#heldBytes++] = byteAt(bytes, at)
  }
}

/** A copy, so that a transport may use its buffer again; a Buffer's own slice would be a view. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from)
  for (let at = from; at < to; at++) copy[at - from] = byteAt(bytes, at)
  return copy
}

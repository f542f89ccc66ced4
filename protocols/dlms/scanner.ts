import { byteAt } from '#protocols/bytes'
import type { Scanner } from '#protocols/model'
import { bodyAt, flag, frameMaxBytes } from './frame.ts'
import { wrappedAt, wrappedMaxBytes } from './wrapper.ts'

/** What a search says of one place: so many bytes are a frame, more are needed, it is none. */
type Look = (bytes: Uint8Array, at: number, to: number) => number | 'more' | 'none'

const HELD_FIRST_BYTES = 256

/**
 * Finds HDLC frames in a stream, of either direction. Both check sequences and the closing flag are
 * right before anything is consumed; a flag may close one frame and open the next. Flags between
 * frames are idle line and not counted as skipped.
 */
export function hdlcScanner(): Scanner {
  return new StreamScanner(hdlcAt, frameMaxBytes, flag)
}

/** Finds wrapped APDUs in a TCP stream: version, length and a known APDU tag are all there is. */
export function wrapperScanner(): Scanner {
  return new StreamScanner(wrappedAt, wrappedMaxBytes, null)
}

function hdlcAt(bytes: Uint8Array, at: number, to: number): number | 'more' | 'none' {
  if (byteAt(bytes, at) !== flag) return 'none'
  const body = bodyAt(bytes, at + 1, to)
  return typeof body === 'number' ? body + 2 : body
}

class StreamScanner implements Scanner {
  skippedBytes = 0
  readonly #look: Look
  readonly #frameMaxBytes: number
  /** A byte that both closes a frame and may open the next. */
  readonly #shared: number | null
  #held = new Uint8Array(0)
  #heldBytes = 0
  /** The byte held first closed a frame: alone it is nothing that waits. */
  #closed = false

  constructor(look: Look, maxBytes: number, shared: number | null) {
    this.#look = look
    this.#frameMaxBytes = maxBytes
    this.#shared = shared
  }

  get pending(): boolean {
    return this.#heldBytes > (this.#closed ? 1 : 0)
  }

  reset(): void {
    this.#heldBytes = 0
    this.#closed = false
    this.#held = new Uint8Array(0)
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = []
    let taken = 0
    while (taken < chunk.length) {
      // What waits is shorter than a frame, so each turn takes at least one byte of the chunk.
      const more = Math.min(chunk.length - taken, 2 * this.#frameMaxBytes - this.#heldBytes)
      this.#hold(chunk, taken, taken + more)
      taken += more
      this.#scan(frames)
    }
    return frames
  }

  #scan(frames: Uint8Array[]): void {
    const to = this.#heldBytes
    let at = 0
    while (at < to) {
      const found = this.#look(this.#held, at, to)
      if (found === 'more') break
      if (found === 'none') {
        if (byteAt(this.#held, at) !== this.#shared) this.skippedBytes++
        at++
        this.#closed = false
        continue
      }
      frames.push(this.#held.slice(at, at + found))
      // The closing flag stays: the next frame may begin with it.
      at += found - (this.#shared === null ? 0 : 1)
      this.#closed = this.#shared !== null
    }
    this.#held.copyWithin(0, at, to)
    this.#heldBytes = to - at
    if (this.#heldBytes === 0) this.#closed = false
    if (this.#heldBytes <= 1 && this.#held.length > HELD_FIRST_BYTES) {
      this.#held = this.#held.slice(0, HELD_FIRST_BYTES)
    }
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    const bytes = this.#heldBytes + to - from
    if (bytes > this.#held.length) {
      const bigger = new Uint8Array(Math.max(HELD_FIRST_BYTES, 2 * this.#held.length, bytes))
      bigger.set(this.#held.subarray(0, this.#heldBytes))
      this.#held = bigger
    }
    for (let at = from; at < to; at++) this.#held[this.#heldBytes++] = byteAt(chunk, at)
  }
}

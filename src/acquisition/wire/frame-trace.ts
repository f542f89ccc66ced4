import type { FrameAim } from '#protocols/model'
import type { Clock } from '#src/core'
import type { WireFrame } from '#src/evidence'

/** What one visit leaves behind as evidence: a meter that goes mad costs no more. */
const FRAMES_MAX = 64
const BYTES_MAX = 8_192

interface Traced extends WireFrame {
  bytes: Uint8Array
  isCut: boolean
}

/** What goes over a line, until whoever visits a meter takes it along. */
export class FrameTrace {
  readonly #clock: Clock
  #frames: Traced[] = []
  #bytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A frame that leaves; its secrets do not stay. */
  sent(frame: Uint8Array, secrets: FrameAim['secrets']): void {
    const bytes = Uint8Array.from(frame)
    for (const { from, to } of secrets) bytes.fill(0, from, to)
    this.#add('sent', bytes, secrets)
  }

  /** Bytes as they come; those in a row are one. */
  received(chunk: Uint8Array): void {
    const last = this.#frames.at(-1)
    if (last?.direction !== 'received') {
      this.#add('received', chunk, [])
      return
    }
    const room = Math.max(0, BYTES_MAX - this.#bytes)
    const kept = chunk.subarray(0, room)
    last.isCut ||= kept.length < chunk.length
    if (kept.length === 0) return
    last.bytes = Buffer.concat([last.bytes, kept])
    this.#bytes += kept.length
  }

  /** Everything since it was taken the last time. */
  take(): readonly WireFrame[] {
    const frames = this.#frames
    this.#frames = []
    this.#bytes = 0
    return frames
  }

  #add(direction: WireFrame['direction'], bytes: Uint8Array, masked: WireFrame['masked']): void {
    if (this.#frames.length >= FRAMES_MAX) return
    const kept = bytes.subarray(0, Math.max(0, BYTES_MAX - this.#bytes))
    const isCut = kept.length < bytes.length
    this.#frames.push({ at: this.#clock.now(), direction, bytes: kept, masked, isCut })
    this.#bytes += kept.length
  }
}

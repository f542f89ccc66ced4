import type { FrameAim } from '#protocols/model'
import type { Clock } from '#src/core'
import type { WireFrame } from '#src/evidence'

/** What one visit leaves behind as evidence: a meter that goes mad costs no more. */
const FRAMES_MAX = 64
const BYTES_MAX = 8_192

const none: WireFrame['masked'] = []
const nothing: readonly WireFrame[] = []

interface Traced extends WireFrame {
  bytes: Uint8Array
  isCut: boolean
}

/** What goes over a line, until whoever visits a meter takes it along. */
export class FrameTrace {
  readonly #clock: Clock
  #frames: Traced[] = []
  #bytes = 0
  /** Of what was sent since, as it was: a two-wire line may give it back. */
  #secrets: Uint8Array[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A frame that leaves; its secrets do not stay. */
  sent(frame: Uint8Array, secrets: FrameAim['secrets']): void {
    const bytes = secrets.length === 0 ? frame : frame.slice()
    for (const { from, to } of secrets) this.#secrets.push(frame.slice(from, to))
    for (const { from, to } of secrets) bytes.fill(0, from, to)
    this.#add('sent', bytes, secrets)
  }

  /** Bytes as they come; those in a row are one. */
  received(chunk: Uint8Array): void {
    const last = this.#frames.at(-1)
    if (last?.direction !== 'received') {
      this.#add('received', chunk, none)
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
    if (frames.length === 0) return nothing
    this.#frames = []
    this.#bytes = 0
    if (this.#secrets.length === 0) return frames
    const secrets = this.#secrets.filter(isTelling)
    this.#secrets = []
    return secrets.length === 0 ? frames : frames.map((frame) => withoutEchoes(frame, secrets))
  }

  /** Frames that were taken too early: they come before what is there. */
  putBack(frames: readonly WireFrame[]): void {
    if (frames.length === 0) return
    this.#frames.unshift(...frames.map((frame) => ({ ...frame, isCut: false })))
    for (const { bytes } of frames) this.#bytes += bytes.length
  }

  #add(direction: WireFrame['direction'], bytes: Uint8Array, masked: WireFrame['masked']): void {
    if (this.#frames.length >= FRAMES_MAX) return
    const room = Math.max(0, BYTES_MAX - this.#bytes)
    const isCut = room < bytes.length
    const kept = isCut ? bytes.subarray(0, room) : bytes
    this.#frames.push({ at: this.#clock.now(), direction, bytes: kept, masked, isCut })
    this.#bytes += kept.length
  }
}

/** A password of one digit all over hides nothing, and would hide everything. */
function isTelling(secret: Uint8Array): boolean {
  return secret.some((byte) => byte !== secret[0])
}

/** What came, without the secrets of what was sent: the echo of a frame is a frame. */
function withoutEchoes(frame: WireFrame, secrets: readonly Uint8Array[]): WireFrame {
  if (frame.direction === 'sent') return frame
  const bytes = Buffer.from(frame.bytes)
  const masked = [...frame.masked]
  for (const secret of secrets) {
    for (let from = bytes.indexOf(secret); from >= 0; from = bytes.indexOf(secret, from)) {
      const to = from + secret.length
      bytes.fill(0, from, to)
      masked.push({ from, to })
    }
  }
  return masked.length === 0 ? frame : { ...frame, bytes, masked }
}

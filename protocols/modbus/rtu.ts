import { crc16Modbus, hexPair, toHex } from '#protocols/bytes'
import type { Malformed, Scanner } from '#protocols/model'
import { type Message, messageLength, type Role } from './pdu.ts'

/** The longest RTU frame (MODBUS over Serial Line V1.02 §2.5.1). */
const FRAME_BYTES_MAX = 256
/** Bytes held at most; a chunk that is longer is eaten piece by piece. */
const HELD_BYTES_MAX = 4 * FRAME_BYTES_MAX
export const CRC_BYTES = 2

/** Who is heard: a slave hears requests, a master replies, a watcher on the bus both. */
export type Hears = 'requests' | 'replies' | 'both'

/** RTU has no start byte: silence ends a frame, and where the transport knows it, it may say so. */
export interface RtuScanner extends Scanner {
  /** The line fell silent, so what is held will not grow: what still is a frame in it. */
  silence(): readonly Uint8Array[]
}

const rolesHeard: Record<Hears, readonly Role[]> = {
  requests: ['request'],
  replies: ['reply'],
  both: ['reply', 'request'],
}

export function rtuFrame(message: Message): Uint8Array {
  const frame = new Uint8Array(message.length + CRC_BYTES)
  frame.set(message)
  const crc = crc16Modbus(message)
  frame[message.length] = crc & 0xff
  frame[message.length + 1] = crc >> 8
  return frame
}

export type Unframed =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly malformed: Malformed }

export function rtuMessage(frame: Uint8Array): Unframed {
  if (frame.length < 4 || frame.length > FRAME_BYTES_MAX) {
    const message = `an RTU frame has 4 to ${FRAME_BYTES_MAX} bytes, not ${frame.length}`
    return { ok: false, malformed: { code: 'modbus.length', message, offset: frame.length } }
  }
  if (!crcHolds(frame, 0, frame.length)) {
    const offset = frame.length - CRC_BYTES
    const computed = crc16Modbus(frame, 0, offset)
    const sent = toHex(frame.subarray(offset)).replace(/..$/, ' $&')
    const message = `the CRC is ${sent}, computed ${hexPair(computed)} ${hexPair(computed >> 8)}`
    return { ok: false, malformed: { code: 'modbus.crc', message, offset } }
  }
  return { ok: true, message: frame.subarray(0, frame.length - CRC_BYTES) }
}

function crcHolds(bytes: Uint8Array, from: number, to: number): boolean {
  const sent = (bytes[to - 2] ?? 0) | ((bytes[to - 1] ?? 0) << 8)
  return crc16Modbus(bytes, from, to - CRC_BYTES) === sent
}

type Found =
  | { readonly kind: 'frame'; readonly length: number }
  | { readonly kind: 'none' | 'wait' }

class RtuStream implements RtuScanner {
  skippedBytes = 0
  readonly #roles: readonly Role[]
  #held: Uint8Array = new Uint8Array(0)

  constructor(roles: readonly Role[]) {
    this.#roles = roles
  }

  get pending(): boolean {
    return this.#held.length > 0
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = []
    for (let from = 0; from < chunk.length; from += HELD_BYTES_MAX) {
      const piece = chunk.subarray(from, from + HELD_BYTES_MAX)
      const joined = new Uint8Array(this.#held.length + piece.length)
      joined.set(this.#held)
      joined.set(piece, this.#held.length)
      this.#scan(joined, frames, false)
    }
    return frames
  }

  silence(): readonly Uint8Array[] {
    const frames: Uint8Array[] = []
    this.#scan(this.#held, frames, true)
    return frames
  }

  reset(): void {
    this.skippedBytes += this.#held.length
    this.#held = new Uint8Array(0)
  }

  /** Keeps what may still become a frame; after silence nothing can. */
  #scan(bytes: Uint8Array, frames: Uint8Array[], ended: boolean): void {
    let at = 0
    while (at < bytes.length) {
      const found = this.#find(bytes.subarray(at, at + FRAME_BYTES_MAX))
      if (found.kind === 'frame') {
        frames.push(bytes.slice(at, at + found.length))
        at += found.length
      } else if (found.kind === 'wait' && !ended) {
        break
      } else {
        at += 1
        this.skippedBytes += 1
      }
    }
    this.#held = bytes.slice(at)
  }

  #find(bytes: Uint8Array): Found {
    let waits = false
    for (const role of this.#roles) {
      const length = messageLength(bytes, role) + CRC_BYTES
      if (length === CRC_BYTES || length > FRAME_BYTES_MAX) continue
      if (length > bytes.length) waits = true
      else if (crcHolds(bytes, 0, length)) return { kind: 'frame', length }
    }
    return { kind: waits ? 'wait' : 'none' }
  }
}

/**
 * Finds RTU frames by function code, length and CRC in a stream that may hold noise and, on a
 * watched bus, requests and replies mixed. A damaged head can make it wait for up to one frame's
 * length of further bytes; nothing is lost, and `silence` ends the wait.
 */
export function rtuScanner(hears: Hears): RtuScanner {
  return new RtuStream(rolesHeard[hears])
}

import type { Malformed, Scanner } from '#protocols/model'
import { type Message, messageRole } from './pdu.ts'
import { word } from './word.ts'

/** Transaction, protocol and length: the MBAP header without the unit, which is the message's. */
export const HEAD_BYTES = 6
/** Unit and PDU of at most 253 bytes (MODBUS Messaging on TCP/IP V1.0b §3.1.3). */
const MESSAGE_BYTES_MAX = 254
const HELD_BYTES_MAX = 4 * (HEAD_BYTES + MESSAGE_BYTES_MAX)

export function mbapFrame(message: Message, transaction: number): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + message.length)
  frame.set([(transaction >> 8) & 0xff, transaction & 0xff, 0, 0, 0, message.length])
  frame.set(message, HEAD_BYTES)
  return frame
}

export type MbapUnframed =
  | { readonly ok: true; readonly transaction: number; readonly message: Message }
  | { readonly ok: false; readonly malformed: Malformed }

export function mbapMessage(frame: Uint8Array): MbapUnframed {
  const length = word(frame, 4)
  if (frame.length < HEAD_BYTES + 2) {
    return broken('modbus.length', `${frame.length} bytes are no whole MBAP frame`, frame.length)
  }
  if (word(frame, 2) !== 0) return broken('modbus.protocol-id', 'the MBAP protocol id is not 0', 2)
  if (length !== frame.length - HEAD_BYTES || length > MESSAGE_BYTES_MAX) {
    const text = `the MBAP length says ${length} and ${frame.length - HEAD_BYTES} bytes follow`
    return broken('modbus.length', text, 4)
  }
  return { ok: true, transaction: word(frame, 0), message: frame.subarray(HEAD_BYTES) }
}

function broken(code: string, message: string, offset: number): MbapUnframed {
  return { ok: false, malformed: { code, message, offset } }
}

class MbapStream implements Scanner {
  skippedBytes = 0
  #held: Uint8Array = new Uint8Array(0)

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
      this.#scan(joined, frames)
    }
    return frames
  }

  reset(): void {
    this.skippedBytes += this.#held.length
    this.#held = new Uint8Array(0)
  }

  #scan(bytes: Uint8Array, frames: Uint8Array[]): void {
    let at = 0
    while (at < bytes.length) {
      const end = at + mbapLength(bytes.subarray(at))
      if (end > bytes.length) break
      if (end > at && messageRole(bytes.subarray(at + HEAD_BYTES, end)) !== 'neither') {
        frames.push(bytes.slice(at, end))
        at = end
      } else {
        at += 1
        this.skippedBytes += 1
      }
    }
    this.#held = bytes.slice(at)
  }
}

/** Length of the frame that begins here, as far as its head tells; zero where none can. */
function mbapLength(bytes: Uint8Array): number {
  if ((bytes[2] ?? 0) !== 0 || (bytes[3] ?? 0) !== 0 || (bytes[4] ?? 0) !== 0) return 0
  const length = bytes[5]
  if (length === undefined) return HEAD_BYTES
  return length >= 2 && length <= MESSAGE_BYTES_MAX ? HEAD_BYTES + length : 0
}

/**
 * Finds MBAP frames in a TCP stream. There is no checksum: a frame counts when protocol id,
 * length and the function's own layout agree; otherwise one byte is dropped.
 */
export function mbapScanner(): Scanner {
  return new MbapStream()
}

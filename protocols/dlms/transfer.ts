import { Writer } from '#protocols/bytes'
import type { Cursor } from './cursor.ts'
import { putSized } from './sized.ts'

/** General block transfer (Green Book 9.3.5): a piece of an APDU, whatever that is. */
export const transferTag = 0xe0
const LAST = 0x80
const STREAMING = 0x40
const WINDOW_MASK = 0x3f

export interface Transfer {
  readonly last: boolean
  /** More pieces come by themselves. */
  readonly streaming: boolean
  /** Pieces that the sender takes in a row. */
  readonly window: number
  /** Of this piece, from 1. */
  readonly number: number
  /** The last piece that was taken of the other side; 0 for none. */
  readonly taken: number
  /** Empty where a piece only says what was taken. */
  readonly bytes: Uint8Array
}

/** Takes a piece, tag included; null where it is none. */
export function readTransfer(cursor: Cursor): Transfer | null {
  const from = cursor.at
  if (cursor.uint8() !== transferTag) return null
  if (cursor.parts) cursor.note(from, 'GeneralBlockTransfer')
  const at = cursor.at
  const control = cursor.uint8()
  const last = (control & LAST) !== 0
  const streaming = (control & STREAMING) !== 0
  const window = control & WINDOW_MASK
  if (cursor.parts) {
    const rest = last
      ? 'last block'
      : streaming
        ? 'more comes by itself'
        : 'more is to be asked for'
    cursor.note(at, `${rest}, window ${window}`)
  }
  const numberAt = cursor.at
  const number = cursor.uint16()
  if (cursor.parts) cursor.note(numberAt, `block ${number}`)
  const takenAt = cursor.at
  const taken = cursor.uint16()
  if (cursor.parts) cursor.note(takenAt, `took block ${taken}`)
  const bytesAt = cursor.at
  const bytes = cursor.sized()
  if (cursor.parts) cursor.note(bytesAt, `${bytes.length} bytes of an APDU`)
  return cursor.failed ? null : { last, streaming, window, number, taken, bytes }
}

export function writeTransfer({
  last,
  streaming,
  window,
  number,
  taken,
  bytes,
}: Transfer): Uint8Array {
  const control = (last ? LAST : 0) | (streaming ? STREAMING : 0) | (window & WINDOW_MASK)
  const writer = new Writer().uint8(transferTag).uint8(control).uint16(number).uint16(taken)
  return putSized(writer, bytes).done()
}

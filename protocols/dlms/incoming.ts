import type { Malformed } from '#protocols/model'
import { Cursor } from './cursor.ts'
import { joined } from './sized.ts'
import { readTransfer, type Transfer, writeTransfer } from './transfer.ts'

/** More than any meter's answer: what would be beyond it is a meter gone mad. */
const BYTES_MAX = 8 << 20
/** Over HDLC the line is given back after each frame; a stream may bring several in a row. */
const windows = { hdlc: 1, wrapper: 16 } as const

export type ReadPiece =
  | { readonly ok: true; readonly transfer: Transfer; readonly whole: Uint8Array | null }
  | { readonly ok: false; readonly malformed: Malformed }

/** An APDU that comes by general block transfer, as far as it is there. */
export class Incoming {
  /** True while the next piece comes without being asked for. */
  isStreaming = false
  #pieces: Uint8Array[] = []
  #bytes = 0
  #confirmed = 0

  begin(): void {
    this.isStreaming = false
    this.#pieces = []
    this.#bytes = 0
    this.#confirmed = 0
  }

  /** A piece that is due, and with the last one the whole; a lost piece is not made up for. */
  read(bytes: Uint8Array): ReadPiece {
    const cursor = new Cursor(bytes)
    const transfer = readTransfer(cursor)
    if (!transfer || !cursor.isDone) return fault('apdu', 'a block is cut off or too long')
    const due = this.#pieces.length + 1
    if (transfer.number !== due) {
      return fault('block-number', `block ${transfer.number} came where ${due} was due`)
    }
    if (this.#bytes + transfer.bytes.length > BYTES_MAX) {
      return fault('transfer-too-long', `an answer of more than ${BYTES_MAX} bytes`)
    }
    const whole = transfer.last ? joined(...this.#pieces, transfer.bytes) : null
    return { ok: true, transfer, whole }
  }

  take({ last, streaming, bytes }: Transfer): void {
    this.isStreaming = streaming && !last
    this.#bytes += bytes.length
    this.#pieces.push(bytes.slice())
  }

  /** Says which pieces came, and asks for as many as one window holds. */
  confirm(framing: keyof typeof windows): Uint8Array {
    this.#confirmed++
    return writeTransfer({
      last: true,
      streaming: false,
      window: windows[framing],
      number: this.#confirmed,
      taken: this.#pieces.length,
      bytes: new Uint8Array(0),
    })
  }
}

const fault = (code: string, message: string): ReadPiece => ({
  ok: false,
  malformed: { code: `dlms.${code}`, message },
})

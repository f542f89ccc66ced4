import type { Malformed } from '#protocols/model'
import type { Association } from './association.ts'
import { Incoming } from './incoming.ts'
import { isInformation } from './link.ts'
import type { DlmsResponse } from './request.ts'
import { readWholeApdu } from './reveal.ts'
import type { Route } from './route.ts'
import { joined } from './sized.ts'
import { transferTag } from './transfer.ts'
import { type Carried, withoutLlc } from './transport.ts'

/** What a length of two bytes can say; no meter is offered more. */
const APDU_BYTES_MAX = 0x1_0000

type Read =
  | { readonly ok: true; readonly response: DlmsResponse }
  | { readonly ok: false; readonly malformed: Malformed }

/** What of a meter's APDU came so far, by pieces of the link and by blocks of the application. */
export class Inbox {
  readonly #incoming = new Incoming()
  /** The beginning of an APDU that goes on in the next frame. */
  #received: Uint8Array | null = null

  /** True while the next block comes without being asked for. */
  get isStreaming(): boolean {
    return this.#incoming.isStreaming
  }

  /** Something new is asked for. */
  begin(): void {
    this.#received = null
    this.#incoming.begin()
  }

  /** What a frame comes to with what came before it; nothing is kept of it. */
  read(carried: Carried, association: Association, isEnding: boolean): Read {
    const { framing, source, destination, control, segmented } = carried
    const received = this.#received
    const piece = received ? carried.info : withoutLlc(carried)
    const response: DlmsResponse = {
      framing,
      server: source,
      client: destination.upper,
      control,
      segmented,
      bytes: piece,
      apdu: null,
    }
    const isLink = control !== null && !isInformation(control)
    const bytes = received ? joined(received, piece) : piece
    if (bytes.length > APDU_BYTES_MAX) return tooLong
    if (segmented || isLink) return { ok: true, response }
    if (bytes[0] !== transferTag) return readApdu(bytes, response, association, isEnding)
    const read = this.#incoming.read(bytes)
    if (!read.ok) return read
    const { transfer, whole } = read
    if (!whole) return { ok: true, response: { ...response, transfer } }
    return readApdu(whole, { ...response, transfer }, association, isEnding)
  }

  /** Keeps what an expected frame brought. */
  take({ control, segmented, bytes, transfer }: DlmsResponse): void {
    if (segmented) this.#received = this.#received ? joined(this.#received, bytes) : bytes.slice()
    else if (control === null || isInformation(control)) this.#received = null
    if (transfer) this.#incoming.take(transfer)
  }

  confirm(framing: Route['framing']): Uint8Array {
    return this.#incoming.confirm(framing)
  }
}

function readApdu(
  bytes: Uint8Array,
  response: DlmsResponse,
  association: Association,
  isEnding: boolean,
): Read {
  const read = readWholeApdu(bytes, association, isEnding)
  return read.ok ? { ok: true, response: { ...response, apdu: read.apdu } } : read
}

const tooLong: Read = {
  ok: false,
  malformed: {
    code: 'dlms.apdu-too-long',
    message: `an APDU of more than ${APDU_BYTES_MAX} bytes`,
  },
}

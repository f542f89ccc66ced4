import { slave } from '#protocols/dlms'

/** Headings beside the bytes of a block, with those of the link. */
const OVERHEAD_BYTES = 16

/** An answer on its way by general block transfer: what was asked for goes out, and again. */
export class MeterTransfer {
  readonly #blocks: readonly Uint8Array[]

  constructor(apdu: Uint8Array, pduBytesMax: number) {
    const size = Math.max(1, pduBytesMax - OVERHEAD_BYTES)
    const count = Math.max(1, Math.ceil(apdu.length / size))
    this.#blocks = Array.from({ length: count }, (_, nth) =>
      apdu.subarray(nth * size, (nth + 1) * size),
    )
  }

  /** The first block alone: how many the client takes in a row, it has not said yet. */
  first(): readonly Uint8Array[] {
    return this.#window(0, 1, 0)
  }

  /** What follows the block that a client took last; null for what is no confirmation. */
  after(apdu: Uint8Array): readonly Uint8Array[] | null {
    const parsed = slave.apdu.parse(apdu)
    if (!parsed.ok || parsed.apdu.kind !== 'transfer') return null
    const { taken, window, number } = parsed.apdu.transfer
    return this.#window(taken, Math.max(1, window), number)
  }

  #window(from: number, window: number, taken: number): readonly Uint8Array[] {
    const blocks = this.#blocks.slice(from, from + window)
    return blocks.map((bytes, nth) => {
      const number = from + nth + 1
      const last = number === this.#blocks.length
      const streaming = !last && nth < blocks.length - 1
      return slave.apdu.writeTransfer({ last, streaming, window: 1, number, taken, bytes })
    })
  }
}

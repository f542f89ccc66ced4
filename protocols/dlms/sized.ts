import { Writer } from '#protocols/bytes'

/** A length or count as A-XDR and BER write it. */
export function putSize(writer: Writer, size: number): Writer {
  if (size < 0x80) return writer.uint8(size)
  if (size < 0x100) return writer.uint8(0x81).uint8(size)
  if (size < 0x1_0000) return writer.uint8(0x82).uint16(size)
  return writer.uint8(0x84).uint32(size)
}

export function putSized(writer: Writer, bytes: Uint8Array): Writer {
  return putSize(writer, bytes.length).put(bytes)
}

/** Tag, length and contents. */
export function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  return putSized(new Writer().uint8(tag), bytes).done()
}

export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer()
  for (const piece of pieces) writer.put(piece)
  return writer.done()
}

const POLYNOMIAL = 0xa001

/** CRC-16/MODBUS of the bytes up to `end`; on the wire its low byte goes first. */
export function crc16(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffff
  for (let i = start; i < end; i++) {
    crc ^= bytes[i] ?? 0
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1
  }
  return crc
}

export function withCrc(bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(bytes.length + 2)
  frame.set(bytes)
  frame.writeUInt16LE(crc16(bytes, 0, bytes.length), bytes.length)
  return frame
}

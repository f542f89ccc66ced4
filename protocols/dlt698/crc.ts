import { byteAt } from '#protocols/bytes'

const table = Uint16Array.from({ length: 256 }, (_, value) => {
  let crc = value
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1
  return crc
})

/** CRC-16/X-25 (appendix A): HCS and FCS, sent low byte first. */
export function crc16X25(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let at = from; at < to; at++) {
    crc = (crc >> 8) ^ Number(table[(crc ^ byteAt(bytes, at)) & 0xff])
  }
  return crc ^ 0xffff
}

import { byteAt } from '#protocols/bytes'

const table = Uint16Array.from({ length: 256 }, (_, value) => {
  let crc = value
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1
  return crc
})

/** The check sequence of HDLC (ISO/IEC 13239, CRC-16/X-25); sent low byte first. */
export function checkSequence(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let index = from; index < to; index++) {
    crc = (crc >> 8) ^ Number(table[(crc ^ byteAt(bytes, index)) & 0xff])
  }
  return crc ^ 0xffff
}

import { byteAt } from './byte-at.ts'

/** Sum of the bytes modulo 256: the check of DL/T 645 and Q/GDW 376.1 frames. */
export function sum8(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let sum = 0
  for (let index = from; index < to; index++) sum += byteAt(bytes, index)
  return sum & 0xff
}

/** What a reflected CRC-16 does to each byte. */
function crcTable(polynomial: number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, value) => {
    let crc = value
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ polynomial : crc >> 1
    return crc
  })
}

const modbusTable = crcTable(0xa001)
const x25Table = crcTable(0x8408)

/** CRC-16/Modbus (polynomial A001 reflected, start FFFF); sent low byte first. */
export function crc16Modbus(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff
  for (let index = from; index < to; index++) {
    crc = (crc >> 8) ^ Number(modbusTable[(crc ^ byteAt(bytes, index)) & 0xff])
  }
  return crc
}

/** CRC-16/X-25: HCS and FCS of DL/T 698.45 and HDLC (ISO/IEC 13239); sent low byte first. */
export function crc16X25(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let index = from; index < to; index++) {
    crc = (crc >> 8) ^ Number(x25Table[(crc ^ byteAt(bytes, index)) & 0xff])
  }
  return crc ^ 0xffff
}

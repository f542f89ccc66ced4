import { byteAt } from './byte-at.ts'

/** Sum of the bytes modulo 256: the check of DL/T 645 and Q/GDW 376.1 frames. */
export function sum8(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let sum = 0
  for (let index = from; index < to; index++) sum += byteAt(bytes, index)
  return sum & 0xff
}

const crcTable = Uint16Array.from({ length: 256 }, (_, value) => {
  let crc = value
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  return crc
})

/** CRC-16/Modbus (polynomial A001 reflected, start FFFF); sent low byte first. */
export function crc16Modbus(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff
  for (let index = from; index < to; index++) {
    crc = (crc >> 8) ^ Number(crcTable[(crc ^ byteAt(bytes, index)) & 0xff])
  }
  return crc
}

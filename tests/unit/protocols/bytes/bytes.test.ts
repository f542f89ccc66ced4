import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bcdToNumber,
  byteAt,
  crc16Modbus,
  fromHex,
  hexPair,
  hexWord,
  numberToBcd,
  Reader,
  sum8,
  toHex,
  Writer,
} from '#protocols/bytes'

test('hex goes both ways', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes)
      expect(fromHex(toHex(bytes).toLowerCase())).toEqual(bytes)
    }),
  )
})

test('hex is taken as people paste it and refused when it is none', () => {
  const bytes = Uint8Array.of(0x68, 0x01, 0xfe)
  for (const text of ['68 01 FE', '68:01:fe', '0x68,0x01,0xFE', '68-01;FE\n', '\t6801FE']) {
    expect(fromHex(text)).toEqual(bytes)
  }
  for (const text of ['6', '68 0', '6G', 'x', '68.01']) expect(fromHex(text)).toBeUndefined()
  expect(fromHex('')).toEqual(new Uint8Array())
})

test('a pair of hex digits is that of one byte', () => {
  expect(hexPair(0)).toBe('00')
  expect(hexPair(0xab)).toBe('AB')
  expect(hexPair(0x1ab)).toBe('AB')
  for (const _ of ['made', 'known']) expect(hexWord(0x1ab, 0x01)).toBe('AB01')
})

test('a byte behind the end is zero', () => {
  expect(byteAt(Uint8Array.of(7), 0)).toBe(7)
  expect(byteAt(Uint8Array.of(7), 1)).toBe(0)
})

test('BCD goes both ways up to seven bytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999_999_999 }), (value) => {
      expect(bcdToNumber(numberToBcd(value, 7))).toBe(value)
    }),
    { examples: [[0], [99_999_999_999_999]] },
  )
  expect(toHex(numberToBcd(1234, 3))).toBe('341200')
})

test('BCD is read from a range and refused for a nibble above nine', () => {
  const bytes = Uint8Array.of(0xff, 0x34, 0x12, 0xff)
  expect(bcdToNumber(bytes, 1, 3)).toBe(1234)
  expect(bcdToNumber(bytes)).toBeUndefined()
  expect(bcdToNumber(Uint8Array.of(0x0a))).toBeUndefined()
  expect(bcdToNumber(Uint8Array.of(0xa0))).toBeUndefined()
  expect(bcdToNumber(Uint8Array.of(0x01), 0, 2)).toBe(1)
  expect(bcdToNumber(bytes, 1, 1)).toBe(0)
})

test('a sum is taken modulo 256 over a range', () => {
  expect(sum8(Uint8Array.of(0xff, 0x02))).toBe(1)
  expect(sum8(Uint8Array.of(0xff, 0x02), 1)).toBe(2)
  expect(sum8(Uint8Array.of(1, 2, 3), 1, 2)).toBe(2)
  expect(sum8(Uint8Array.of(1), 0, 3)).toBe(1)
})

test("Modbus' check of its example request is right", () => {
  // Modbus over serial line V1.02, appendix B, and the check value of CRC catalogues.
  expect(crc16Modbus(new TextEncoder().encode('123456789'))).toBe(0x4b37)
  expect(crc16Modbus(Uint8Array.of(0x02, 0x07))).toBe(0x1241)
  expect(crc16Modbus(Uint8Array.of(9, 0x02, 0x07, 9), 1, 3)).toBe(0x1241)
  expect(crc16Modbus(Uint8Array.of(0x02), 0, 2)).toBe(crc16Modbus(Uint8Array.of(0x02, 0)))
})

test('a reader walks, and behind the end gives zeros and says so', () => {
  const reader = new Reader(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 1)
  expect(reader.remaining).toBe(7)
  expect(reader.uint8()).toBe(2)
  expect(reader.uint16()).toBe(0x0304)
  expect(toHex(reader.take(2))).toBe('0506')
  expect(reader.failed).toBe(false)
  expect(reader.uint32()).toBe(0x0708_0000)
  expect(reader.failed).toBe(true)
  expect(reader.remaining).toBe(0)
  expect(new Reader(Uint8Array.of(0xff, 0xff, 0xff, 0xff)).uint32()).toBe(0xffff_ffff)
  expect(new Reader(Uint8Array.of(1, 2, 3), 0, 2).remaining).toBe(2)
  expect(new Reader(new Uint8Array()).uint8()).toBe(0)
})

test('a writer grows, big-endian, and what it gave does not change', () => {
  const writer = new Writer().uint8(1).uint16(0x0203).uint32(0xfeff_0405)
  const first = writer.done()
  writer.put(new Uint8Array(100).fill(9))
  expect(toHex(first)).toBe('010203FEFF0405')
  expect(writer.length).toBe(107)
  expect(writer.done().length).toBe(107)
  expect(new Writer().put(new Uint8Array(1000)).length).toBe(1000)
})

test('what a writer writes a reader reads', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff_ffff)), (values) => {
      const writer = new Writer()
      for (const value of values) writer.uint32(value)
      const reader = new Reader(writer.done())
      expect(values.map(() => reader.uint32())).toEqual(values)
      expect(reader.failed).toBe(false)
    }),
  )
})

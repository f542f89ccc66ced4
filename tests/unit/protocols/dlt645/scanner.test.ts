import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, dlt645 } from '#protocols/dlt645'
import { bareFrame, bytesOf, vectors } from './vectors.ts'

const frames = vectors.map(({ hex }) => bareFrame(hex))
const someFrame = fc.constantFrom(...frames)
/** Noise that cannot begin a frame, so that what is found is decided by the frames alone. */
const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.filter((b) => b !== 0x68))

test('noise before, between and behind frames changes nothing and is counted', () => {
  const stream = fc.array(fc.tuple(noise, someFrame), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(stream, noise, fc.array(fc.nat(400), { maxLength: 8 }), (parts, tail, cuts) => {
      const bytes = Uint8Array.from(
        parts.flatMap((part) => part.flatMap((b) => [...b])).concat(...tail),
      )
      const scanner = dlt645.scanner()
      const found = inChunks(bytes, cuts).flatMap((chunk) => scanner.push(chunk))
      expect(found.map(toHex)).toEqual(parts.map(([, frame]) => toHex(frame)))
      const skipped = [...parts.map(([before]) => before), tail].flatMap((before) => [...before])
      expect(scanner.skippedBytes).toBe(skipped.filter((byte) => byte !== 0xfe).length)
      expect(scanner.pending).toBe(false)
    }),
  )
})

test('any bytes in any chunks give what they give in one chunk', () => {
  const byte = fc.constantFrom(0x68, 0x16, 0xfe, 0x00, 0x11, 0x04, 0x33)
  const soup = fc.array(
    fc.oneof(
      byte.map((b) => [b]),
      someFrame.map((f) => [...f]),
    ),
    {
      maxLength: 60,
    },
  )
  fc.assert(
    fc.property(soup, fc.array(fc.nat(1500), { maxLength: 20 }), (pieces, cuts) => {
      const bytes = Uint8Array.from(pieces.flat())
      const whole = dlt645.scanner()
      const expected = whole.push(bytes).map(toHex)
      const scanner = dlt645.scanner()
      const found = inChunks(bytes, cuts).flatMap((chunk) => scanner.push(chunk))
      expect(found.map(toHex)).toEqual(expected)
      expect(scanner.skippedBytes).toBe(whole.skippedBytes)
      expect(scanner.pending).toBe(whole.pending)
    }),
  )
})

test('a frame is found although its data, checksum and address are full of 68 and 16', () => {
  const data = Uint8Array.from({ length: 200 }, (_, index) => (index % 2 ? 0x35 : 0xe3))
  const frame = buildFrame({ address: '686816166868', control: 0x91, data })
  const scanner = dlt645.scanner()
  const found = [...frame].flatMap((byte) => scanner.push(Uint8Array.of(byte)))
  expect(found.map(toHex)).toEqual([toHex(frame)])
})

test('a false start costs one byte and not the frame behind it', () => {
  const frame = frames[1] ?? new Uint8Array()
  const scanner = dlt645.scanner()
  expect(scanner.push(Uint8Array.of(0x68, 0x68, ...frame)).map(toHex)).toEqual([toHex(frame)])
  expect(scanner.skippedBytes).toBe(2)
})

test('a damaged frame is skipped and the next one found', () => {
  const frame = frames[1] ?? new Uint8Array()
  const damaged = frame.slice()
  damaged[14] = 0x99
  const scanner = dlt645.scanner()
  expect(scanner.push(Uint8Array.of(...damaged, ...frame)).map(toHex)).toEqual([toHex(frame)])
  expect(scanner.skippedBytes).toBe(damaged.length)
})

test('what is held stays below two of the longest frames, whatever arrives', () => {
  const scanner = dlt645.scanner()
  const start = Uint8Array.of(0x68, 0, 0, 0, 0, 0, 0, 0x68, 0x91, 0xff)
  for (let round = 0; round < 200; round++) scanner.push(start)
  for (let round = 0; round < 200; round++) scanner.push(new Uint8Array(1000).fill(0x68))
  // Every byte is either skipped or held: what is not skipped is what is held.
  const pushed = 200 * start.length + 200 * 1000
  expect(pushed - scanner.skippedBytes).toBeLessThanOrEqual(2 * 267)
})

test('a frame of 255 data bytes is found, and one behind it', () => {
  const frame = buildFrame({ address: '000000000001', control: 0x91, data: new Uint8Array(255) })
  const scanner = dlt645.scanner()
  const found = [...scanner.push(frame.subarray(0, 266)), ...scanner.push(frame.subarray(266))]
  expect(found.map(toHex)).toEqual([toHex(frame)])
  expect(scanner.push(Uint8Array.of(...frame, ...frame)).length).toBe(2)
})

test('wake-up bytes alone are neither held nor counted', () => {
  const scanner = dlt645.scanner()
  expect(scanner.push(bytesOf('FEFEFEFE'))).toEqual([])
  expect(scanner.pending).toBe(false)
  expect(scanner.skippedBytes).toBe(0)
})

test('reset forgets the beginning of a frame, so that its rest answers nothing', () => {
  const frame = frames[1] ?? new Uint8Array()
  const scanner = dlt645.scanner()
  scanner.push(frame.subarray(0, 12))
  expect(scanner.pending).toBe(true)
  scanner.reset()
  expect(scanner.pending).toBe(false)
  expect(scanner.push(frame.subarray(12))).toEqual([])
  expect(scanner.push(frame).map(toHex)).toEqual([toHex(frame)])
})

test('a frame is a copy: the transport may use its buffer again', () => {
  const frame = frames[1] ?? new Uint8Array()
  const buffer = Buffer.from(frame)
  const [found] = dlt645.scanner().push(buffer)
  buffer.fill(0)
  expect(found && toHex(found)).toBe(toHex(frame))
})

function inChunks(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const sorted = cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b)
  const edges = [0, ...sorted, bytes.length]
  return edges.slice(1).map((to, index) => bytes.subarray(edges[index], to))
}

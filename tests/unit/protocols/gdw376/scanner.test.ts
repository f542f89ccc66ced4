import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, gdw376, parseFrame } from '#protocols/gdw376'
import { bytesOf, vectors } from './vectors.ts'

const frames = vectors.map(({ hex }) => bytesOf(hex))
const someFrame = fc.constantFrom(...frames)
/** Noise that cannot begin a frame, so that what is found is decided by the frames alone. */
const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.filter((b) => b !== 0x68))
const [first = new Uint8Array()] = frames

test('every vector is found whole wherever it is cut, and two that are glued together', () => {
  for (const frame of frames) {
    for (let cut = 1; cut < frame.length; cut += frame.length > 100 ? 7 : 1) {
      const scanner = gdw376.scanner()
      const found = [...scanner.push(frame.subarray(0, cut)), ...scanner.push(frame.subarray(cut))]
      expect(found.map(toHex)).toEqual([toHex(frame)])
    }
    expect(gdw376.scanner().push(Uint8Array.of(...frame, ...frame)).length).toBe(2)
  }
})

test('noise before, between and behind frames changes nothing and is counted', () => {
  const stream = fc.array(fc.tuple(noise, someFrame), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(stream, noise, fc.array(fc.nat(400), { maxLength: 8 }), (parts, tail, cuts) => {
      const bytes = joined([...parts.flat(), tail])
      const scanner = gdw376.scanner()
      const found = inChunks(bytes, cuts).flatMap((chunk) => scanner.push(chunk))
      expect(found.map(toHex)).toEqual(parts.map(([, frame]) => toHex(frame)))
      const skipped = [...parts.map(([before]) => before), tail]
      expect(scanner.skippedBytes).toBe(skipped.reduce((sum, { length }) => sum + length, 0))
      expect(scanner.pending).toBe(false)
    }),
  )
})

test('any bytes in any chunks give what they give in one chunk', () => {
  const byte = fc.constantFrom(0x68, 0x16, 0x32, 0x00, 0xc9)
  const start = fc.constant([0x68, 0x32, 0x00, 0x32, 0x00, 0x68])
  const soup = fc.array(
    fc.oneof(
      byte.map((b) => [b]),
      start,
      someFrame.map((f) => [...f]),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(soup, fc.array(fc.nat(1500), { maxLength: 20 }), (pieces, cuts) => {
      const bytes = Uint8Array.from(pieces.flat())
      const whole = gdw376.scanner()
      const expected = whole.push(bytes).map(toHex)
      const scanner = gdw376.scanner()
      const found = inChunks(bytes, cuts).flatMap((chunk) => scanner.push(chunk))
      expect(found.map(toHex)).toEqual(expected)
      expect(scanner.skippedBytes).toBe(whole.skippedBytes)
      expect(scanner.pending).toBe(whole.pending)
    }),
  )
})

test('a frame whose lengths differ is none', () => {
  const wrong = first.slice()
  wrong[3] = (wrong[3] ?? 0) ^ 4
  expect(gdw376.scanner().push(wrong)).toEqual([])
  expect(gdw376.describe(wrong).error?.code).toBe('gdw376.lengths-differ')
})

test('what is held stays below two of the longest frames, whatever arrives', () => {
  const scanner = gdw376.scanner()
  const longest = Uint8Array.of(0x68, 0xff, 0xff, 0xff, 0xff, 0x68)
  for (let round = 0; round < 20_000; round++) scanner.push(longest)
  expect(20_000 * longest.length - scanner.skippedBytes).toBeLessThanOrEqual(2 * 16_391)
})

test('the longest frame is found in chunks of any size', () => {
  const parsed = parseFrame(first)
  if (!parsed.ok) throw new Error('no frame')
  const frame = buildFrame({ ...parsed.frame, body: new Uint8Array(0x3fff - 8).fill(0x68) })
  for (const size of [1000, 4096, 16_384, 40_000]) {
    const scanner = gdw376.scanner()
    const found: Uint8Array[] = []
    for (let at = 0; at < frame.length; at += size) {
      found.push(...scanner.push(frame.subarray(at, at + size)))
    }
    expect(found.map(({ length }) => length)).toEqual([frame.length])
  }
})

test('reset forgets the beginning of a frame, so that its rest answers nothing', () => {
  const scanner = gdw376.scanner()
  scanner.push(first.subarray(0, 12))
  expect(scanner.pending).toBe(true)
  scanner.reset()
  expect(scanner.pending).toBe(false)
  expect(scanner.push(first.subarray(12))).toEqual([])
  expect(scanner.push(first).map(toHex)).toEqual([toHex(first)])
})

test('a frame is a copy: the transport may use its buffer again', () => {
  const buffer = Buffer.from(first)
  const [found] = gdw376.scanner().push(buffer)
  buffer.fill(0)
  expect(found && toHex(found)).toBe(toHex(first))
})

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

function inChunks(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const sorted = cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b)
  const edges = [0, ...sorted, bytes.length]
  return edges.slice(1).map((to, index) => bytes.subarray(edges[index], to))
}

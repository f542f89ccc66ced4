import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { dlt698 } from '#protocols/dlt698'
import { bytesOf, vector, vectors } from './vectors.ts'

const frame = vector('active import, total and four rates').hex

function scan(...chunks: readonly Uint8Array[]): readonly string[] {
  const scanner = dlt698.scanner()
  return chunks.flatMap((chunk) => scanner.push(chunk)).map(toHex)
}

test('every vector is found wherever it is cut in two', () => {
  for (const { hex } of vectors) {
    const bytes = bytesOf(hex)
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(scan(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual([hex])
    }
  }
})

test('frames glued together come one by one, also byte by byte', () => {
  const all = vectors.map(({ hex }) => hex)
  const bytes = bytesOf(all.join(''))
  expect(scan(bytes)).toEqual(all)
  expect(scan(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(all)
})

test('noise, starts that are none, and a frame with a wrong checksum are passed over', () => {
  const broken = `${frame.slice(0, -6)}0000${frame.slice(-2)}`
  const noise = '68FFFF6868170043050000'
  expect(scan(bytesOf(`${noise}${broken}FEFEFEFE${frame}0D0A${frame}`))).toEqual([frame, frame])
})

test('counts what it skips, but not wake-up bytes', () => {
  const scanner = dlt698.scanner()
  expect(scanner.push(bytesOf(`FEFE${frame}0D0A`)).length).toBe(1)
  expect(scanner.skippedBytes).toBe(2)
  expect(scanner.pending).toBe(false)
})

test('waits while a header may still be right, and forgets on reset', () => {
  const scanner = dlt698.scanner()
  scanner.push(bytesOf(frame.slice(0, 40)))
  expect(scanner.pending).toBe(true)
  scanner.reset()
  expect(scanner.pending).toBe(false)
  expect(scanner.push(bytesOf(frame)).map(toHex)).toEqual([frame])
})

test('a length that no device has is no beginning', () => {
  const scanner = dlt698.scanner()
  scanner.push(bytesOf('68FF3F43'))
  scanner.push(bytesOf('680300430500000000000000'))
  expect(scanner.push(bytesOf(frame)).map(toHex)).toEqual([frame])
})

test('what comes out does not depend on how any stream is cut', () => {
  const piece = fc.oneof(
    fc.constantFrom(...vectors.slice(0, 40).map(({ hex }) => hex)),
    fc.uint8Array({ maxLength: 30 }).map(toHex),
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.integer({ min: 1, max: 50 }),
      (parts, size) => {
        const bytes = bytesOf(parts.join(''))
        const chunks: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
        expect(scan(...chunks)).toEqual(scan(bytes))
      },
    ),
  )
})

test('holds no more than two frames of the longest kind, whatever comes', () => {
  const scanner = dlt698.scanner()
  const header = bytesOf(vector('reads active import, total').hex).subarray(0, 14)
  for (let round = 0; round < 2_000; round++) scanner.push(header)
  expect(scanner.skippedBytes).toBeGreaterThan(2_000 * header.length - 16_384)
})

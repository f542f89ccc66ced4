import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { mbap } from '#protocols/modbus'
import { bytes, vectors } from './vectors.ts'

const stream = vectors.mbap.map(({ frame }) => bytes(frame))
const join = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
const hex = (frames: readonly Uint8Array[]) => frames.map(toHex)

describe('a Modbus TCP frame', () => {
  test.each(vectors.mbap)('is built from and taken apart into its message: $frame', (vector) => {
    const { frame, message, transaction } = vector
    expect(toHex(mbap.frame(bytes(message), transaction))).toBe(frame)
    const taken = mbap.message(bytes(frame))
    expect(taken.ok && { ...taken, message: toHex(taken.message) }).toEqual({
      ok: true,
      transaction,
      message,
    })
  })

  test.each([
    ['000100', 'modbus.length'],
    ['00010001000601030000000A', 'modbus.protocol-id'],
    ['00010000000701030000000A', 'modbus.length'],
  ])('that is %s is refused as %s', (frame, code) => {
    expect(mbap.message(bytes(frame))).toMatchObject({ ok: false, malformed: { code } })
  })
})

describe('the Modbus TCP scanner', () => {
  test('finds frames split at every byte', () => {
    const line = join(stream)
    for (let cut = 0; cut <= line.length; cut++) {
      const scanner = mbap.scanner()
      const frames = [...scanner.push(line.subarray(0, cut)), ...scanner.push(line.subarray(cut))]
      expect(hex(frames)).toEqual(hex(stream))
      expect(scanner.pending).toBe(false)
    }
  })

  test('drops bytes until header and function agree', () => {
    const scanner = mbap.scanner()
    expect(hex(scanner.push(join([bytes('DEADBEEF'), ...stream])))).toEqual(hex(stream))
    expect(scanner.skippedBytes).toBe(4)
  })

  test('forgets what it holds when reset', () => {
    const scanner = mbap.scanner()
    scanner.push(bytes('00010000'))
    expect(scanner.pending).toBe(true)
    scanner.reset()
    expect(scanner.pending).toBe(false)
    expect(scanner.skippedBytes).toBe(4)
  })

  test('accounts for every byte of any noise and never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 }), (chunks) => {
        const scanner = mbap.scanner()
        const found = chunks.flatMap((chunk) => [...scanner.push(chunk)])
        scanner.reset()
        const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
        expect(found.reduce((sum, frame) => sum + frame.length, 0) + scanner.skippedBytes).toBe(
          total,
        )
      }),
    )
  })
})

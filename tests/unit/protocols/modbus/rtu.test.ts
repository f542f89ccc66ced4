import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { rtu, slave } from '#protocols/modbus'
import { bytes, vectors } from './vectors.ts'

const bus = vectors.rtu.map(({ frame }) => bytes(frame))
const join = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
const hex = (frames: readonly Uint8Array[]) => frames.map(toHex)

describe('an RTU frame', () => {
  test.each(vectors.rtu)('is built from and taken apart into its message: $source', (vector) => {
    expect(toHex(rtu.frame(bytes(vector.message)))).toBe(vector.frame)
    const taken = rtu.message(bytes(vector.frame))
    expect(taken.ok && toHex(taken.message)).toBe(vector.message)
  })

  test('with any bit flipped is refused', () => {
    for (const frame of bus) {
      for (let bit = 0; bit < 8 * frame.length; bit++) {
        const broken = frame.slice()
        broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(rtu.message(broken)).toMatchObject({ ok: false, malformed: { code: 'modbus.crc' } })
      }
    }
  })

  test('cut short or too long is refused', () => {
    for (const frame of bus) {
      for (let end = 0; end < frame.length; end++) {
        expect(rtu.message(frame.subarray(0, end)).ok).toBe(false)
      }
    }
    const long = rtu.message(new Uint8Array(257))
    expect(long).toMatchObject({ malformed: { code: 'modbus.length' } })
  })
})

describe('the RTU scanner', () => {
  test('finds requests and replies mixed on a watched bus, split at every byte', () => {
    const line = join(bus)
    for (let cut = 0; cut <= line.length; cut++) {
      const scanner = rtu.scanner('both')
      const frames = [...scanner.push(line.subarray(0, cut)), ...scanner.push(line.subarray(cut))]
      expect(hex(frames)).toEqual(hex(bus))
      expect(scanner.skippedBytes).toBe(0)
      expect(scanner.pending).toBe(false)
    }
  })

  test('finds every frame when bytes come one at a time', () => {
    const scanner = rtu.scanner('both')
    const frames = [...join(bus)].flatMap((byte) => [...scanner.push(Uint8Array.of(byte))])
    expect(hex(frames)).toEqual(hex(bus))
  })

  test('skips the zero bytes that a badly terminated line adds around an answer', () => {
    const answer = bytes('01040443696978106E')
    const scanner = rtu.scanner('replies')
    const noisy = join([Uint8Array.of(0), answer, Uint8Array.of(0)])
    const frames = [...scanner.push(noisy), ...scanner.push(noisy), ...scanner.silence()]
    expect(hex(frames)).toEqual(hex([answer, answer]))
    expect(scanner.skippedBytes).toBe(4)
  })

  test('gives up waiting for a damaged head when the line falls silent', () => {
    const scanner = rtu.scanner('both')
    const request = bytes('01030000000AC5CD')
    expect(scanner.push(join([bytes('0103FA'), request]))).toEqual([])
    expect(scanner.pending).toBe(true)
    expect(hex(scanner.silence())).toEqual(hex([request]))
    expect(scanner.pending).toBe(false)
    expect(scanner.skippedBytes).toBe(3)
  })

  test('of a slave is not held up by what only a reply could be', () => {
    const scanner = rtu.scanner('requests')
    const request = bytes('01030000000AC5CD')
    expect(hex(scanner.push(join([bytes('0183'), request])))).toEqual(hex([request]))
  })

  test('forgets what it holds when reset and counts it as skipped', () => {
    const scanner = rtu.scanner('both')
    scanner.push(bytes('0103'))
    scanner.reset()
    expect(scanner.pending).toBe(false)
    expect(scanner.skippedBytes).toBe(2)
    expect(hex(scanner.push(bytes('01030000000AC5CD')))).toEqual(['01030000000AC5CD'])
  })

  test('never throws, holds little and finds a frame behind any noise once it ends', () => {
    const frame = bytes('010404436633341B38')
    const noise = fc.uint8Array({ maxLength: 600 })
    fc.assert(
      fc.property(noise, fc.nat(600), (junk, cut) => {
        const scanner = rtu.scanner('both')
        const line = join([junk, frame])
        const found = [
          ...scanner.push(line.subarray(0, cut)),
          ...scanner.push(line.subarray(cut)),
          ...scanner.silence(),
        ]
        const kept = found.reduce((sum, part) => sum + part.length, 0)
        expect(kept + scanner.skippedBytes).toBe(line.length)
        // Noise may itself end in a frame that takes the first bytes; chance makes that rare.
        expect(found.length).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  test('takes a chunk of any size', () => {
    const frame = rtu.frame(slave.exception(1, 4, 2))
    const many = join(Array.from({ length: 2000 }, () => frame))
    expect(rtu.scanner('both').push(many)).toHaveLength(2000)
  })
})

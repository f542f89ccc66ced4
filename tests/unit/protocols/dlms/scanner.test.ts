import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { hdlcScanner, slave, wrapperScanner } from '#protocols/dlms'
import { bytesOf, vectors } from './vectors.ts'

const frames = vectors.filter(({ hex }) => hex.startsWith('7E')).map(({ hex }) => bytesOf(hex))

describe('frames in a stream', () => {
  it('are found in noise, however the stream is cut', () => {
    const pieces = fc.array(
      fc.oneof(fc.constantFrom(...frames), fc.uint8Array({ maxLength: 12 })),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 1, max: 90 })), (parts, cuts) => {
        const stream = slave.join(...parts)
        const once = hdlcScanner()
        const all = once.push(stream).map(toHex)
        const scanner = hdlcScanner()
        const found: string[] = []
        let at = 0
        for (const size of [...cuts, stream.length]) {
          found.push(...scanner.push(stream.subarray(at, at + size)).map(toHex))
          at = Math.min(stream.length, at + size)
        }
        expect(found).toEqual(all)
        expect(scanner.skippedBytes).toBe(once.skippedBytes)
      }),
    )
  })

  it('are waited for, but not for ever', () => {
    const scanner = hdlcScanner()
    const [frame] = frames
    if (!frame) throw new Error('no vectors')
    scanner.push(frame.subarray(0, 5))
    expect(scanner.pending).toBe(true)
    scanner.reset()
    expect(scanner.pending).toBe(false)
    expect(scanner.push(frame).length).toBe(1)
    scanner.push(bytesOf('7EA7FF'))
    expect(scanner.push(new Uint8Array(20))).toEqual([])
    expect(scanner.pending).toBe(false)
    expect(scanner.skippedBytes).toBe(22)
  })

  it('come out of a chunk longer than any frame', () => {
    const stream = slave.join(...Array.from({ length: 200 }, () => frames).flat())
    expect(hdlcScanner().push(stream).length).toBe(200 * frames.length)
  })

  it('are as long as a wrapper can say', () => {
    const apdu = new Uint8Array(0xffff).fill(0xc4)
    const frame = slave.frame.buildWrapped({ source: 1, destination: 16, apdu })
    const scanner = wrapperScanner()
    expect(scanner.push(Uint8Array.of(9, 0))).toEqual([])
    expect(scanner.push(slave.join(frame.subarray(1), frame)).length).toBe(2)
    expect(scanner.skippedBytes).toBe(1)
  })

  it('of a wrapper of another version or kind are none', () => {
    const scanner = wrapperScanner()
    expect(scanner.push(bytesOf('0002001000010002C001'))).toEqual([])
    expect(scanner.push(bytesOf('0001001000020002FFFF'))).toEqual([])
    expect(scanner.pending).toBe(false)
  })
})

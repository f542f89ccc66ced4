import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, decodeApdu, dlt698, encodeApdu, parseFrame } from '#protocols/dlt698'
import { bytesOf, readingText, type Vector, vectors } from './vectors.ts'

const isFragment = ({ service }: Vector) => service === null

describe.each(vectors.map((one) => [one.name, one] as const))('%s', (_, one) => {
  const bytes = bytesOf(one.hex)

  test('is told as published', () => {
    const { extras, readings, ...told } = dlt698.describe(bytes)
    expect(told).toMatchObject({ protocol: 'dlt698', valid: true, control: one.control })
    expect(told.address).toBe(one.address)
    expect(told.error?.code ?? null).toBe(one.error)
    expect(extras.service).toBe(one.service)
    expect(extras.piid).toBe(one.piid)
    expect(extras.clientAddress).toBe(one.client)
    expect(extras.oads).toEqual(one.oads)
    expect(readings.map(readingText)).toEqual(one.values)
  })

  test('has each of its bytes explained, in order', () => {
    let at = 0
    for (const { from, to, text } of dlt698.describe(bytes).parts) {
      expect(from, text).toBe(at)
      expect(to, text).toBeGreaterThan(from)
      at = to
    }
    expect(at).toBe(bytes.length)
  })

  test('is built again byte by byte', () => {
    const parsed = parseFrame(bytes)
    if (!parsed.ok) throw new Error(parsed.malformed.message)
    expect(toHex(buildFrame(parsed.frame))).toBe(one.hex)
    if (isFragment(one)) return
    const read = decodeApdu(parsed.frame.data)
    if (!read.ok) throw new Error(read.malformed.message)
    expect(toHex(encodeApdu(read.apdu))).toBe(toHex(parsed.frame.data))
  })

  test('is classified where it is a request', () => {
    if (one.effect !== null) expect(dlt698.effect(bytes)).toBe(one.effect)
  })
})

test('vectors come from at least five sources, each frame once', () => {
  const sources = new Set(vectors.map(({ source }) => source.split(/[ ;,]/)[0]))
  expect(sources.size).toBeGreaterThanOrEqual(5)
  expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length)
})

describe('what a line does to a frame', () => {
  test('every part of it is malformed, and is described', () => {
    for (const { hex } of vectors) {
      const bytes = bytesOf(hex)
      for (let length = 0; length < bytes.length; length++) {
        const part = bytes.subarray(0, length)
        expect(dlt698.decode(part).kind).toBe('malformed')
        expect(dlt698.describe(part).valid).toBe(false)
      }
    }
  })

  test('each bit changed is malformed, and never a value', () => {
    for (const { hex } of vectors) {
      const bytes = bytesOf(hex)
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const changed = Uint8Array.from(bytes)
        changed[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        if (dlt698.decode(changed).kind !== 'malformed') throw new Error(`bit ${bit} of ${hex}`)
        if (dlt698.effect(changed) !== 'unknown') throw new Error(`bit ${bit} of ${hex} passes`)
        if (bit % 16 === 0) expect(dlt698.describe(changed).readings).toEqual([])
      }
    }
  })
})

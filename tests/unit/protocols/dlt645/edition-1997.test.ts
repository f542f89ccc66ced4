import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  buildFrame,
  dataItemRows1997,
  dlt645v1997,
  parseFrame,
  requestOf1997,
  writeValues1997,
} from '#protocols/dlt645'
import { itemOf } from '#protocols/model'
import { vectors1997 as vectors } from './edition-1997-vectors.ts'
import { bareFrame, bytesOf, readingText } from './vectors.ts'

/** Rows without a vector. This list may only shrink. */
const unproven: readonly string[] = []

describe('the table of 1997', () => {
  const patterns = dataItemRows1997.map(([pattern]) => pattern)

  test('spells identifiers in display order, with families in lower case', () => {
    expect(new Set(patterns).size).toBe(patterns.length)
    for (const pattern of patterns) expect(pattern).toMatch(/^[9A-C][0-6a-z][0-9A-Ea-z]{2}$/)
  })

  test('names only items of the register model, with its units', () => {
    for (const [pattern, register, , , naming] of dataItemRows1997) {
      const item = itemOf(register.replace('#', '0'))
      if (register === '') expect(naming?.[0], pattern).toMatch(/^[A-Z]/)
      else expect(item, pattern).toBeDefined()
      if (item && naming) expect(naming[1]).toBe(item.unit)
    }
  })

  test('has a vector for every row, but for those still unproven', () => {
    const proven = vectors.filter(({ control }) => control === '81')
    const missing = patterns.filter((pattern) => {
      const form = new RegExp(`^${pattern.replaceAll(/[a-z]/g, '[0-9A-F]')}$`)
      return !proven.some(({ dataId, values }) => {
        const ids = values.map((value) => value.split('=')[0] ?? '')
        return form.test(dataId ?? '') || ids.some((id) => form.test(id))
      })
    })
    expect(missing).toEqual(unproven)
  })
})

test('there are frames of at least five independent publications', () => {
  const published = vectors.filter(({ source }) => !source.startsWith('worked by hand'))
  expect(published.length).toBeGreaterThanOrEqual(50)
  expect(new Set(published.map(({ source }) => source)).size).toBeGreaterThanOrEqual(5)
})

test.for(vectors)('$name: its fields and values are read', (vector) => {
  const described = dlt645v1997.describe(bytesOf(vector.hex))
  expect(described).toMatchObject({
    protocol: 'dlt645-1997',
    valid: true,
    address: vector.address,
    control: vector.control,
    dataId: vector.dataId,
    direction: Number.parseInt(vector.control, 16) < 0x80 ? 'request' : 'reply',
  })
  expect(described.readings.map(readingText)).toEqual(vector.values)
  expect(described.error?.code ?? null).toBe(vector.error)
})

test.for(vectors)('$name: the frame is built from its fields', (vector) => {
  const { address, control, data, hex } = vector
  const built = buildFrame({ address, control: Number.parseInt(control, 16), data: bytesOf(data) })
  expect(toHex(built)).toBe(toHex(bareFrame(hex)))
})

const requests = vectors.filter(({ control }) => Number.parseInt(control, 16) < 0x80)

test.for(requests)('$name: the request is encoded again to the same bytes', ({ hex }) => {
  const parsed = parseFrame(bytesOf(hex))
  const request = parsed.ok ? requestOf1997(parsed.frame) : null
  expect(request).not.toBeNull()
  if (request) expect(toHex(dlt645v1997.encode(request))).toBe(toHex(bareFrame(hex)))
})

test('every kind of request is among them', () => {
  const kinds = requests.map(({ hex }) => {
    const parsed = parseFrame(bytesOf(hex))
    return parsed.ok ? requestOf1997(parsed.frame)?.kind : null
  })
  expect(new Set(kinds).size).toBe(9)
})

const unwritable = /not-bcd|without an end mark|another make|two more|shown as it is/
const answers = vectors.filter(({ name, control, values }) => {
  return control === '81' && values.length > 0 && !unwritable.test(`${name} ${values}`)
})

test.for(answers)('$name: its values are written again to the same bytes', (vector) => {
  const { readings } = dlt645v1997.describe(bytesOf(vector.hex))
  const written = writeValues1997(vector.dataId ?? '', readings)
  const data = vector.data.slice(4)
  const isBlock = vector.dataId?.endsWith('F')
  expect(written && toHex(written)).toBe(isBlock && !data.endsWith('AA') ? `${data}AA` : data)
})

test.for(vectors)('$name: cut anywhere it is still found, glued it is found twice', ({ hex }) => {
  const bytes = bytesOf(hex)
  const bare = toHex(bareFrame(hex))
  for (let cut = 0; cut <= bytes.length; cut++) {
    const scanner = dlt645v1997.scanner()
    const found = [...scanner.push(bytes.subarray(0, cut)), ...scanner.push(bytes.subarray(cut))]
    expect(found.map(toHex)).toEqual([bare])
    expect(scanner.skippedBytes).toBe(0)
  }
  expect(
    dlt645v1997
      .scanner()
      .push(bytesOf(hex + hex))
      .map(toHex),
  ).toEqual([bare, bare])
})

test.for(vectors)('$name: truncated or with any bit flipped it gives no value', ({ hex }) => {
  const bytes = bareFrame(hex)
  for (let length = 0; length < bytes.length; length++) {
    expect(dlt645v1997.decode(bytes.subarray(0, length)).kind).toBe('malformed')
    expect(dlt645v1997.describe(bytes.subarray(0, length)).readings).toEqual([])
  }
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = bytes.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const described = dlt645v1997.describe(damaged)
    expect(described.readings).toEqual([])
    expect(described.valid).toBe(false)
    expect(dlt645v1997.effect(damaged)).toBe('unknown')
  }
})

test('any bytes are explained without a gap and without a throw', () => {
  const anyFrame = fc
    .record({ control: fc.nat(255), data: fc.uint8Array({ maxLength: 60 }) })
    .map(({ control, data }) => buildFrame({ address: '000012345678', control, data }))
  fc.assert(
    fc.property(fc.oneof(anyFrame, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      const { parts, raw } = dlt645v1997.describe(bytes)
      expect(raw).toBe(bytes)
      let at = 0
      for (const { from, to } of parts) {
        expect(from).toBe(at)
        expect(to).toBeGreaterThan(from)
        at = to
      }
      expect(at).toBe(bytes.length)
      dlt645v1997.decode(bytes)
      dlt645v1997.effect(bytes)
    }),
    { numRuns: 500 },
  )
})

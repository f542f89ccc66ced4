import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, gdw376, infoClasses, parseFrame, readBody, writeData } from '#protocols/gdw376'
import { bytesOf, readingText, vectors } from './vectors.ts'

test('there are vectors of many sources', () => {
  const sources = new Set(vectors.map(({ source }) => source.split(' ').slice(0, 3).join(' ')))
  expect(vectors.length).toBeGreaterThan(500)
  expect(sources.size).toBeGreaterThan(20)
})

test.for(vectors)('$name ($afn $units)', (vector) => {
  const frame = bytesOf(vector.hex)
  const described = gdw376.describe(frame)
  expect(described.error?.code ?? null).toBe(vector.error)
  expect(described.valid).toBe(true)
  expect(described.address).toBe(vector.address)
  expect(described.extras).toMatchObject({ afn: vector.afn })
  const units = described.extras.units
  const named = Array.isArray(units) ? units.map(({ pn, fn }) => `p${pn}F${fn}`) : []
  expect(named.slice(0, vector.units.length)).toEqual(vector.units)
  if (vector.values) expect(described.readings.map(readingText)).toEqual(vector.values)
})

test('every vector is built again to the byte from its fields', () => {
  for (const { hex } of vectors) {
    const parsed = parseFrame(bytesOf(hex))
    expect(parsed.ok && toHex(buildFrame(parsed.frame))).toBe(hex)
  }
})

test('the data of every hand-worked class are written again to the byte', () => {
  let written = 0
  for (const { hex, source } of vectors) {
    if (!source.startsWith('worked')) continue
    const parsed = parseFrame(bytesOf(hex))
    if (!parsed.ok || [0x00, 0x02, 0x03, 0x08, 0x0e].includes(parsed.frame.afn)) continue
    const { frame } = parsed
    // What came back through a terminal has a form of its own, which nobody here sends.
    if (frame.afn === 0x10 && (frame.control & 0x80) !== 0) continue
    for (const { id, leaves, dataFrom, to } of readBody(frame).units) {
      const data = writeData(
        frame.afn,
        id.fn,
        leaves.map(({ value }) => value),
      )
      const expected = toHex(frame.body.slice(dataFrom, to))
      expect(data && toHex(data), `${frame.afn} F${id.fn}`).toBe(expected)
      written++
    }
  }
  expect(written).toBeGreaterThan(400)
})

test('every row of the tables has a vector', () => {
  const proven = new Set<string>()
  for (const { hex } of vectors) {
    const parsed = parseFrame(bytesOf(hex))
    if (!parsed.ok) continue
    for (const { id } of readBody(parsed.frame).units) proven.add(`${parsed.frame.afn} ${id.fn}`)
  }
  const missing = infoClasses.filter(({ afn, fn }) => !proven.has(`${afn} ${fn}`))
  expect(missing.map(({ afn, fn }) => `${afn} ${fn}`)).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { dataItemRows, dataRecords, dlt645 } from '#protocols/dlt645'
import { items } from '#protocols/model'
import { vectors } from './dlt645/vectors.ts'

/** Rows without a vector. This list may only shrink. */
const unproven: readonly string[] = []

/** Records longer than a frame: values.test.ts puts them together from their parts. */
const longRecords: readonly string[] = ['033005ee', '033008ee']

describe('the register model', () => {
  test('has each code once, a reduced OBIS code', () => {
    const codes = items.map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
    for (const code of codes) expect(code).toMatch(/^(0\.0\.)?\d{1,3}\.\d{1,3}(\.\d{1,3})?$/)
  })

  test('has two names and a known unit for each item, each English name once', () => {
    const units = ['kWh', 'kvarh', 'kVAh', 'kW', 'kvar', 'kVA', 'V', 'A', 'Hz', '°', '%', '°C']
    const known = new Set([...units, 'min', 'CNY', ''])
    for (const { en, zh, unit } of items) {
      expect(en).toMatch(/^[A-Z].*[^ .]$/)
      expect(zh).toMatch(/[\u4e00-\u9fff]/)
      expect(known).toContain(unit)
    }
    expect(new Set(items.map(({ en }) => en)).size).toBe(items.length)
  })
})

describe('the DL/T 645 table', () => {
  const proven = vectors.filter(({ control, values }) => control === '91' && values.length > 0)

  test('has each identifier once', () => {
    const patterns = dataItemRows.map(([pattern]) => pattern)
    expect(new Set(patterns).size).toBe(patterns.length)
    for (const pattern of patterns) {
      const others = dataItemRows.filter((row) => row[0] !== pattern)
      const id = exampleOf(pattern)
      expect(others.filter((row) => matches(row[0], id)).map((row) => row[0])).toEqual([])
    }
  })

  test('spells identifiers in display order, with families in lower case', () => {
    for (const [pattern] of dataItemRows) expect(pattern).toMatch(/^(?:[0-9A-F]{2}|([a-z])\1){4}$/)
  })

  test('names only items of the register model', () => {
    const codes = new Set<string>(items.map(({ code }) => code))
    for (const [pattern, register, , , naming] of dataItemRows) {
      const known = register.split(' ').filter((code) => code !== '')
      for (const code of known) {
        const total = [code.replace('#', '0'), code.replace('#', '1')]
        expect(
          total.some((candidate) => codes.has(candidate)),
          `${pattern} ${code}`,
        ).toBe(true)
      }
      if (known.length === 0) expect(naming?.[0], pattern).toMatch(/^[A-Z]/)
    }
  })

  test('has the unit of the register model wherever it names both', () => {
    const byCode = new Map<string, string>(items.map(({ code, unit }) => [code, unit]))
    for (const [, register, , , naming] of dataItemRows) {
      const unit = byCode.get(register.replace('#', '0'))
      if (naming && unit !== undefined) expect(naming[1]).toBe(unit)
    }
  })

  test('cites a clause and fits its fields into a frame', () => {
    for (const [pattern, , shape, clause] of dataItemRows) {
      expect(clause).not.toBe('')
      expect(shape.bytes, pattern).toBeGreaterThan(0)
      expect(shape.bytes, pattern).toBeLessThanOrEqual(200 - 4)
      if (shape.kind === 'bcd' || shape.kind === 'signed') {
        expect(shape.scale).toBeLessThan(2 * shape.bytes)
        expect(100 ** shape.bytes).toBeLessThan(Number.MAX_SAFE_INTEGER)
      }
    }
  })

  test('has a vector for every row, but for those still unproven', () => {
    const missing = dataItemRows
      .map(([pattern]) => pattern)
      .filter((pattern) => !proven.some(({ dataId }) => matches(pattern, dataId ?? '')))
    expect(missing).toEqual(unproven)
  })

  test('has a vector for every record, and room for it', () => {
    const missing = dataRecords
      .map(([pattern]) => pattern)
      .filter((pattern) => !proven.some(({ dataId }) => matches(pattern, dataId ?? '')))
    expect(missing).toEqual(longRecords)
    for (const [pattern, name, parts, clause] of dataRecords) {
      expect(pattern).toMatch(/^(?:[0-9A-F]{2}|([a-z])\1){4}$/)
      expect(name).toMatch(/^[A-Z]/)
      expect(clause).not.toBe('')
      expect(parts.length).toBeGreaterThan(1)
      expect(dataItemRows.filter((row) => matches(row[0], exampleOf(pattern)))).toEqual([])
    }
  })

  test('plans a read for every item of the register model', () => {
    const codes = items.map(({ code }) => code)
    const { unsupported } = dlt645.plan(codes, { address: '000000000001', profile: null })
    expect(unsupported).toEqual([])
  })
})

/** True if an identifier is a member of a row; a family's byte takes anything in this test. */
function matches(pattern: string, dataId: string): boolean {
  const pairs = pattern.match(/../g) ?? []
  return pairs.every((pair, index) => {
    const found = dataId.slice(2 * index, 2 * index + 2)
    if (!/[a-z]/.test(pair)) return pair === found
    const number = Number.parseInt(found, 16)
    if (pair === 'ww') return number >= 1 && number <= 7
    if (pair === 'dd') return number >= 1 && number <= 8
    if (['ee', 'qq', 'uu', 'kk', 'll'].includes(pair)) return number >= 1
    return found.length === 2
  })
}

function exampleOf(pattern: string): string {
  return pattern.replaceAll(/[a-z]{2}/g, '01')
}

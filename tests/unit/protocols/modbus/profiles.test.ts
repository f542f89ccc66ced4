import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  lintProfile,
  type ModbusProfile,
  modbus,
  type Point,
  planBlocks,
  profileOf,
  profiles,
  registerImage,
  slave,
} from '#protocols/modbus'
import { valueText } from '#protocols/model'
import { bytes, vectors } from './vectors.ts'

/** Register maps without the registers of a real meter. This list may only shrink. */
const unproven: readonly string[] = [
  'sdm72',
  'sdm120',
  'iem3155',
  'adw300',
  'dtsd1352',
  'dtsu666',
  'dtsu666-401e',
  'sunspec-203',
  'sunspec-203-40069',
  'sunspec-203-40188',
]

const raw = { kind: 'integer', type: 'u32', exponent: 0, scaleAt: null, absent: null } as const
const good: ModbusProfile = {
  name: 'good',
  title: 'Good',
  functionCode: 3,
  order: 'ABCD',
  blockMax: 10,
  gapMax: 5,
  forbidden: [[20, 21]],
  guards: [],
  points: [
    ['1.8.0', 0, raw],
    ['2.8.0', 2, raw],
  ],
}

describe('the register maps', () => {
  test.each(profiles)('$name has no mistake', (profile) => {
    expect(lintProfile(profile)).toEqual([])
    expect(profileOf(profile.name)).toBe(profile)
  })

  test('have names of their own', () => {
    expect(new Set(profiles.map(({ name }) => name)).size).toBe(profiles.length)
  })

  test('have the registers of a real meter, but for those still unproven', () => {
    const proven = new Set(vectors.maps.map(({ profile }) => profile))
    const missing = profiles.map(({ name }) => name).filter((name) => !proven.has(name))
    expect(missing).toEqual(unproven)
  })

  test.each(vectors.maps)('$profile says what its source says: $source', (vector) => {
    const words = wordsOf(vector.registers)
    for (const [code, value] of Object.entries(vector.values)) {
      const { requests } = modbus.plan([code], { address: '7', profile: vector.profile })
      const [request] = requests
      if (request?.kind !== 'read') throw new Error(`${vector.profile} has no ${code}`)
      const held = Array.from({ length: request.count }, (_, at) => {
        const word = words.get(request.start + at)
        if (word === undefined) throw new Error(`the vector has no register for ${code}`)
        return word
      })
      const decoded = modbus.decode(slave.registers(request, held))
      const parts = decoded.kind === 'answer' ? [decoded.response] : []
      const result = modbus.readings(request, parts)
      const [reading] = result.ok ? result.readings : []
      expect([code, reading && valueText(reading.value)]).toEqual([code, value])
    }
  })

  test.each(profiles)('$name reads back what a slave of it holds', (profile) => {
    const codes = profile.points.map(([code]) => code)
    const values = new Map(codes.map((code, index) => [code, { digits: 100 + index, scale: 1 }]))
    const image = registerImage(profile, values)
    const { requests, unsupported } = modbus.plan(codes, { address: '7', profile: profile.name })
    expect(unsupported).toEqual([])
    const read = requests.flatMap((request) => {
      if (request.kind !== 'read') return []
      const words = Array.from({ length: request.count }, (_, at) => image.get(request.start + at))
      const message = slave.registers(
        request,
        words.map((word) => word ?? 0),
      )
      const decoded = modbus.decode(message)
      if (decoded.kind !== 'answer' || !modbus.answers(request, decoded.response)) return []
      const result = modbus.readings(request, [decoded.response])
      return result.ok ? result.readings : []
    })
    expect(read).toHaveLength(codes.length)
    for (const { item, value } of read) {
      const written = values.get(item ?? '1.8.0')
      expect(Number(valueText(value))).toBeCloseTo((written?.digits ?? 0) / 10, 5)
    }
  })
})

function wordsOf(registers: Readonly<Record<string, string>>): ReadonlyMap<number, number> {
  const words = new Map<number, number>()
  for (const [first, hex] of Object.entries(registers)) {
    const held = bytes(hex.replaceAll(' ', ''))
    for (let at = 0; at < held.length; at += 2) {
      const word = ((held[at] ?? 0) << 8) | (held[at + 1] ?? 0)
      words.set(Number.parseInt(first, 16) + at / 2, word)
    }
  }
  return words
}

describe('the linter', () => {
  test('finds nothing in a good map', () => {
    expect(lintProfile(good)).toEqual([])
  })

  const tooWide: ModbusProfile['points'] = [['1.8.0', 0, { ...raw, scaleAt: 12 }]]
  test.each<[Partial<ModbusProfile>, string]>([
    [{ name: 'Bad Name' }, 'name'],
    [{ blockMax: 126 }, 'blockMax is not'],
    [{ blockMax: 0, gapMax: 0 }, 'blockMax is not'],
    [{ gapMax: 11 }, 'gapMax'],
    [{ points: [] }, 'no points'],
    [{ forbidden: [[9, 8]] }, 'backwards'],
    [{ forbidden: [[2, 2]] }, '2.8.0 lies in a forbidden range'],
    [{ points: [['0.0.1.0.0', 0, raw]] }, 'no number'],
    [
      {
        points: [
          ['1.8.0', 0, raw],
          ['1.8.0', 2, raw],
        ],
      },
      'twice',
    ],
    [
      {
        points: [
          ['1.8.0', 0, raw],
          ['2.8.0', 1, raw],
        ],
      },
      '2.8.0 overlaps 1.8.0 at 1',
    ],
    [{ points: [['1.8.0', 65_535, raw]] }, 'address space'],
    [{ points: tooWide }, 'more registers than blockMax'],
    [{ points: [['1.8.0', 0, { ...raw, scaleAt: 1 }]] }, 'overlaps the scale factor'],
    [{ points: [['1.8.0', 0, { ...raw, exponent: 9 }]] }, 'scale of 10^9'],
    [{ points: [['1.8.0', 0, { kind: 'float', exponent: 0, decimals: 7 }]] }, '7 decimals'],
    [{ guards: [{ address: 1, words: [1], meaning: 'a mark' }] }, 'overlaps a mark'],
  ])('finds the mistake in %j', (change, text) => {
    expect(lintProfile({ ...good, ...change }).join('\n')).toContain(text)
  })

  test('finds a code that is no register', () => {
    const unknown = JSON.parse('["9.9.9", 0, {"kind":"float","exponent":0,"decimals":1}]')
    expect(lintProfile({ ...good, points: [unknown] }).join()).toContain('no register')
  })
})

describe('block planning', () => {
  const shape = fc.record({
    kind: fc.constant('integer' as const),
    type: fc.constantFrom('u16' as const, 'u32' as const, 'u64' as const),
    exponent: fc.constant(0),
    scaleAt: fc.constant(null),
    absent: fc.constant(null),
  })
  const point = fc.record({
    id: fc.string(),
    address: fc.nat(400),
    shape,
    order: fc.constant('ABCD' as const),
  })
  const widths = { u16: 1, i16: 1, u32: 2, i32: 2, u64: 4, i64: 4 } as const
  const widthOf = ({ shape: { ...one } }: Point) => (one.kind === 'float' ? 2 : widths[one.type])

  test('covers every point once, within the limits, around forbidden ranges', () => {
    const points = fc.uniqueArray(point, { selector: ({ address }) => address, maxLength: 60 })
    const blockMax = fc.integer({ min: 4, max: 125 })
    const hole = fc.nat(400)
    fc.assert(
      fc.property(points, blockMax, fc.nat(20), hole, (all, limit, gapMax, at) => {
        const wanted = all.filter((one) => one.address + widthOf(one) <= at || one.address > at + 3)
        const forbidden = [[at, at + 3]] as const
        const blocks = planBlocks(wanted, { blockMax: limit, gapMax, forbidden, guards: [] })
        expect(blocks.flatMap((block) => block.points)).toHaveLength(wanted.length)
        expect(new Set(blocks.flatMap((block) => block.points)).size).toBe(wanted.length)
        for (const block of blocks) {
          expect(block.count).toBeLessThanOrEqual(limit)
          const end = block.start + block.count
          expect(block.start >= at + 4 || end <= at).toBe(true)
          for (const one of block.points) {
            expect(one.address).toBeGreaterThanOrEqual(block.start)
            expect(one.address + widthOf(one)).toBeLessThanOrEqual(end)
          }
        }
      }),
    )
  })

  test('joins neighbours over a gap that is worth it and no wider one', () => {
    const at = (address: number) =>
      ({ id: String(address), address, shape: raw, order: 'ABCD' }) as const
    const limits = { blockMax: 20, gapMax: 3, forbidden: [], guards: [] }
    expect(planBlocks([at(0), at(5)], limits)).toMatchObject([{ start: 0, count: 7 }])
    expect(planBlocks([at(0), at(6)], limits)).toHaveLength(2)
  })

  test('reads a guard along only where the block can hold it', () => {
    const at = (address: number) =>
      ({ id: String(address), address, shape: raw, order: 'ABCD' }) as const
    const guards = [{ address: 10, words: [1, 2], meaning: 'mark' }]
    const limits = { blockMax: 20, gapMax: 3, forbidden: [], guards }
    expect(planBlocks([at(20)], limits)).toMatchObject([{ start: 10, count: 12 }])
    expect(planBlocks([at(40)], limits)).toMatchObject([{ start: 40, count: 2 }])
  })
})

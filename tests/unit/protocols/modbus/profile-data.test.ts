import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  faultText,
  lintProfile,
  type ModbusProfile,
  modbusWith,
  parseProfile,
} from '#protocols/modbus'

const good = {
  name: 'own-meter',
  title: 'A meter of our own',
  functionCode: 4,
  wordOrder: 'CDAB',
  blockMax: 60,
  gapMax: 4,
  forbidden: [[90, 99]],
  guards: [{ address: '0x0100', words: [1, '0xFFFF'], meaning: 'the model number' }],
  points: [
    { item: '1.8.0', address: '0x0048', type: 'f32', decimals: 2 },
    { item: '2.8.0', address: 80, type: 'u32', exponent: -2, absent: '0xFFFFFFFF' },
    { item: '16.7.0', address: 82, type: 'i16', scaleAt: 83, negated: true, absent: '-32768' },
  ],
  writes: [
    {
      functionCode: 6,
      address: 200,
      effect: 'trip',
      meaning: 'opens',
      words: [1],
      order: 'trip',
    },
  ],
} as const

function faultsOf(change: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = parseProfile('own.yaml', { ...good, ...change })
  return parsed.ok ? [] : parsed.faults.map(faultText)
}

describe('a map in a file', () => {
  test('becomes a profile that reads and writes', () => {
    const parsed = parseProfile('own.yaml', good)
    if (!parsed.ok) throw new Error(parsed.faults.map(faultText).join('\n'))
    const { profile } = parsed
    expect(lintProfile(profile)).toEqual([])
    expect(profile).toEqual({
      name: 'own-meter',
      title: 'A meter of our own',
      functionCode: 4,
      order: 'CDAB',
      blockMax: 60,
      gapMax: 4,
      forbidden: [[90, 99]],
      guards: [{ address: 0x100, words: [1, 0xffff], meaning: 'the model number' }],
      points: [
        ['1.8.0', 0x48, { kind: 'float', exponent: 0, decimals: 2 }],
        [
          '2.8.0',
          80,
          { kind: 'integer', type: 'u32', exponent: -2, scaleAt: null, absent: 0xffffffffn },
        ],
        [
          '16.7.0',
          82,
          {
            kind: 'integer',
            type: 'i16',
            exponent: 0,
            scaleAt: 83,
            absent: -32768n,
            negated: true,
          },
        ],
      ],
      writes: [
        {
          functionCode: 6,
          address: 200,
          count: 1,
          effect: 'trip',
          meaning: 'opens',
          words: [1],
          order: 'trip',
        },
      ],
    })
    const modbus = modbusWith([profile])
    expect(modbus.plan(['1.8.0'], { address: '1', profile: 'own-meter' }).requests).toHaveLength(1)
  })

  test('needs no more than a name, a function and points', () => {
    const points = [{ item: '1.8.0', address: 0, type: 'u32' }]
    const parsed = parseProfile('small.yaml', { name: 'small', functionCode: 3, points })
    expect(parsed).toMatchObject({
      ok: true,
      profile: { title: 'small', order: 'ABCD', blockMax: 125, gapMax: 0, guards: [] },
    })
    expect(parsed.ok && 'writes' in parsed.profile).toBe(false)
  })

  const point = good.points[0]
  const write = good.writes[0]
  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ name: 7 }, 'own.yaml:head:name: must be a text'],
    [{ name: undefined }, 'own.yaml:head:name: is missing; it must be a text'],
    [{ functionCode: 5 }, 'own.yaml:head:functionCode: must be one of 3, 4'],
    [{ wordOrder: 'ACBD' }, 'own.yaml:head:wordOrder: must be one of ABCD, BADC, CDAB, DCBA'],
    [{ blockMax: 126 }, 'own.yaml:head:blockMax: must be a whole number from 1 to 125'],
    [{ gapMax: 61 }, 'own.yaml:head:gapMax: must be a whole number from 0 to 60'],
    [{ colour: 'red' }, 'own.yaml:head:colour: is unknown; known are name'],
    [{ points: 'none' }, 'own.yaml:head:points: must be a list'],
    [{ points: [] }, 'own.yaml:head:points: there are no points'],
    [{ points: ['x'] }, 'own.yaml:points 1: is not a list of fields'],
    [{ forbidden: [[1, 70_000]] }, 'own.yaml:forbidden 1: must be the first and the last'],
    [{ forbidden: [7] }, 'own.yaml:forbidden 1: must be'],
    [{ guards: [{ address: 1, words: [], meaning: 'x' }] }, 'own.yaml:guards 1:words: must have'],
    [{ guards: [{ address: 1, words: [-1], meaning: 'x' }] }, 'own.yaml:guards 1:words: must be'],
    [{ points: [{ ...point, item: '9.9.9' }] }, 'own.yaml:points 1:item: 9.9.9 is no code'],
    [{ points: [{ ...point, item: undefined }] }, 'own.yaml:points 1:item: is missing'],
    [{ points: [{ ...point, address: 65_536 }] }, 'own.yaml:points 1:address: must be'],
    [{ points: [{ ...point, address: '0x10000' }] }, 'own.yaml:points 1:address: must be'],
    [{ points: [{ ...point, address: 1.5 }] }, 'own.yaml:points 1:address: must be'],
    [{ points: [{ ...point, type: 'f64' }] }, 'own.yaml:points 1:type: must be one of f32, u16'],
    [{ points: [{ ...point, scaleAt: 3 }] }, 'own.yaml:points 1:scaleAt: belongs to integers'],
    [{ points: [{ ...point, absent: '0' }] }, 'own.yaml:points 1:absent: belongs to integers'],
    [{ points: [{ ...point, negated: 'yes' }] }, 'own.yaml:points 1:negated: must be true or'],
    [{ points: [{ ...point, decimals: 7 }] }, 'own.yaml:points 1:decimals: must be'],
    [{ points: [{ ...point, type: 'u32' }] }, 'own.yaml:points 1:decimals: belongs to floats'],
    [
      { points: [{ ...point, type: 'u32', decimals: undefined, absent: 'none' }] },
      'own.yaml:points 1:absent: must be a whole number as a text',
    ],
    [
      { points: [{ ...point, type: 'u32', decimals: undefined, absent: '' }] },
      'own.yaml:points 1:absent: must be a text',
    ],
    [{ points: [point, point] }, 'own.yaml:points 2:item: 1.8.0 stands twice'],
    [
      { points: [point, { item: '2.8.0', address: 73, type: 'u32' }] },
      'own.yaml:points 2:address: 2.8.0 overlaps 1.8.0 at 73',
    ],
    [
      { points: [{ item: '1.8.0', address: 1, type: 'u16' }] },
      'own.yaml:points 1:type: 1.8.0 counts energy in one register',
    ],
    [
      { points: [{ item: '32.7.0', address: 1, type: 'u16' }] },
      'own.yaml:head:wordOrder: the word order CDAB swaps registers',
    ],
    [{ writes: [{ ...write, effect: 'read' }] }, 'own.yaml:writes 1:effect: must be one of clock'],
    [{ writes: [{ ...write, functionCode: 5 }] }, 'own.yaml:writes 1:functionCode: must be'],
    [{ writes: [{ ...write, order: 'open' }] }, 'own.yaml:writes 1:order: must be one of trip'],
    [{ writes: [{ ...write, count: 2 }] }, 'own.yaml:writes 1:count: function 6 writes one'],
    [{ writes: [{ ...write, words: [1, 2] }] }, 'own.yaml:writes 1:words: 2 words are named'],
    [{ writes: [{ ...write, words: undefined }] }, 'own.yaml:writes 1:words: the order trip does'],
    [{ writes: [{ ...write, effect: 'write' }] }, 'cannot have the effect write'],
    [{ writes: [{ ...write, order: 'close' }] }, 'the order close cannot have the effect trip'],
    [
      { writes: [{ ...write, order: 'close', effect: 'mode' }] },
      'the order close moves a relay and is said to be mode',
    ],
    [{ writes: [write, write] }, 'own.yaml:writes 2:address: the write at 200 stands twice'],
    [
      { writes: [write, { ...write, words: undefined, order: undefined }] },
      'own.yaml:writes 2:address: the write at 200 stands twice',
    ],
    [
      {
        writes: [
          write,
          { functionCode: 16, address: 199, count: 3, effect: 'write', meaning: 'more' },
        ],
      },
      'own.yaml:writes 2:address: the write at 199 stands twice',
    ],
    [
      { writes: [{ functionCode: 16, address: 65_535, count: 2, effect: 'write', meaning: 'x' }] },
      'own.yaml:writes 1:address: the write lies outside',
    ],
  ])('with %j says where it is wrong', (change, text) => {
    expect(faultsOf(change).join('\n')).toContain(text)
  })

  test('is told of a missing name once', () => {
    expect(faultsOf({ name: undefined, title: undefined })).toEqual([
      'own.yaml:head:name: is missing; it must be a text',
    ])
  })

  test('tells every mistake at once, each of them once', () => {
    expect(
      faultsOf({
        name: '',
        functionCode: 1,
        wordOrder: 'ABCD',
        guards: [],
        points: [{ item: '1.8.0' }, { ...point, address: 100 }, { ...point, address: 98 }, {}],
        writes: [
          { ...write, effect: 'open' },
          { ...write, count: 2 },
        ],
      }),
    ).toEqual([
      expect.stringContaining('own.yaml:writes 1:effect: must be one of clock, trip'),
      'own.yaml:head:name: must be a text',
      'own.yaml:head:functionCode: must be one of 3, 4',
      expect.stringContaining('own.yaml:points 1:address: is missing; it must be a whole number'),
      expect.stringContaining('own.yaml:points 1:type: is missing; it must be one of f32, u16'),
      'own.yaml:points 4:item: is missing; it must be a text',
      expect.stringContaining('own.yaml:points 4:address: is missing'),
      expect.stringContaining('own.yaml:points 4:type: is missing'),
      'own.yaml:points 3:address: 1.8.0 lies in a forbidden range',
      'own.yaml:points 3:item: 1.8.0 stands twice',
      'own.yaml:writes 2:count: function 6 writes one register',
      'own.yaml:writes 2:words: 1 words are named for 2 registers',
    ])
  })

  test.each(['sdm630', 'sunspec', 'sunspec-213-40105', 'sunspec-of-ours'])(
    'may not be called %s, which the product has',
    (name) => {
      expect(faultsOf({ name })).toEqual([
        expect.stringMatching(`^own.yaml:head:name: ${name} .*; give this one another name$`),
      ])
    },
  )

  test('that is anything else is refused and never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (data) => {
        expect(parseProfile('any.yaml', data).ok).toBe(false)
      }),
    )
  })

  test('may write the same registers where each value has its own meaning', () => {
    expect(
      faultsOf({
        writes: [write, { ...write, words: [2], effect: 'relay', order: 'close' }],
      }),
    ).toEqual([])
  })
})

test('the linter looks at writes of maps that come from code', () => {
  const parsed = parseProfile('own.yaml', good)
  if (!parsed.ok) throw new Error('a good map')
  const row = { functionCode: 16, address: 1, count: 124, effect: 'write', meaning: 'x' } as const
  const profile: ModbusProfile = { ...parsed.profile, writes: [row] }
  expect(lintProfile(profile).join()).toContain('the count is not 1 to 123')
})

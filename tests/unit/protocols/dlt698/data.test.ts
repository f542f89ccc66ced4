import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { apdu, type Dlt698Data, decodeApdu, dlt698, encodeApdu } from '#protocols/dlt698'
import { bytesOf } from './vectors.ts'

/** The value in the answer to a GET. */
function read(hex: string) {
  return decodeApdu(bytesOf(`85010100000200 01${hex}0000`))
}

function valueIn(hex: string): unknown {
  const parsed = read(hex)
  if (!parsed.ok || parsed.apdu.service !== 'GetResponseNormal') return 'malformed'
  return parsed.apdu.body.result.value
}

const sized = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes })
const numbers = [
  ['double-long', -(2 ** 31), 2 ** 31 - 1],
  ['double-long-unsigned', 0, 2 ** 32 - 1],
  ['integer', -128, 127],
  ['long', -32_768, 32_767],
  ['unsigned', 0, 255],
  ['long-unsigned', 0, 65_535],
  ['enum', 0, 255],
] as const
const fixed = [
  ['float32', 4],
  ['float64', 8],
  ['date_time', 10],
  ['date', 5],
  ['time', 3],
  ['date_time_s', 7],
  ['OI', 2],
  ['OAD', 4],
  ['OMD', 4],
  ['TI', 3],
  ['Scaler_Unit', 2],
  ['COMDCB', 5],
] as const
const texts = ['octet-string', 'visible-string', 'utf8-string', 'TSA', 'MAC', 'RN'] as const

const plain: fc.Arbitrary<Dlt698Data> = fc.oneof(
  fc.constant<Dlt698Data>({ type: 'null' }),
  fc.boolean().map((value): Dlt698Data => ({ type: 'bool', value })),
  ...numbers.map(([type, min, max]) =>
    fc.integer({ min, max }).map((value): Dlt698Data => ({ type, value })),
  ),
  ...fixed.map(([type, length]) => sized(length).map((bytes): Dlt698Data => ({ type, bytes }))),
  ...texts.map((type) =>
    fc.uint8Array({ maxLength: 300 }).map((bytes): Dlt698Data => ({ type, bytes })),
  ),
  fc
    .uint8Array({ maxLength: 40 })
    .map((bytes): Dlt698Data => ({ type: 'bit-string', length: 8 * bytes.length, bytes })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value): Dlt698Data => ({ type: 'long64', value })),
  fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((value): Dlt698Data => ({ type: 'long64-unsigned', value })),
)
const nested = fc.letrec<{ value: Dlt698Data }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    plain,
    fc
      .tuple(fc.constantFrom('array', 'structure'), fc.array(tie('value'), { maxLength: 5 }))
      .map(([type, items]): Dlt698Data => ({ type, items })),
  ),
})).value

test('every value is read as it was written', () => {
  fc.assert(
    fc.property(nested, (value) => {
      const answer = apdu('GetResponseNormal', 1, {
        object: '00100200',
        result: { kind: 'data', value },
      })
      const bytes = encodeApdu(answer)
      expect(decodeApdu(bytes)).toEqual({ ok: true, apdu: answer })
    }),
  )
})

describe('composite types are kept as their bytes', () => {
  test.each([
    ['52 00100200 02 00100201 00200201', 'ROAD'],
    ['58 02 120001 120009', 'Region'],
    ['5A 00', 'RSD'],
    ['5A 01 20210200 1C07E00114000000', 'RSD'],
    ['5A 02 20210200 1C07E00114000000 1C07E00214000000 5402000F', 'RSD'],
    ['5A 03 01 20210200 1C07E00114000000 1C07E00214000000 00', 'RSD'],
    ['5A 04 07E00114000000 01', 'RSD'],
    ['5A 05 07E00114000000 02 02 0102', 'RSD'],
    ['5A 06 07E00114000000 07E00214000000 01000F 00', 'RSD'],
    ['5A 07 07E00114000000 07E00214000000 01000F 03 01 07 05 000000000001', 'RSD'],
    ['5A 08 07E00114000000 07E00214000000 01000F 04 02 00010002', 'RSD'],
    ['5A 09 03', 'RSD'],
    ['5A 0A 02 06 01 00 5507050000000000015507050000000000FF', 'RSD'],
    ['5B 00 00100200', 'CSD'],
    ['5B 01 50040200 01 00100200', 'CSD'],
    ['5C 01', 'MS'],
    ['5C 05 01 00 1101 1109', 'MS'],
    ['5C 07 01 00 120001 120009', 'MS'],
    ['5D 00000001 01 AA', 'SID'],
    ['5E 00000001 01 AA 02 BBCC', 'SID_MAC'],
    ['60 02 00 00100200 01 50040200 01 00100200', 'RCSD'],
  ])('%s', (hex, type) => {
    const bytes = bytesOf(hex).subarray(1)
    expect(valueIn(hex)).toEqual({ type, bytes })
    const parsed = read(hex)
    if (parsed.ok) expect(toHex(encodeApdu(parsed.apdu))).toContain(toHex(bytesOf(hex)))
  })
})

describe('what breaks the encoding is malformed', () => {
  test.each([
    ['a type that there is none', '70'],
    ['a reserved tag', '0B'],
    ['more elements than bytes', '01FF'],
    ['a length of three bytes', '0983000001AA'],
    ['an array without its elements', '0105 06'],
    ['a selector out of range', '5A0B00'],
    ['meters by an unknown choice', '5C08'],
    ['a column by an unknown choice', '5B0200100200'],
    ['a string that ends early', '0905AA'],
    ['an interval of an unknown unit in a selector', `5A0607E0011400000007E0021400000009000F00`],
  ])('%s', (_, hex) => {
    expect(valueIn(hex)).toBe('malformed')
  })

  test('values nested deeper than any device nests them', () => {
    expect(valueIn(`${'0101'.repeat(10)}00`)).not.toBe('malformed')
    expect(valueIn(`${'0101'.repeat(40)}00`)).toBe('malformed')
    expect(valueIn(`${'0101'.repeat(4_000)}00`)).toBe('malformed')
  })

  test('an unknown service, bytes behind an APDU, and a flag that is none', () => {
    for (const hex of [
      '',
      '05',
      '4F00',
      '0507010000000000',
      '05010040000200 0000',
      '05010040000200 02',
    ]) {
      expect(decodeApdu(bytesOf(hex)).ok).toBe(false)
    }
  })

  test('rows of a record without columns', () => {
    expect(decodeApdu(bytesOf('850301500402000001000000')).ok).toBe(true)
    expect(decodeApdu(bytesOf('85030150040200000103000000000000')).ok).toBe(false)
  })
})

test('any bytes at all are read without a throw', () => {
  const services = fc.constantFrom(
    1,
    2,
    3,
    5,
    6,
    7,
    8,
    9,
    16,
    129,
    130,
    133,
    134,
    135,
    136,
    137,
    144,
  )
  fc.assert(
    fc.property(
      services,
      fc.integer({ min: 0, max: 7 }),
      fc.uint8Array({ maxLength: 80 }),
      (tag, pick, rest) => {
        const bytes = Uint8Array.from([tag, pick, ...rest])
        const parsed = decodeApdu(bytes)
        // What is read is written again; only a length may have been sent in more bytes than it needs.
        if (parsed.ok) expect(decodeApdu(encodeApdu(parsed.apdu))).toEqual(parsed)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a number beyond the safe integers is out of range, not a wrong one', () => {
  const frame = (value: bigint) =>
    dlt698.readings(
      {
        kind: 'apdu',
        address: '000000000001',
        client: 16,
        apdu: apdu('GetRequestNormal', 1, { object: '00100401' }),
      },
      [
        {
          address: '000000000001',
          client: 16,
          fragment: null,
          apdu: apdu('GetResponseNormal', 1, {
            object: '00100401',
            result: { kind: 'data', value: { type: 'long64-unsigned', value } },
          }),
        },
      ],
    )
  expect(frame(2n ** 60n)).toMatchObject({ readings: [{ value: { flag: 'out-of-range' } }] })
  expect(frame(12_345n)).toMatchObject({ readings: [{ value: { digits: 12_345, scale: 4 } }] })
})

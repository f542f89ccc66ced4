import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { slave } from '#protocols/dlms'
import { bytesOf } from './vectors.ts'

const { read, write } = slave.data
type Data = NonNullable<ReturnType<typeof read>>

const whole = (tag: number, min: number, max: number) =>
  fc.integer({ min, max }).map((value): Data => ({ kind: 'integer', tag, value }))
const bytes = (length?: number) =>
  fc.uint8Array(
    length === undefined ? { maxLength: 200 } : { minLength: length, maxLength: length },
  )

const leaf: fc.Arbitrary<Data> = fc.oneof(
  fc.constant<Data>({ kind: 'null', tag: 0 }),
  fc.boolean().map((value): Data => ({ kind: 'boolean', value })),
  whole(5, -0x8000_0000, 0x7fff_ffff),
  whole(6, 0, 0xffff_ffff),
  whole(15, -128, 127),
  whole(16, -0x8000, 0x7fff),
  whole(17, 0, 255),
  whole(18, 0, 0xffff),
  whole(22, 0, 255),
  fc
    .bigInt(-(2n ** 63n), 2n ** 63n - 1n)
    .map((value): Data => ({ kind: 'long64', tag: 20, value })),
  fc.bigInt(0n, 2n ** 64n - 1n).map((value): Data => ({ kind: 'long64', tag: 21, value })),
  fc.float({ noNaN: true }).map((value): Data => ({ kind: 'float', tag: 23, value })),
  fc.double({ noNaN: true }).map((value): Data => ({ kind: 'float', tag: 24, value })),
  bytes().map((each): Data => ({ kind: 'octets', bytes: each })),
  fc
    .string({ unit: 'binary-ascii', maxLength: 200 })
    .map((text): Data => ({ kind: 'text', tag: 10, text })),
  bytes(12).map((each): Data => ({ kind: 'moment', tag: 25, bytes: each })),
  bytes(2).map((each): Data => ({ kind: 'bits', length: 16, bytes: each })),
)

const { data } = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc
      .array(tie('data'), { maxLength: 5 })
      .chain((items) =>
        fc.constantFrom<1 | 2>(1, 2).map((tag): Data => ({ kind: 'list', tag, items })),
      ),
  ),
}))

describe('A-XDR data', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(read(write(value))).toEqual(value)
      }),
    )
  })

  it('is nothing with a byte missing or one too many', () => {
    fc.assert(
      fc.property(data, (value) => {
        const bytesWritten = write(value)
        expect(read(bytesWritten.subarray(0, -1))).toBeNull()
        expect(read(slave.join(bytesWritten, Uint8Array.of(0)))).toBeNull()
      }),
    )
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        read(noise)
        slave.apdu.parse(noise)
      }),
      { numRuns: 3_000 },
    )
  })

  it('has compact arrays of structures and of arrays', () => {
    const value = read(bytesOf('1302021211' + '06' + '000A01' + '000B02'))
    expect(value?.kind === 'compact' ? value.items : null).toEqual([
      {
        kind: 'list',
        tag: 2,
        items: [
          { kind: 'integer', tag: 18, value: 10 },
          { kind: 'integer', tag: 17, value: 1 },
        ],
      },
      {
        kind: 'list',
        tag: 2,
        items: [
          { kind: 'integer', tag: 18, value: 11 },
          { kind: 'integer', tag: 17, value: 2 },
        ],
      },
    ])
    expect(value && toHex(write(value))).toBe('130202121106000A01000B02')
    const pairs = read(bytesOf('1301000211' + '04' + '01020304'))
    expect(pairs?.kind === 'compact' ? pairs.items.length : 0).toBe(2)
  })

  it.each([
    ['a count beyond the bytes', '0184FFFFFFFF'],
    ['lists without an end', `${'0101'.repeat(40)}00`],
    ['a compact array of nothing', '130002'],
    ['a compact array that is cut within an element', '131203000A0B'],
    ['a compact array of endless lists', `13${'02FF'.repeat(20)}`],
    ['a type that is none', '0800'],
    ['a length in no bytes', '0980'],
  ])('refuses %s', (_, hex) => {
    expect(read(bytesOf(hex))).toBeNull()
  })
})

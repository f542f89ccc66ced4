import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { formats, readShape, writeShape } from '#protocols/gdw376'
import { valueText } from '#protocols/model'
import { bytesOf } from './vectors.ts'

/** By number: the bytes, and what they say, worked by hand from appendix A. */
test.for([
  [1, '05302221D126', '2026-11-21T22:30:05'],
  [1, '512023071018', '2018-10-07T23:20:51'],
  [2, '2301', '1230000'],
  [2, '2381', '123'],
  [2, '2391', '-123'],
  [2, '23E1', '0.123'],
  [3, '56341200', '123456'],
  [3, '56341210', '-123456'],
  [3, '56341240', '123456000'],
  [4, '15', '15'],
  [4, '95', '-15'],
  [5, '3412', '123.4'],
  [5, '3492', '-123.4'],
  [6, '3492', '-12.34'],
  [7, '0022', '220.0'],
  [8, '3412', '1234'],
  [9, '563492', '-12.3456'],
  [10, '563412', '123456'],
  [11, '78563412', '123456.78'],
  [12, '420000203301', '013320000042'],
  [13, '78563412', '1234.5678'],
  [14, '9078563412', '123456.7890'],
  [15, '3022211126', '2026-11-21T22:30'],
  [16, '05302221', '21T22:30:05'],
  [17, '30222111', '11-21T22:30'],
  [18, '302221', '21T22:30'],
  [19, '3022', '22:30'],
  [20, '211126', '2026-11-21'],
  [21, '1126', '2026-11'],
  [22, '15', '1.5'],
  [23, '563412', '12.3456'],
  [24, '2221', '21T22'],
  [25, '001580', '-1.500'],
  [26, '3412', '1.234'],
  [27, '78563412', '12345678'],
  [28, '563412', '1234.56'],
] as const)('format A.%i: %s is %s', ([number, hex, text]) => {
  const shape = formats[number]
  if (!shape) throw new Error('no such format')
  const value = readShape(shape, bytesOf(hex), 0)
  expect(valueText(value)).toBe(text)
  const written = writeShape(shape, value)
  if (hex !== '512023071018') expect(written && toHex(written)).toBe(hex)
})

test('every format is written as it is read, whatever the bytes', () => {
  for (const [number, shape] of Object.entries(formats)) {
    const bytes = fc.uint8Array({ minLength: shape.bytes, maxLength: shape.bytes })
    fc.assert(
      fc.property(bytes, (data) => {
        const value = readShape(shape, data, 0)
        const written = writeShape(shape, value)
        expect(written, `A.${number}`).toBeDefined()
        if (value.kind !== 'missing' && written) expect(readShape(shape, written, 0)).toEqual(value)
      }),
    )
  }
})

test('all E, all F and EF among E are absent, other letters are no decimal digits', () => {
  const energy = formats[14]
  const time = formats[15]
  if (!energy || !time) throw new Error('no such format')
  const flag = (shape: typeof energy, hex: string) => readShape(shape, bytesOf(hex), 0)
  expect(flag(energy, 'EEEEEEEEEE')).toEqual({ kind: 'missing', flag: 'absent' })
  expect(flag(energy, 'FFFFFFFFFF')).toEqual({ kind: 'missing', flag: 'absent' })
  expect(flag(energy, 'EFEEEEEEEE')).toEqual({ kind: 'missing', flag: 'absent' })
  expect(flag(energy, '0A00000000')).toEqual({ kind: 'missing', flag: 'not-bcd' })
  expect(flag(time, '0000311126')).toEqual({ kind: 'missing', flag: 'out-of-range' })
  expect(flag(time, '00000A1126')).toEqual({ kind: 'missing', flag: 'not-bcd' })
})

test('a value that does not fit is not written', () => {
  const number = (digits: number, scale: number) => ({ kind: 'number', digits, scale }) as const
  const write = (format: number, digits: number, scale: number) => {
    const shape = formats[format]
    return shape && writeShape(shape, number(digits, scale))
  }
  expect(write(14, 10 ** 10, 4)).toBeUndefined()
  expect(write(14, 5, 3)).toBeUndefined()
  expect(write(5, 9000, 1)).toBeUndefined()
  expect(write(2, 12345, 0)).toBeUndefined()
  expect(write(2, 1, 4)).toBeUndefined()
  expect(write(3, 12345678, 0)).toBeUndefined()
  expect(write(3, 1, 1)).toBeUndefined()
  expect(write(4, 80, 0)).toBeUndefined()
  expect(write(15, 1, 0)).toBeUndefined()
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { apdu, buildFrame, dlt698, encodeApdu, parseAddress } from '#protocols/dlt698'
import { valueText } from '#protocols/model'
import { bytesOf, readingText } from './vectors.ts'

/** Readings of an answer with one float. */
function readingsOf(object: string, type: 'float32' | 'float64', bytes: Uint8Array) {
  const server = parseAddress('000000000001')
  if (!server) throw new Error('an address')
  const result = { kind: 'data', value: { type, bytes } } as const
  const data = encodeApdu(apdu('GetResponseNormal', 1, { object, result }))
  return dlt698.describe(buildFrame({ control: 0xc3, server, client: 0x10, data })).readings
}

function bits(figure: number, bytes: 4 | 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes))
  if (bytes === 4) view.setFloat32(0, figure)
  else view.setFloat64(0, figure)
  return new Uint8Array(view.buffer)
}

const voltages =
  '682A00C30501000000000010501685010120000200010103' +
  '17435C800017435C800017435C800000' +
  '0035D916'

test('a voltage of three floats is its figures, in the reading and in the words', () => {
  const told = dlt698.describe(bytesOf(voltages))
  expect(told.readings.map(readingText)).toEqual(['32.7.0=220.5', '52.7.0=220.5', '72.7.0=220.5'])
  expect(told.parts.map(({ text }) => text).join('\n')).toContain(
    'float32 220.5 (Voltage, phase A: 220.5 V)',
  )
})

describe('a float is the shortest decimal that names it', () => {
  // IEEE 754 by hand: sign, exponent + 127 (1023), fraction.
  test.each([
    ['20000201', 'float32', '43660000', '32.7.0=230.0'],
    ['20000201', 'float32', '3DCCCCCD', '32.7.0=0.1'],
    ['20000201', 'float32', '80000000', '32.7.0=0.0'],
    ['20000201', 'float32', 'C2F6E979', '32.7.0=-123.456'],
    ['20000201', 'float32', '4B7FFFFF', '32.7.0=16777215.0'],
    ['20000201', 'float32', '00000001', '32.7.0=0.000000000000'],
    ['20000201', 'float32', '7FC00000', '32.7.0=absent'],
    ['20000201', 'float32', 'FF800000', '32.7.0=out-of-range'],
    ['20000201', 'float32', '7F7FFFFF', '32.7.0=out-of-range'],
    ['00100201', 'float64', '40934A4584F4C6E7', '1.8.0=1234.56789'],
    ['00100201', 'float64', '4024000000000000', '1.8.0=10.00'],
    ['00100201', 'float64', '3FD3333333333334', '1.8.0=0.30'],
  ] as const)('%s as %s %s', (object, type, hex, told) => {
    expect(readingsOf(object, type, bytesOf(hex)).map(readingText)).toEqual([told])
  })

  test('a power is in W, as the standard has it', () => {
    const [power] = readingsOf('20040201', 'float32', bits(1500.5, 4))
    expect(power && readingText(power)).toBe('16.7.0=1.5005')
  })

  test('of a value unknown here, too', () => {
    const [reading] = readingsOf('41990200', 'float32', bits(220.5, 4))
    expect(reading && valueText(reading.value)).toBe('220.5')
  })

  test('and is that float again', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: 2 ** -10, max: 2 ** 17 }), (figure) => {
        const [reading] = readingsOf('20000201', 'float32', bits(figure, 4))
        if (reading?.value.kind !== 'number') throw new Error(toHex(bits(figure, 4)))
        expect(Math.fround(Number(valueText(reading.value)))).toBe(Math.fround(figure))
      }),
    )
  })
})

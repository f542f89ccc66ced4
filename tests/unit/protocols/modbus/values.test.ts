import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ModbusRequest,
  modbus,
  type Shape,
  type WordOrder,
  writeShape,
} from '#protocols/modbus'
import { decimalText, type Value, valueText } from '#protocols/model'
import { bytes, shapeOf, vectors } from './vectors.ts'

const orders: readonly WordOrder[] = ['ABCD', 'BADC', 'CDAB', 'DCBA']
const integerTypes = ['u16', 'i16', 'u32', 'i32', 'u64', 'i64'] as const

function read(shape: Shape, order: WordOrder, data: Uint8Array): Value {
  const points = [{ id: '1.8.0', address: 0, shape, order }]
  const start = { unit: 1, functionCode: 3, start: 0, count: data.length / 2 }
  const request: ModbusRequest = { kind: 'read', ...start, points, guards: [] }
  const response = { unit: 1, functionCode: 3, exception: null, data }
  const result = modbus.readings(request, [response])
  const value = result.ok ? result.readings[0]?.value : undefined
  if (!value) throw new Error('no reading')
  return value
}

const wire = (registers: readonly number[]) => {
  return Uint8Array.from(registers.flatMap((word) => [word >> 8, word & 0xff]))
}

function integer(type: (typeof integerTypes)[number], exponent: number): Shape {
  return { kind: 'integer', type, exponent, scaleAt: null, absent: null }
}

function limits(type: (typeof integerTypes)[number]): readonly [bigint, bigint] {
  const bits = BigInt(type.slice(1))
  const [low, high] = type.startsWith('i')
    ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
    : [0n, (1n << bits) - 1n]
  const safe = BigInt(Number.MAX_SAFE_INTEGER)
  return [low < -safe ? -safe : low, high > safe ? safe : high]
}

describe('a register value', () => {
  test.each(vectors.values)('is $value: $source', ({ shape, order, bytes: hex, value, flag }) => {
    const found = read(shapeOf(shape), order, bytes(hex))
    expect(valueText(found)).toBe(value)
    if (flag) expect(found).toEqual({ kind: 'missing', flag })
  })

  test('of every integer type comes back from every order as it was written', () => {
    const cases = fc.constantFrom(...integerTypes).chain((type) => {
      const [min, max] = limits(type)
      return fc.record({ type: fc.constant(type), digits: fc.bigInt({ min, max }) })
    })
    const order = fc.constantFrom(...orders)
    fc.assert(
      fc.property(cases, order, fc.integer({ min: -4, max: 0 }), (one, turned, exponent) => {
        const value = { digits: Number(one.digits), scale: -exponent }
        const registers = writeShape(integer(one.type, exponent), value, turned, 0)
        if (!registers) throw new Error('does not fit')
        const found = read(integer(one.type, exponent), turned, wire(registers))
        expect(found).toEqual({ kind: 'number', ...value })
      }),
    )
  })

  test('of a float is its exact value rounded half away from zero, in every order', () => {
    const order = fc.constantFrom(...orders)
    const float = fc.float({ noNaN: true, min: -1e9, max: 1e9 })
    fc.assert(
      fc.property(float, order, fc.nat(4), (number, turned, decimals) => {
        const view = new DataView(new ArrayBuffer(4))
        view.setFloat32(0, number)
        const straight = new Uint8Array(view.buffer)
        const [a = 0, b = 0, c = 0, d = 0] = straight
        const turns = {
          ABCD: [a, b, c, d],
          BADC: [b, a, d, c],
          CDAB: [c, d, a, b],
          DCBA: [d, c, b, a],
        }
        const found = read(
          { kind: 'float', exponent: 0, decimals },
          turned,
          Uint8Array.from(turns[turned]),
        )
        // toFixed works on the exact value and rounds halves away from zero, too.
        const wanted = number.toFixed(decimals).replace(/^-(0(\.0*)?)$/, '$1')
        expect(valueText(found)).toBe(wanted)
      }),
    )
  })

  test('of a float never falls when the meter counts on', () => {
    fc.assert(
      fc.property(fc.nat(0x7f7ffffe), (bits) => {
        const digits = [bits, bits + 1].map((one) => {
          const view = new DataView(new ArrayBuffer(4))
          view.setUint32(0, one)
          const value = read(
            { kind: 'float', exponent: 0, decimals: 3 },
            'ABCD',
            new Uint8Array(view.buffer),
          )
          return value.kind === 'number' ? value.digits : Number.MAX_SAFE_INTEGER
        })
        expect(digits[1]).toBeGreaterThanOrEqual(digits[0] ?? 0)
      }),
    )
  })
})

describe('a simulated register', () => {
  test('holds the float nearest to the decimal', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(6), (digits, scale) => {
        const shape: Shape = { kind: 'float', exponent: 0, decimals: 3 }
        const registers = writeShape(shape, { digits, scale }, 'ABCD', 0)
        const view = new DataView(wire(registers ?? []).buffer)
        expect(view.getFloat32(0)).toBe(Math.fround(Number(decimalText(digits, scale))))
      }),
    )
  })

  test('holds no number that is too large, and zero for one too small', () => {
    const float: Shape = { kind: 'float', exponent: -45, decimals: 3 }
    expect(writeShape(float, { digits: 1, scale: 0 }, 'ABCD', 0)).toBeNull()
    const tiny: Shape = { kind: 'float', exponent: 45, decimals: 3 }
    expect(writeShape(tiny, { digits: -1, scale: 0 }, 'ABCD', 0)).toEqual([0x8000, 0])
    expect(writeShape(integer('u16', 0), { digits: 65_536, scale: 0 }, 'ABCD', 0)).toBeNull()
    expect(writeShape(integer('u16', 0), { digits: -1, scale: 0 }, 'ABCD', 0)).toBeNull()
    expect(writeShape(integer('i16', 0), { digits: 32_768, scale: 0 }, 'ABCD', 0)).toBeNull()
  })

  test('rounds what the shape cannot say half away from zero', () => {
    const shape = integer('i16', -1)
    expect(writeShape(shape, { digits: 125, scale: 2 }, 'ABCD', 0)).toEqual([13])
    expect(writeShape(shape, { digits: -125, scale: 2 }, 'ABCD', 0)).toEqual([0x10000 - 13])
  })
})

import { describe, expect, test } from 'vitest'
import {
  type ModbusResponse,
  modbus,
  nextSunSpecStep,
  profileOf,
  registerImage,
  type SunSpecStep,
  slave,
  sunSpecSearch,
} from '#protocols/modbus'
import { type ItemCode, valueText } from '#protocols/model'
import { device, type Registers } from './sunspec-device.ts'
import { vectors } from './vectors.ts'

const common = { id: 1, length: 66 }
const wye = { id: 203, length: 105 }

function responseOf(message: Uint8Array): ModbusResponse {
  const decoded = modbus.decode(message)
  if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
  return decoded.response
}

describe('a map of a model at an address', () => {
  test.each([101, 102, 103, 201, 202, 203, 204, 211, 212, 213, 214])(
    'of model %i reads back what a slave of it holds',
    (id) => {
      const profile = profileOf(`sunspec-${id}-40105`)
      if (!profile) throw new Error('no such model')
      const values = new Map<ItemCode, { digits: number; scale: number }>(
        profile.points.map(([code], index) => [code, { digits: 1000 + index, scale: 1 }]),
      )
      const image = registerImage(profile, values)
      const items = profile.points.map(([code]) => code)
      const plan = modbus.plan(items, { address: '1', profile: profile.name })
      let found = 0
      for (const request of plan.requests) {
        if (request.kind !== 'read') throw new Error('no block')
        const words = Array.from(
          { length: request.count },
          (_, at) => image.get(request.start + at) ?? 0,
        )
        const result = modbus.readings(request, [responseOf(slave.registers(request, words))])
        for (const { item, value } of result.ok ? result.readings : []) {
          const written = item && values.get(item)
          expect(Number(valueText(value))).toBeCloseTo((written?.digits ?? 0) / 10, 1)
          found++
        }
      }
      expect(found).toBe(items.length)
    },
  )

  test('is none for another model or beyond the last register', () => {
    expect(profileOf('sunspec-160-40105')).toBeUndefined()
    expect(profileOf('sunspec-203-65500')).toBeUndefined()
    expect(profileOf('sunspec-at40000')).toBeUndefined()
  })

  test.each(vectors.sunspec)('has the points of $source', ({ ids, offsets }) => {
    for (const id of ids) {
      const profile = profileOf(`sunspec-${id}-1000`)
      const found = profile?.points.map(([code, address, shape]) => {
        const scale = shape.kind === 'integer' ? shape.scaleAt : null
        return [code, address - 1000, scale === null ? null : scale - 1000]
      })
      expect(found).toEqual(Object.entries(offsets).map(([code, at]) => [code, ...at]))
    }
  })
})

describe('a search for SunSpec', () => {
  const search = (registers: Registers) => {
    let step: SunSpecStep = sunSpecSearch(7)
    let asked = 0
    while (step.kind === 'ask') {
      const { start, count, unit, functionCode } = step.read
      expect([unit, functionCode]).toEqual([7, 3])
      const words = Array.from({ length: count }, (_, at) => registers.get(start + at))
      const known = words.flatMap((value) => value ?? [])
      step = nextSunSpecStep(step, known.length === count ? known : null)
      asked++
    }
    return { ...step, asked }
  }

  test('goes over the bases, refusals and all, and lists the models to the end', () => {
    expect(search(device(0, [common, wye]))).toEqual({
      kind: 'end',
      base: 0,
      models: [
        { id: 1, length: 66, address: 2 },
        { id: 203, length: 105, address: 70 },
      ],
      asked: 5,
    })
    expect(search(new Map())).toEqual({ kind: 'end', base: null, models: [], asked: 3 })
  })

  test('ends where the list breaks off, runs in circles or leaves the address space', () => {
    const broken = new Map(device(40_000, [common]))
    broken.delete(40_070)
    expect(search(broken).models).toHaveLength(1)
    const circles = new Map(Array.from({ length: 400 }, (_, at) => [40_002 + at, 0]))
    circles.set(40_000, 0x5375).set(40_001, 0x6e53)
    expect(search(circles).models).toHaveLength(100)
    const far = new Map(device(40_000, [common])).set(40_070, 5).set(40_071, 0xfff0)
    expect(search(far).models).toHaveLength(2)
  })
})

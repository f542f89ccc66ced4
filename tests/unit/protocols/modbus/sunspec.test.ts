import { describe, expect, test } from 'vitest'
import {
  type ModbusRequest,
  type ModbusResponse,
  modbus,
  slave,
  sunSpecNames,
} from '#protocols/modbus'
import { valueText } from '#protocols/model'
import { device, type Registers } from './sunspec-device.ts'

function responseOf(message: Uint8Array): ModbusResponse {
  const decoded = modbus.decode(message)
  if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
  return decoded.response
}

/** Reads as a head-end does: to the end of the chain or to the first refusal. */
function read(profile: string, registers: Registers, items: readonly string[]) {
  const { requests, unsupported } = modbus.plan(items, { address: '1', profile })
  const [first] = requests
  if (!first) return { unsupported, reads: [], values: {}, code: null }
  const parts: ModbusResponse[] = []
  const reads: (readonly [number, number])[] = []
  let request: ModbusRequest | null = first
  while (request) {
    if (request.kind !== 'sunspec') throw new Error(`a ${request.kind}`)
    const { start, count } = request
    reads.push([start, count])
    const words = Array.from({ length: count }, (_, at) => registers.get(start + at))
    if (words.includes(undefined)) return { unsupported, reads, values: {}, code: 'refused' }
    const response = responseOf(
      slave.registers(
        request,
        words.map((value) => value ?? 0),
      ),
    )
    expect(modbus.answers(request, response)).toBe(true)
    parts.push(response)
    request = modbus.follow(request, response)
  }
  const result = modbus.readings(first, parts)
  if (!result.ok) return { unsupported, reads, values: {}, code: result.malformed.code }
  const values = Object.fromEntries(
    result.readings.map(({ item, value }) => [item, valueText(value)]),
  )
  return { unsupported, reads, values, code: null }
}

const common = { id: 1, length: 66 }
const wye = { id: 203, length: 105 }
const floats = { id: 213, length: 124 }
const inverter = { id: 103, length: 50 }

/** 230.1 V, 1234.567 kWh in and −1.23 kW, in model 203 at an address. */
function wyeValues(at: number): Registers {
  return new Map([
    [at + 8, 2301],
    [at + 15, 0xffff],
    [at + 18, 0xff85],
    [at + 22, 1],
    [at + 46, 0x0012],
    [at + 47, 0xd687],
    [at + 54, 0],
  ])
}

describe('a SunSpec meter', () => {
  test('is read wherever its model stands', () => {
    const models = [common, { id: 11, length: 13 }, wye]
    const at = 40_002 + 68 + 15
    const found = read('sunspec', device(40_000, models, wyeValues(at)), ['32.7.0', '1.8.0'])
    expect(found).toMatchObject({ code: null, values: { '32.7.0': '230.1', '1.8.0': '1234.567' } })
    expect(found.reads).toEqual([
      [40_000, 4],
      [40_070, 2],
      [40_085, 2],
      [40_085, 55],
    ])
  })

  test('is found at the other bases, where the first gives other words', () => {
    for (const base of [50_000, 0]) {
      const zeros = [40_000, 50_000].flatMap((other) => {
        return [0, 1, 2, 3].map((at): [number, number] => [other + at, 0])
      })
      const registers = new Map([...zeros, ...device(base, [common, wye], wyeValues(base + 70))])
      expect(read('sunspec', registers, ['16.7.0']).values).toEqual({ '16.7.0': '-1.23' })
      expect(read(`sunspec-at${base}`, registers, ['16.7.0']).values).toEqual({ '16.7.0': '-1.23' })
    }
  })

  test('is preferred to an inverter before it, and told from a second one', () => {
    const values = new Map([...wyeValues(40_122), ...wyeValues(40_297), [40_305, 2299]])
    const models = [common, inverter, wye, common, wye]
    const registers = device(40_000, models, values)
    expect(read('sunspec', registers, ['32.7.0']).values).toEqual({ '32.7.0': '230.1' })
    expect(read('sunspec-meter2', registers, ['32.7.0']).values).toEqual({ '32.7.0': '229.9' })
    expect(read('sunspec-meter3', registers, ['32.7.0']).code).toBe('modbus.no-model')
  })

  test('in floats is read in two blocks, each within what one answer holds', () => {
    const at = 40_070
    const half = 0x3f00
    const values = new Map([
      [at + 12, 0x4366],
      [at + 13, 0x3333],
      [at + 28, 0x451a],
      [at + 29, 0x5000],
      [at + 68, 0x4b3c],
      [at + 69, 0x614e],
      [at + 70, 0x7fc0],
      [at + 74, half],
    ])
    const items = ['32.7.0', '16.7.0', '1.8.0', '21.8.0', '61.8.0']
    const found = read('sunspec', device(40_000, [common, floats], values), items)
    expect(found.values).toEqual({
      '32.7.0': '230.2',
      '16.7.0': '2.4690',
      '1.8.0': '12345.678',
      '21.8.0': null,
      '61.8.0': '0.001',
    })
    for (const [, count] of found.reads) expect(count).toBeLessThanOrEqual(125)
  })

  test('that is an inverter gives back what it makes', () => {
    const at = 40_070
    const values = new Map([
      [at + 10, 2300],
      [at + 13, 0xffff],
      [at + 14, 500],
      [at + 15, 1],
      [at + 16, 5001],
      [at + 17, 0xfffe],
      [at + 24, 1],
      [at + 25, 0],
      [at + 26, 0],
      [at + 3, 0xffff],
      [at + 6, 0xfffe],
    ])
    const items = ['32.7.0', '16.7.0', '14.7.0', '2.8.0', '31.7.0', '9.9.9']
    const found = read('sunspec', device(40_000, [common, inverter], values), items)
    expect(found.unsupported).toEqual(['9.9.9'])
    expect(found.values).toEqual({
      '32.7.0': '230.0',
      '16.7.0': '-5.00',
      '14.7.0': '50.01',
      '2.8.0': '65.536',
      '31.7.0': null,
    })
  })

  test('without a model of these, or without the marker, is said to have none', () => {
    expect(read('sunspec', device(40_000, [common]), ['1.8.0']).code).toBe('modbus.no-model')
    expect(read('sunspec', device(40_000, [common, inverter]), ['1.8.0']).code).toBe(
      'modbus.no-model',
    )
    const zeros = new Map(Array.from({ length: 4 }, (_, at) => [40_000 + at, 0]))
    expect(read('sunspec-at40000', zeros, ['1.8.0']).code).toBe('modbus.no-model')
    expect(read('sunspec', zeros, ['1.8.0']).code).toBe('refused')
    expect(read('sunspec', new Map(), ['9.9.9'])).toMatchObject({ unsupported: ['9.9.9'] })
  })

  test('that changes its model between the walk and the read is refused', () => {
    const [first] = modbus.plan(['1.8.0'], { address: '1', profile: 'sunspec' }).requests
    if (first?.kind !== 'sunspec') throw new Error('no walk')
    const header = responseOf(slave.registers(first, [0x5375, 0x6e53, 203, 105]))
    const block = modbus.follow(first, header)
    if (block?.kind !== 'sunspec') throw new Error('no block')
    const zeros = responseOf(slave.registers(block, new Array(block.count).fill(0)))
    expect(modbus.readings(first, [header, zeros])).toMatchObject({
      malformed: { code: 'modbus.wrong-model' },
    })
    expect(modbus.readings(first, [header])).toMatchObject({ malformed: { code: 'modbus.parts' } })
    expect(modbus.readings(first, [header, zeros, zeros])).toMatchObject({ ok: false })
    const refusal = responseOf(slave.exception(1, 3, 2))
    expect(modbus.follow(block, refusal)).toBeNull()
    expect(modbus.readings(first, [header, refusal])).toMatchObject({ ok: false })
  })

  test('whose device refuses the first base is looked for at the next', () => {
    const [first] = modbus.plan(['1.8.0'], { address: '1', profile: 'sunspec' }).requests
    if (!first) throw new Error('no walk')
    const refusal = responseOf(slave.exception(1, 3, 2))
    const second = modbus.follow(first, refusal)
    const third = second && modbus.follow(second, refusal)
    expect([second, third]).toMatchObject([{ start: 50_000 }, { start: 0 }])
    expect(third && modbus.follow(third, refusal)).toBeNull()
    expect(modbus.readings(first, [refusal, refusal, refusal])).toMatchObject({
      malformed: { code: 'modbus.no-model' },
    })
  })

  test.each(sunSpecNames)('%s is a name that a plan understands', (profile) => {
    const { requests, unsupported } = modbus.plan(['1.8.0'], { address: '1', profile })
    expect(requests).toHaveLength(1)
    expect(unsupported).toEqual([])
  })
})

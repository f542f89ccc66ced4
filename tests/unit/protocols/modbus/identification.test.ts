import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  type ModbusRequest,
  type ModbusResponse,
  mbap,
  modbus,
  rtu,
  slave,
} from '#protocols/modbus'
import { valueText } from '#protocols/model'
import { bytes, vectors } from './vectors.ts'

function responseOf(message: Uint8Array): ModbusResponse {
  const decoded = modbus.decode(message)
  if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
  return decoded.response
}

function requestFor(item: string, address = '1'): ModbusRequest {
  const [request] = modbus.plan([item], { address, profile: null }).requests
  if (!request) throw new Error('no plan')
  return request
}

function texts(request: ModbusRequest, parts: readonly ModbusResponse[]): readonly string[] {
  const result = modbus.readings(request, parts)
  if (!result.ok) throw new Error(result.malformed.code)
  return result.readings.map(({ name, value }) => `${name}: ${valueText(value)}`)
}

describe('the device identification', () => {
  test.each([
    ['43:basic', '012B0E0100'],
    ['43:regular', '012B0E0200'],
    ['43:extended', '012B0E0300'],
  ])('is asked for as %s', (item, message) => {
    const request = requestFor(item)
    expect(toHex(modbus.encode(request))).toBe(message)
    expect(modbus.effect(modbus.encode(request))).toBe('read')
    expect(slave.request(bytes(message))).toMatchObject({ kind: 'identify' })
  })

  test.each(vectors.identification)('is read: $source', ({ message, objects, next }) => {
    const unit = Number.parseInt(message.slice(0, 2), 16)
    const request = requestFor('43:basic', String(unit))
    const response = responseOf(bytes(message))
    expect(modbus.answers(request, response)).toBe(true)
    expect(texts(request, [response])).toEqual(objects)
    expect(modbus.follow(request, response)).toEqual(
      next === null ? null : { ...request, objectId: next },
    )
    const { parts, valid, direction } = modbus.describe(mbap.frame(bytes(message), 1))
    expect({ valid, direction }).toEqual({ valid: true, direction: 'reply' })
    expect(parts.map(({ text }) => text).slice(-objects.length)).toEqual(objects)
  })

  test.each(vectors.identification.filter(({ frame }) => frame))(
    'is found on a serial line, cut anywhere: $source',
    ({ frame, message }) => {
      const line = bytes(frame ?? '')
      expect(toHex(rtu.frame(bytes(message)))).toBe(frame)
      for (let cut = 0; cut <= line.length; cut++) {
        const scanner = rtu.scanner('both')
        const found = [...scanner.push(line.subarray(0, cut)), ...scanner.push(line.subarray(cut))]
        expect(found.map(toHex)).toEqual([frame])
      }
    },
  )

  test('that is cut short or too long is malformed', () => {
    for (const { message } of vectors.identification) {
      const whole = bytes(message)
      for (let length = 3; length < whole.length; length++) {
        expect(modbus.decode(whole.subarray(0, length)).kind).toBe('malformed')
      }
      expect(modbus.decode(Uint8Array.of(...whole, 0)).kind).toBe('malformed')
    }
  })

  test('is put together from as many answers as it takes', () => {
    const objects = [
      { id: 0, text: 'OpenHES' },
      { id: 1, text: 'SIM-1' },
      { id: 2, text: '1.0' },
      { id: 4, text: 'A simulated meter' },
      { id: 0x80, text: 'own' },
    ]
    const first = requestFor('43:extended')
    const parts: ModbusResponse[] = []
    let request: ModbusRequest | null = first
    while (request) {
      const asked = slave.request(modbus.encode(request))
      if (asked.kind !== 'identify') throw new Error('not asked')
      const response = responseOf(slave.identification(asked.identify, objects, 32))
      expect(modbus.answers(request, response)).toBe(true)
      parts.push(response)
      request = modbus.follow(request, response)
    }
    expect(parts.length).toBeGreaterThan(1)
    expect(texts(first, parts)).toEqual([
      'Vendor name: OpenHES',
      'Product code: SIM-1',
      'Revision: 1.0',
      'Product name: A simulated meter',
      'Object 0x80: own',
    ])
    const basic = slave.identification({ unit: 1, readCode: 1, objectId: 0 }, objects)
    expect(texts(requestFor('43:basic'), [responseOf(basic)])).toHaveLength(3)
  })

  test('of a device that runs in circles ends', () => {
    const request = requestFor('43:basic')
    const circling = responseOf(bytes('012B0E0101FF00010001 41'.replace(' ', '')))
    expect(modbus.follow(request, circling)).toBeNull()
    const refusal = responseOf(slave.exception(1, 0x2b, 1))
    expect(modbus.answers(request, refusal)).toBe(true)
    expect(modbus.follow(request, refusal)).toBeNull()
    expect(modbus.readings(request, [])).toMatchObject({ malformed: { code: 'modbus.parts' } })
    expect(modbus.readings(request, [refusal])).toMatchObject({ ok: false })
  })

  test('belongs to its request by unit and category', () => {
    const response = responseOf(bytes(vectors.identification[1]?.message ?? ''))
    expect(modbus.answers(requestFor('43:basic', '2'), response)).toBe(false)
    expect(modbus.answers(requestFor('43:regular'), response)).toBe(false)
    expect(modbus.answers(requestFor('3:0:u16'), response)).toBe(false)
  })

  test('comes back from any texts as it was written', () => {
    const text = fc.string({ unit: fc.constantFrom(...'AZaz09.-/'), maxLength: 30 })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (written) => {
        const objects = written.map((each, id) => ({ id, text: each }))
        const read = { unit: 1, readCode: 3, objectId: 0 }
        const response = responseOf(slave.identification(read, objects))
        const found = texts(requestFor('43:extended'), [response])
        expect(found.map((each) => each.replace(/^[^:]*: /, ''))).toEqual(written)
      }),
    )
  })

  test('is told in words, whole or not', () => {
    const words = (message: string) => {
      return modbus.describe(mbap.frame(bytes(message), 1)).parts.map(({ text }) => text)
    }
    expect(words('012B0E0182').at(-1)).toBe('read category 1 from Object 0x82')
    expect(words(vectors.identification[4]?.message ?? '')).toContain(
      '2 objects, goes on with Revision',
    )
    expect(words('012B0D0100').at(-1)).toBe('0D0100')
  })
})

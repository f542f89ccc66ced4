import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  type ModbusRequest,
  type ModbusResponse,
  mbap,
  modbus,
  profileOf,
  registerImage,
  rtu,
  slave,
} from '#protocols/modbus'
import { valueText } from '#protocols/model'
import { type BlockRead, blockReads, bytes, vectors } from './vectors.ts'

const meter = { address: '1', profile: 'sdm630' }

function onlyRequest(items: readonly string[], profile: string): BlockRead {
  const { requests, unsupported } = modbus.plan(items, { address: '1', profile })
  const [request] = blockReads(requests)
  if (!request || requests.length > 1 || unsupported.length > 0) throw new Error('not one request')
  return request
}

function answerOf(message: Uint8Array): ModbusResponse {
  const decoded = modbus.decode(message)
  if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
  return decoded.response
}

function valuesOf(request: ModbusRequest, message: Uint8Array): Record<string, string | null> {
  const result = modbus.readings(request, [answerOf(message)])
  if (!result.ok) throw new Error(result.malformed.code)
  return Object.fromEntries(result.readings.map(({ item, value }) => [item, valueText(value)]))
}

describe('a message', () => {
  const all = [...vectors.rtu, ...vectors.pdu]

  test.each(all.filter(({ read }) => read))('asks for registers: $source', ({ message, read }) => {
    const parsed = slave.request(bytes(message))
    expect(parsed).toEqual({ kind: 'read', read })
    if (read)
      expect(toHex(modbus.encode({ kind: 'read', ...read, points: [], guards: [] }))).toBe(message)
  })

  test.each(all.filter(({ data }) => data))('answers with data: $source', ({ message, data }) => {
    const decoded = modbus.decode(bytes(message))
    expect(decoded.kind === 'answer' && toHex(decoded.response.data)).toBe(data)
  })

  test('refuses with an exception that keeps what it answers', () => {
    const decoded = modbus.decode(slave.exception(9, 4, 2))
    expect(decoded).toMatchObject({
      kind: 'refusal',
      refusal: { code: 'modbus.illegal-address' },
      response: { unit: 9, functionCode: 4, exception: 2 },
    })
    expect(modbus.decode(slave.exception(9, 4, 9))).toMatchObject({
      refusal: { code: 'modbus.exception' },
    })
  })

  test.each([
    ['', 'modbus.length'],
    ['01', 'modbus.length'],
    ['0103', 'modbus.length'],
    ['01030412', 'modbus.length'],
    ['010303123456', 'modbus.byte-count'],
    ['01830200', 'modbus.length'],
    ['0163000000', 'modbus.function'],
  ])('that is %s is malformed: %s', (message, code) => {
    expect(modbus.decode(bytes(message))).toMatchObject({ kind: 'malformed', malformed: { code } })
  })

  test('of a slave is built from registers', () => {
    const read = { unit: 17, functionCode: 3, start: 107, count: 3 }
    expect(toHex(slave.registers(read, [555, 0, 100]))).toBe('110306022B00000064')
  })

  test('a slave cannot read is told apart from one it does not serve', () => {
    expect(slave.request(bytes('01'))).toMatchObject({ kind: 'malformed' })
    expect(slave.request(bytes('0103000000'))).toMatchObject({ kind: 'malformed' })
    expect(slave.request(bytes('0105000100FF'))).toEqual({
      kind: 'other',
      unit: 1,
      functionCode: 5,
    })
  })

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
        modbus.decode(message)
        modbus.effect(message)
        modbus.describe(message)
        slave.request(message)
      }),
    )
  })
})

describe('an answer', () => {
  const request = onlyRequest(['1.8.0', '2.8.0'], 'sdm630')

  test('belongs to its request by unit, function and byte count', () => {
    const answer = answerOf(slave.registers(request, [0, 0, 0, 0]))
    expect(modbus.answers(request, answer)).toBe(true)
    expect(modbus.answers({ ...request, unit: 2 }, answer)).toBe(false)
    expect(modbus.answers({ ...request, functionCode: 3 }, answer)).toBe(false)
    expect(modbus.answers({ ...request, count: 2 }, answer)).toBe(false)
    expect(modbus.answers(request, answerOf(slave.exception(1, 4, 2)))).toBe(true)
    expect(modbus.answers(request, answerOf(slave.exception(1, 3, 2)))).toBe(false)
  })

  test('gives the values of its points', () => {
    const message = slave.registers(request, [0x4366, 0x3334, 0, 0])
    expect(valuesOf(request, message)).toEqual({ '1.8.0': '230.200', '2.8.0': '0.000' })
    expect(modbus.follow(request, answerOf(message))).toBeNull()
  })

  test('that does not fit its request gives no values', () => {
    const exception = answerOf(slave.exception(1, 4, 2))
    const whole = answerOf(slave.registers(request, [0, 0, 0, 0]))
    for (const parts of [[], [exception], [whole, whole]]) {
      expect(modbus.readings(request, parts)).toMatchObject({
        ok: false,
        malformed: { code: 'modbus.parts' },
      })
    }
  })
})

describe('a plan', () => {
  test('knows registers by code and by address, and names what it does not know', () => {
    const plan = modbus.plan(['1.8.0', '0x0048', '0x004a', '96.1.0'], meter)
    expect(plan.unsupported).toEqual(['96.1.0'])
    expect(plan.requests).toMatchObject([{ unit: 1, functionCode: 4, start: 0x48, count: 4 }])
    expect(blockReads(plan.requests)[0]?.points.map(({ id }) => id)).toEqual(['1.8.0', '2.8.0'])
  })

  test.each([
    ['1', null],
    ['1', 'no-such-meter'],
    ['256', 'sdm630'],
    ['one', 'sdm630'],
  ])('for unit %s with profile %s supports nothing', (address, profile) => {
    expect(modbus.plan(['1.8.0'], { address, profile })).toEqual({
      requests: [],
      unsupported: ['1.8.0'],
    })
  })

  test('takes registers named by hand, with or without a profile', () => {
    const items = ['4:0x0048:f32', '3:0:u16', '3:1:i32:CDAB', '3:7:U64:dcba', '1.8.0']
    const plan = modbus.plan(items, { address: '3', profile: null })
    expect(plan.unsupported).toEqual(['1.8.0'])
    const blocks = blockReads(plan.requests).map(({ functionCode, start, count }) => [
      functionCode,
      start,
      count,
    ])
    expect(blocks).toEqual([
      [3, 0, 3],
      [3, 7, 4],
      [4, 0x48, 2],
    ])
    const [first] = blockReads(plan.requests)
    const result = first && modbus.readings(first, [answerOf(slave.registers(first, [7, 2, 0]))])
    expect(
      result?.ok && result.readings.map(({ dataId, value }) => [dataId, valueText(value)]),
    ).toEqual([
      ['3:0:u16', '7'],
      ['3:1:i32:CDAB', '2'],
    ])
    const both = modbus.plan(['1.8.0', '4:0x0048:u32'], meter)
    expect(blockReads(both.requests).map(({ points }) => points.length)).toEqual([1, 1])
  })

  test.each([
    '4:0x0048',
    '5:1:u16',
    '3:65535:u32',
    '3:1:u17',
    '3:1:f64',
    '3:1:u16:ABDC',
    '3:x:u16',
  ])('does not take %s for a register', (item) => {
    expect(modbus.plan([item], meter)).toEqual({ requests: [], unsupported: [item] })
  })

  test('expects no answer from a broadcast', () => {
    const [request] = modbus.plan(['1.8.0'], { ...meter, address: '0' }).requests
    expect(request && modbus.expectsAnswer(request)).toBe(false)
    expect(modbus.expectsAnswer(onlyRequest(['1.8.0'], 'sdm630'))).toBe(true)
  })
})

describe('SunSpec', () => {
  const profile = profileOf('sunspec-203')
  if (!profile) throw new Error('no such profile')
  const request = onlyRequest(['1.8.0', '2.8.0', '16.7.0', '32.7.0', '52.7.0'], 'sunspec-203')
  const image = new Map([
    [40070, 203],
    [40071, 105],
    [40078, 2301],
    [40079, 0x8000],
    [40085, 0xffff],
    [40088, 0xff85],
    [40092, 1],
    [40109, 0],
    [40116, 0x0012],
    [40117, 0xd687],
    [40124, 0],
  ])
  const answer = (registers: ReadonlyMap<number, number>) => {
    const words = Array.from({ length: request.count }, (_, at) =>
      registers.get(request.start + at),
    )
    return slave.registers(
      request,
      words.map((word) => word ?? 0),
    )
  }

  test('scales by the registers of the same answer and leaves out what is not implemented', () => {
    expect(valuesOf(request, answer(image))).toEqual({
      '32.7.0': '230.1',
      '52.7.0': null,
      '16.7.0': '-1.23',
      '2.8.0': null,
      '1.8.0': '1234.567',
    })
  })

  test('takes a scale factor that is not implemented or absurd for no value', () => {
    const missing = valuesOf(request, answer(new Map([...image, [40085, 0x8000]])))
    expect(missing['32.7.0']).toBeNull()
    const absurd = valuesOf(request, answer(new Map([...image, [40085, 11]])))
    expect(absurd['32.7.0']).toBeNull()
  })

  test('refuses a device in which another model begins there', () => {
    const other = answerOf(answer(new Map([...image, [40070, 201]])))
    expect(modbus.readings(request, [other])).toMatchObject({
      ok: false,
      malformed: { code: 'modbus.wrong-model', offset: 3 },
    })
  })

  test('a slave picks the finest scale factor that all its values fit into', () => {
    const values = new Map([
      ['32.7.0', { digits: 2301, scale: 1 }],
      ['52.7.0', { digits: 23_000, scale: 0 }],
    ] as const)
    const made = registerImage(profile, values)
    expect(made.get(40085)).toBe(0)
    expect(made.get(40078)).toBe(230)
    expect(made.get(40070)).toBe(203)
  })
})

describe('the gatekeeper is told', () => {
  test.each([
    ['010300000002', 'read'],
    ['010400000002', 'read'],
    ['010100000002', 'read'],
    ['0107', 'read'],
    ['0111', 'read'],
    ['012B0E0100', 'read'],
    ['010600010003', 'unknown'],
    ['0105000100FF', 'unknown'],
    ['11100001000204000A0102', 'unknown'],
    ['012B0D0100', 'unknown'],
    ['010800010000', 'unknown'],
    ['015A', 'unknown'],
    ['01', 'unknown'],
    ['', 'unknown'],
    // A write that rides behind a read must not pass as one.
    ['010300000002010600010003', 'unknown'],
    // More registers than one answer can carry.
    ['01030000007E', 'unknown'],
  ])('that %s is %s', (message, effect) => {
    expect(modbus.effect(bytes(message))).toBe(effect)
  })
})

describe('describe', () => {
  test.each(vectors.rtu)('explains an RTU frame: $source', (vector) => {
    const shown = modbus.describe(bytes(vector.frame))
    expect(shown).toMatchObject({
      protocol: 'modbus',
      valid: true,
      direction: vector.role,
      address: '1',
      extras: { unit: 1, exception: vector.exception ?? null, transport: 'rtu' },
    })
    const ends = shown.parts.map(({ to }) => to)
    expect(shown.parts.map(({ from }) => from)).toEqual([0, ...ends.slice(0, -1)])
    expect(ends.at(-1)).toBe(vector.frame.length / 2)
  })

  test.each(vectors.pdu)('explains a message inside TCP: $source', ({ message, role }) => {
    const shown = modbus.describe(mbap.frame(bytes(message), 7))
    expect(shown).toMatchObject({
      valid: true,
      direction: role,
      extras: { unit: 17, transport: 'tcp', transaction: 7 },
    })
    expect(shown.parts.at(-1)?.to).toBe(message.length / 2 + 6)
  })

  test('shows the registers of a reply and the start of a request', () => {
    const reply = modbus.describe(bytes('010404436633341B38'))
    expect(reply).toMatchObject({ function: 'read-input-registers', dataId: null })
    expect(reply.extras).toMatchObject({ registers: ['4366', '3334'] })
    expect(modbus.describe(bytes('0104200000027A0B')).dataId).toBe('0x2000')
  })

  test('names a refusal in a valid frame', () => {
    expect(modbus.describe(bytes('018302C0F1'))).toMatchObject({
      valid: true,
      error: { code: 'modbus.illegal-address' },
    })
  })

  test.each([
    ['01030000000AC5CE', 'modbus.crc'],
    ['00010000000701030000000A', 'modbus.length'],
    ['0102', 'modbus.length'],
  ])('says why %s is not valid: %s', (frame, code) => {
    expect(modbus.describe(bytes(frame))).toMatchObject({ valid: false, error: { code } })
  })

  test('says so when no message of the function looks like this', () => {
    expect(modbus.describe(rtu.frame(bytes('0163000000')))).toMatchObject({
      valid: false,
      function: null,
      direction: null,
      error: { code: 'modbus.function' },
    })
  })
})

describe('the scanner of framed channels', () => {
  test('takes each chunk for a message', () => {
    const scanner = modbus.scanner()
    expect(scanner.push(bytes('018302')).map(toHex)).toEqual(['018302'])
    expect(scanner.push(new Uint8Array(0))).toEqual([])
    scanner.reset()
    expect(scanner).toMatchObject({ pending: false, skippedBytes: 0 })
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { type ModbusProfile, modbus, modbusWith, slave, type WriteRow } from '#protocols/modbus'
import { bytes, vectors } from './vectors.ts'

const writes: readonly WriteRow[] = [
  {
    functionCode: 6,
    address: 0x100,
    count: 1,
    words: [0xaaaa],
    effect: 'trip',
    meaning: 'opens the relay',
    order: 'trip',
  },
  {
    functionCode: 6,
    address: 0x100,
    count: 1,
    words: [0x5555],
    effect: 'relay',
    meaning: 'closes the relay',
    order: 'close',
  },
  { functionCode: 16, address: 0x200, count: 3, effect: 'clock', meaning: 'the clock' },
]

const profile: ModbusProfile = {
  name: 'own-meter',
  title: 'A meter with a relay',
  functionCode: 3,
  order: 'ABCD',
  blockMax: 20,
  gapMax: 0,
  forbidden: [],
  guards: [],
  points: [
    ['1.8.0', 0, { kind: 'integer', type: 'u32', exponent: -2, scaleAt: null, absent: null }],
  ],
  writes,
}

const own = modbusWith([profile])
const meter = { address: '17', profile: 'own-meter' }
const noRandom = (count: number) => new Uint8Array(count)
const session = own.session?.(meter, noRandom)
const expiresAt = { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0 }

describe('a map of a user', () => {
  test('is planned with, and wins over one of the same name', () => {
    expect(own.plan(['1.8.0'], meter).requests).toMatchObject([{ unit: 17, start: 0, count: 2 }])
    expect(modbus.plan(['1.8.0'], meter).unsupported).toEqual(['1.8.0'])
    const renamed = modbusWith([{ ...profile, name: 'sdm630' }])
    const at = { address: '17', profile: 'sdm630' }
    expect(renamed.plan(['1.8.0'], at).requests).toMatchObject([{ functionCode: 3 }])
    expect(own.plan(['1.8.0'], at).requests).toMatchObject([{ functionCode: 4 }])
  })
})

describe('a write', () => {
  test.each([
    ['11060100AAAA', 'trip'],
    ['110601005555', 'relay'],
    ['1106010000FF', 'unknown'],
    ['110601010000', 'unknown'],
    ['12060100AAAA', 'unknown'],
    ['11060100AAAA00', 'unknown'],
    ['11100100000102AAAA', 'unknown'],
    ['111002000003060102030405 06'.replace(' ', ''), 'clock'],
    ['1110020000020401020304', 'unknown'],
    ['11100200000306010203040506FF', 'unknown'],
    ['111002000003050102030405', 'unknown'],
    ['111000000000 00'.replace(' ', ''), 'unknown'],
    ['11100001', 'unknown'],
    ['1105010000FF', 'unknown'],
    ['1117010000010200000102AAAA', 'unknown'],
    ['1116010000F20025', 'unknown'],
    ['110300000002', 'read'],
  ])('%s is %s in the session of its meter', (message, effect) => {
    expect(session?.effect(bytes(message))).toBe(effect)
  })

  test('is unknown outside of the session, and in that of a meter without a list', () => {
    expect(own.effect(bytes('11060100AAAA'))).toBe('unknown')
    const everybody = own.session?.({ ...meter, address: '0' }, noRandom)
    expect(everybody?.effect(bytes('00060100AAAA'))).toBe('unknown')
    for (const name of ['sdm630', null]) {
      const other = own.session?.({ address: '17', profile: name }, noRandom)
      expect(other?.effect(bytes('11060100AAAA'))).toBe('unknown')
    }
  })

  test('is what an order to the relay becomes, where the list has it', () => {
    const plan = own.order?.({ action: 'trip', expiresAt }, meter)
    const [request] = plan?.requests ?? []
    if (!request) throw new Error('no order')
    const message = own.encode(request)
    expect(toHex(message)).toBe('11060100AAAA')
    const decoded = own.decode(message)
    if (decoded.kind !== 'answer') throw new Error('no echo')
    expect(own.answers(request, decoded.response)).toBe(true)
    expect(own.readings(request, [decoded.response])).toEqual({ ok: true, readings: [] })
    expect(own.follow(request, decoded.response)).toBeNull()
    const other = own.decode(bytes('110601005555'))
    expect(other.kind === 'answer' && own.answers(request, other.response)).toBe(false)
    expect(own.order?.({ action: 'alarm', expiresAt }, meter)).toEqual({
      requests: [],
      unsupported: ['alarm'],
    })
    for (const address of ['x', '0']) {
      const nobody = { address, profile: 'own-meter' }
      expect(own.order?.({ action: 'trip', expiresAt }, nobody)?.requests).toEqual([])
    }
  })

  test('is read as a slave reads it, and answered with its echo', () => {
    const words = fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 123 })
    fc.assert(
      fc.property(fc.nat(0xff00), words, fc.nat(247), (address, written, unit) => {
        const request = { kind: 'write', unit, functionCode: 16, address, words: written } as const
        const asked = slave.request(modbus.encode(request))
        expect(asked).toMatchObject({ kind: 'write', write: { unit, address, words: written } })
        if (asked.kind !== 'write') return
        const decoded = modbus.decode(slave.written(asked.write))
        expect(decoded.kind === 'answer' && modbus.answers(request, decoded.response)).toBe(true)
      }),
    )
  })

  test('of more than the function can is a mistake of ours', () => {
    const place = { kind: 'write', unit: 1, address: 0 } as const
    for (const words of [[], [1, 2]]) {
      expect(() => modbus.encode({ ...place, functionCode: 6, words })).toThrow('invariant')
    }
  })

  test('of the standard is built to its bytes', () => {
    const examples = vectors.pdu.filter(({ message }) => /^..(06|10)/.test(message))
    expect(examples.length).toBeGreaterThan(0)
    for (const { message } of examples) {
      const asked = slave.request(bytes(message))
      if (asked.kind !== 'write') continue
      expect(toHex(modbus.encode({ kind: 'write', ...asked.write }))).toBe(message)
    }
  })
})

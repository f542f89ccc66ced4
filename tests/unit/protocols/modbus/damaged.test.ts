import { describe, expect, test } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { modbus } from '#protocols/modbus'
import { vectors } from './vectors.ts'

function bytes(hex: string): Uint8Array {
  const read = fromHex(hex.replaceAll(' ', ''))
  if (!read) throw new Error(`not hex: ${hex}`)
  return read
}

describe('a damaged frame is told as far as it stands, and why it is none', () => {
  test('a CRC that is wrong by one', () => {
    const told = modbus.describe(bytes('01 03 00 00 00 0A C5 CE'))
    expect(told).toMatchObject({
      protocol: 'modbus',
      valid: false,
      direction: 'request',
      address: '1',
      function: 'read-holding-registers',
      readings: [],
      error: { code: 'modbus.crc', message: 'the CRC is C5 CE, computed C5 CD' },
      extras: { unit: 1, functionCode: 3, exception: null },
    })
    expect(told.parts.map(({ text }) => text)).toEqual([
      'unit 1',
      'function 3: read-holding-registers',
      'address 0x0000',
      '10 registers',
      'the CRC is C5 CE, computed C5 CD',
    ])
  })

  test('an answer cut off behind its count', () => {
    const told = modbus.describe(bytes('01 03 14 00 00 00 01'))
    expect(told).toMatchObject({
      valid: false,
      direction: 'reply',
      address: '1',
      error: { code: 'modbus.length', message: 'cut off: a reply has 25 bytes, 7 are there' },
    })
    expect(told.parts.map(({ text }) => text).slice(2)).toEqual([
      '20 bytes follow',
      'registers 0000 0001',
    ])
  })

  test('what may still be a request or an answer is told as either', () => {
    const told = modbus.describe(bytes('01 03 14 00 00'))
    expect(told).toMatchObject({
      valid: false,
      direction: null,
      function: 'read-holding-registers',
    })
    expect(told.error).toEqual({
      code: 'modbus.length',
      message: 'cut off: a request has 8 bytes, a reply has 25 bytes, 5 are there',
    })
    expect(told.parts).toHaveLength(3)
  })

  test('a frame with more bytes than its function has', () => {
    const { error, parts } = modbus.describe(bytes('01 03 00 00 00 0A C5 CE 00 00'))
    expect(error?.code).toBe('modbus.length')
    expect(parts.at(-1)).toMatchObject({ to: 10 })
  })

  test('a header of TCP whose length is not what follows', () => {
    const told = modbus.describe(bytes('0001 0000 0007 01 03 0000 000A'))
    expect(told).toMatchObject({
      valid: false,
      address: '1',
      function: 'read-holding-registers',
      direction: 'request',
      error: { code: 'modbus.length', message: 'the MBAP length says 7 and 6 bytes follow' },
      extras: { transport: 'tcp', transaction: 1 },
    })
    expect(told.parts.map(({ text }) => text)).toEqual([
      'transaction 1',
      'protocol 0: Modbus',
      'the MBAP length says 7 and 6 bytes follow',
      'unit 1',
      'function 3: read-holding-registers',
      'address 0x0000',
      '10 registers',
    ])
  })

  test('a header of TCP of another protocol', () => {
    expect(modbus.describe(bytes('0001 0001 0006 01 03 0000 000A'))).toMatchObject({
      address: '1',
      error: { code: 'modbus.protocol-id' },
    })
  })

  test('every byte has its words, however a frame is cut or changed', () => {
    for (const { frame } of vectors.rtu) {
      const whole = bytes(frame)
      const changed = whole.map((byte, at) => (at === whole.length - 1 ? byte ^ 1 : byte))
      const cut = Array.from(whole, (_, length) => whole.subarray(0, length))
      for (const raw of [changed, ...cut]) {
        let at = 0
        for (const { from, to } of modbus.describe(raw).parts) {
          expect(from).toBe(at)
          expect(to).toBeGreaterThan(from)
          at = to
        }
        expect(at).toBe(raw.length)
      }
    }
  })

  test('never has readings or registers', () => {
    for (const { frame } of vectors.rtu) {
      const raw = bytes(frame)
      raw[raw.length - 1] = (raw.at(-1) ?? 0) ^ 0x80
      const { valid, readings, extras } = modbus.describe(raw)
      expect({ valid, readings }).toEqual({ valid: false, readings: [] })
      expect(extras).not.toHaveProperty('registers')
    }
  })
})

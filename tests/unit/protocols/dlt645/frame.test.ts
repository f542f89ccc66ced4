import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, parseFrame } from '#protocols/dlt645'
import { bytesOf } from './vectors.ts'

const address = fc.stringMatching(/^[0-9]{12}$/)
const whole = '68610100000000689108333334335933333 38A16'.replace(' ', '')

test('what is built is parsed again', () => {
  const frame = fc.record({
    address,
    control: fc.nat(255),
    data: fc.uint8Array({ maxLength: 255 }),
  })
  fc.assert(
    fc.property(frame, fc.nat(8), (sent, wakeUps) => {
      const bytes = Uint8Array.of(...new Uint8Array(wakeUps).fill(0xfe), ...buildFrame(sent))
      const parsed = parseFrame(bytes)
      expect(parsed).toEqual({ ok: true, frame: sent })
    }),
  )
})

test('33H wraps around in both directions', () => {
  const bytes = buildFrame({ address: '000000000001', control: 0x91, data: bytesOf('CDFF00') })
  expect(toHex(bytes)).toBe('68010000000000689103003233' + 'CA' + '16')
})

test.for([
  ['', 'dlt645.length'],
  ['FEFEFE', 'dlt645.length'],
  ['16', 'dlt645.start'],
  ['6861010000000069', 'dlt645.second-start'],
  ['68610100000000681100', 'dlt645.length'],
  [whole.slice(0, -2), 'dlt645.length'],
  [`${whole}0D0A`, 'dlt645.length'],
  [whole.replace('8A16', '8B16'), 'dlt645.checksum'],
  [whole.replace('8A16', '8A17'), 'dlt645.end'],
] as const)('%s is malformed: %s', ([hex, code]) => {
  const parsed = parseFrame(bytesOf(hex))
  expect(parsed.ok ? null : parsed.malformed.code).toBe(code)
})

test('a fault names the byte, wake-up bytes counted', () => {
  const parsed = parseFrame(bytesOf(`FEFE${whole.replace('8A16', '8B16')}`))
  expect(parsed).toEqual({
    ok: false,
    malformed: { code: 'dlt645.checksum', message: 'checksum is 8B, computed 8A', offset: 20 },
  })
})

test('an address that is not twelve hex digits or too much data is a bug', () => {
  const data = new Uint8Array()
  expect(() => buildFrame({ address: '1', control: 0x11, data })).toThrow('invariant')
  expect(() => buildFrame({ address: '00000000000G', control: 0x11, data })).toThrow('invariant')
  expect(() => buildFrame({ address: '0000000000-1', control: 0x11, data })).toThrow('invariant')
  const tooMuch = new Uint8Array(256)
  expect(() => buildFrame({ address: '000000000000', control: 0x11, data: tooMuch })).toThrow(
    'invariant',
  )
})

test('an address that is not decimal is kept as it came, lower case is taken', () => {
  const data = new Uint8Array()
  const parsed = parseFrame(buildFrame({ address: 'abcdef9a0001', control: 0x11, data }))
  expect(parsed.ok && parsed.frame.address).toBe('ABCDEF9A0001')
})

import { expect, test } from 'vitest'
import { buildFrame, dlt645 } from '#protocols/dlt645'
import { bytesOf, vectors } from './vectors.ts'

const address = '000012345678'

function effectOf(control: number, data: string) {
  return dlt645.effect(buildFrame({ address, control, data: bytesOf(data) }))
}

test.for([
  [0x11, '00000100', 'read'],
  [0x11, '0100040605', 'read'],
  [0x12, '0000010001', 'read'],
  [0x13, '', 'read'],
  [0x08, '053022211126', 'clock'],
  [0x03, '', 'key'],
  [0x14, '', 'write'],
  [0x15, '785634120000', 'address'],
  [0x16, '99999999', 'write'],
  [0x17, '08', 'mode'],
  [0x18, '', 'key'],
  [0x19, '', 'clear'],
  [0x1a, '', 'clear'],
  [0x1b, '', 'clear'],
  [0x1c, '', 'trip'],
  [0x1d, '00', 'write'],
] as const)('function %i with %s is %s', ([control, data, effect]) => {
  expect(effectOf(control, data)).toBe(effect)
})

test('every other control code is unknown, replies among them', () => {
  const known = [
    0x03, 0x08, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d,
  ]
  for (let control = 0; control <= 0xff; control++) {
    if (!known.includes(control)) expect(effectOf(control, '00000100')).toBe('unknown')
  }
})

test('a read of the wrong form, a broken frame and two frames are unknown', () => {
  expect(effectOf(0x11, '000001000000')).toBe('unknown')
  expect(effectOf(0x11, '0000010001')).toBe('unknown')
  expect(effectOf(0x13, '00')).toBe('unknown')
  expect(effectOf(0x08, '053022211326')).toBe('unknown')
  const read = buildFrame({ address, control: 0x11, data: bytesOf('00000100') })
  expect(dlt645.effect(Uint8Array.of(...read, ...read))).toBe('unknown')
  expect(dlt645.effect(Uint8Array.of(0, ...read))).toBe('unknown')
  expect(dlt645.effect(Uint8Array.of(0xfe, 0xfe, ...read))).toBe('read')
})

test('no published write, relay command or authentication passes for a read', () => {
  for (const { hex, control } of vectors) {
    const effect = dlt645.effect(bytesOf(hex))
    if (effect === 'read') expect(['11', '12', '13']).toContain(control)
    if (effect === 'clock') expect(control).toBe('08')
  }
})

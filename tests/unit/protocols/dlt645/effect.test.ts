import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, dlt645, writeEffects } from '#protocols/dlt645'
import { bytesOf, vectors } from './vectors.ts'

const address = '000012345678'

function effectOf(control: number, data: string, to = address) {
  return dlt645.effect(buildFrame({ address: to, control, data: bytesOf(data) }))
}

/** PA 02, a password, an operator. */
const authority = '0211223344556677'
const expiry = '005923211126'

test.for([
  [0x11, '00000100', 'read'],
  [0x11, '0100040605', 'read'],
  [0x12, '0000010001', 'read'],
  [0x13, '', 'read'],
  [0x08, '053022211126', 'clock'],
  [0x03, `FF000007 00000000 ${'11'.repeat(24)}`, 'key'],
  [0x03, `FF010107 00000000 ${'11'.repeat(24)}`, 'price'],
  [0x03, `FF020207 00000000 ${'11'.repeat(24)}`, 'key'],
  [0x03, `FF000907 00000000 ${'11'.repeat(24)}`, 'unknown'],
  [0x15, '785634120000', 'address'],
  [0x16, '99999999', 'write'],
  [0x17, '08', 'mode'],
  [0x17, '03', 'unknown'],
  [0x18, '030C0004 0211111102222222', 'key'],
  [0x19, authority, 'clear'],
  [0x1a, authority, 'clear'],
  [0x1b, `${authority}FFFFFFFF`, 'clear'],
  [0x1d, '00', 'write'],
] as const)('function %i with %s is %s', ([control, data, effect]) => {
  expect(effectOf(control, data)).toBe(effect)
})

test.for([
  ['1A', 'trip'],
  ['1B', 'relay'],
  ['1C', 'relay'],
  ['1D', 'trip'],
  ['1E', 'trip'],
  ['2A', 'relay'],
  ['2B', 'relay'],
  ['3A', 'relay'],
  ['3B', 'relay'],
  ['1F', 'unknown'],
  ['00', 'unknown'],
] as const)('command byte %s is %s', ([command, effect]) => {
  expect(effectOf(0x1c, `${authority}${command}00${expiry}`)).toBe(effect)
  expect(effectOf(0x1c, `${authority}${command}00${'00'.repeat(6)}`)).toBe(effect)
  // A byte more or less is another form; behind PA 98 the command byte is enciphered.
  expect(effectOf(0x1c, `${authority}${command}00${expiry}00`)).toBe('unknown')
  expect(effectOf(0x1c, `${authority}${command}00${expiry.slice(2)}`)).toBe('unknown')
  expect(effectOf(0x1c, `98${authority.slice(2)}${command}00${expiry}`)).toBe('unknown')
  expect(effectOf(0x1c, `99${authority.slice(2)}${command}00${expiry}`)).toBe('unknown')
})

test.for([
  ['04000101', 'clock'],
  ['04000102', 'clock'],
  ['0400010C', 'clock'],
  ['04000103', 'write'],
  ['04000106', 'price'],
  ['04000108', 'price'],
  ['04000204', 'price'],
  ['04000401', 'address'],
  ['04000703', 'mode'],
  ['04000802', 'price'],
  ['04000901', 'write'],
  ['04000B01', 'price'],
  ['04000C03', 'key'],
  ['04000E01', 'load-limit'],
  ['04000F04', 'price'],
  ['04001003', 'price'],
  ['04001101', 'mode'],
  ['04001401', 'relay'],
  ['04010001', 'price'],
  ['04020000', 'price'],
  ['040300FE', 'price'],
  ['04040101', 'write'],
  ['04050101', 'price'],
  ['04060302', 'price'],
  ['04090101', 'write'],
  ['04000503', 'unknown'],
  ['04A20200', 'unknown'],
  ['00010000', 'unknown'],
] as const)('a write of %s is %s', ([dataId, effect]) => {
  const id = toHex(bytesOf(dataId).reverse())
  expect(effectOf(0x14, `${id}${authority}00`)).toBe(effect)
  expect(effectOf(0x14, `${id}${authority}`)).toBe('unknown')
})

const orders = [
  [0x03, `FF000007 00000000 ${'11'.repeat(24)}`],
  [0x14, `0C010004${authority}05302206211126`],
  [0x15, '785634120000'],
  [0x16, '99999999'],
  [0x17, '08'],
  [0x18, '030C0004 0211111102222222'],
  [0x19, authority],
  [0x1a, authority],
  [0x1b, `${authority}FFFFFFFF`],
  [0x1c, `${authority}1A00${expiry}`],
  [0x1c, `${authority}1B00${expiry}`],
  [0x1d, '00'],
] as const

test.for(orders)('function %i to more than one meter is unknown', ([control, data]) => {
  expect(effectOf(control, data)).not.toBe('unknown')
  for (const many of ['999999999999', 'AAAAAAAAAAAA', 'AAAAAAAA5678', '0000123456AA']) {
    expect(effectOf(control, data, many)).toBe('unknown')
  }
})

test('the time may be told to all, and reads may ask for anybody', () => {
  expect(effectOf(0x08, '053022211126', '999999999999')).toBe('clock')
  expect(effectOf(0x08, '053022211126', 'AAAAAAAAAAAA')).toBe('clock')
  expect(effectOf(0x13, '', 'AAAAAAAAAAAA')).toBe('read')
  expect(effectOf(0x11, '00000100', 'AAAAAAAAAAAA')).toBe('read')
})

test('no head of the table of writes begins another', () => {
  const heads = writeEffects.map(([head]) => head)
  for (const head of heads) {
    expect(heads.filter((other) => other.startsWith(head))).toEqual([head])
  }
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
    if (effect === 'clock') expect(['08', '14']).toContain(control)
  }
})

import { expect, test } from 'vitest'
import { type ModbusProfile, modbus, modbusWith, type WriteRow } from '#protocols/modbus'
import { bytes } from './vectors.ts'

const relay = { functionCode: 6, address: 0x100, count: 1, meaning: 'the relay' } as const
const writes: readonly WriteRow[] = [
  { ...relay, words: [0xaaaa], effect: 'trip', order: 'trip' },
  { ...relay, words: [0x5555], effect: 'relay', order: 'close' },
  { functionCode: 16, address: 0x200, count: 2, effect: 'key', meaning: 'the password' },
]
const profile: ModbusProfile = {
  ...{ name: 'own-meter', title: 'A meter with a relay', functionCode: 3, order: 'ABCD' },
  ...{ blockMax: 20, gapMax: 0, forbidden: [], guards: [], points: [], writes },
}
const own = modbusWith([profile])
const at = (address: string) =>
  own.session?.({ address, profile: 'own-meter' }, (count) => new Uint8Array(count))

test('a write says which unit, and the order that its row says', () => {
  expect(at('17')?.aim?.(bytes('11060100AAAA'))).toEqual({
    address: '17',
    isGroup: false,
    action: 'trip',
    expiresAt: null,
    secrets: [],
  })
  expect(at('17')?.aim?.(bytes('110601005555'))).toMatchObject({ action: 'close' })
})

test('a write outside the list, or without a list, orders nothing', () => {
  expect(at('17')?.aim?.(bytes('110601001234'))).toMatchObject({ action: null })
  expect(modbus.aim?.(bytes('11060100AAAA'))).toMatchObject({ address: '17', action: null })
})

test('unit 0 is everybody', () => {
  expect(at('17')?.aim?.(bytes('00060100AAAA'))).toMatchObject({ isGroup: true })
  expect(at('0')?.aim?.(bytes('00060100AAAA'))).toMatchObject({ isGroup: true, action: null })
})

test('the words of a key are secrets', () => {
  expect(at('17')?.aim?.(bytes('1110020000020412345678'))?.secrets).toEqual([{ from: 7, to: 11 }])
})

test('what is no write has no aim', () => {
  for (const hex of ['110300000002', '1106010', '11060100', '110F00000008017F', '']) {
    expect(modbus.aim?.(bytes(hex.length % 2 === 0 ? hex : `${hex}0`)) ?? null).toBeNull()
  }
})

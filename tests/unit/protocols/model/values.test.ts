import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decimalText,
  isOf,
  isPresent,
  itemOf,
  meterTimeText,
  type Reading,
  valueText,
} from '#protocols/model'

test.for([
  [12_345, 2, '123.45'],
  [0, 2, '0.00'],
  [-1234, 3, '-1.234'],
  [5, 4, '0.0005'],
  [-5, 1, '-0.5'],
  [42, 0, '42'],
  [-42, 0, '-42'],
  [-0, 2, '0.00'],
  [1100n, 2, '11.00'],
  [-1n, 2, '-0.01'],
] as const)('%s with %i decimals is %s', ([digits, scale, text]) => {
  expect(decimalText(digits, scale)).toBe(text)
})

test('a decimal text has exactly its decimals and reads back as its digits', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(8), (digits, scale) => {
      const text = decimalText(digits, scale)
      expect(BigInt(text.replace('.', ''))).toBe(BigInt(digits))
      expect(text.split('.')[1]?.length ?? 0).toBe(scale)
    }),
  )
})

test('a value prints as the contract says, a missing one is null', () => {
  expect(valueText({ kind: 'number', digits: 12_345, scale: 2 })).toBe('123.45')
  expect(valueText({ kind: 'text', text: 'open' })).toBe('open')
  expect(valueText({ kind: 'missing', flag: 'absent' })).toBeNull()
})

test('a wall clock prints without a zone', () => {
  const time = { year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5 }
  expect(meterTimeText(time)).toBe('2026-01-02T03:04:05')
})

test('an item is found by the code people type', () => {
  expect(itemOf('1.8.0')).toMatchObject({ zh: '正向有功总电能', unit: 'kWh', kind: 'register' })
  expect(itemOf('1.8')).toBeUndefined()
})

const reading: Reading = {
  item: '1.8.1',
  dataId: '00010100',
  name: 'Active energy import, rate 1',
  unit: 'kWh',
  value: { kind: 'number', digits: 1, scale: 2 },
  dataClass: 'current',
  at: null,
}

test.for([
  ['1.8.1', true],
  ['1.8.0', false],
  ['00010100', true],
  ['00010100:4', true],
  ['0001FF00', true],
  ['0001ff00', true],
  ['0002FF00', false],
  ['00010000', false],
  ['FF', false],
] as const)('asked for as %s a reading is meant: %s', ([asked, meant]) => {
  expect(isOf(reading, asked)).toBe(meant)
})

test.for([
  ['7:1.0.99.1.0.255:2', true],
  ['7:1.0.99.1.0.255:2@2026-11-22T08:00..2026-11-22T09:00', true],
  ['7:1.0.99.1.0.255:2#1-96', true],
  ['7:1.0.99.2.0.255:2#1-96', false],
  ['7:1.0.99.1.0.255', false],
  ['3:1.0.1.8.0.255:2', false],
] as const)('asked for as %s a row of a table is meant: %s', ([asked, meant]) => {
  const row = { ...reading, item: null, dataId: '7:1.0.99.1.0.255:2/3:1.0.1.29.0.255:2' }
  expect(isOf(row, asked)).toBe(meant)
})

test('an id that is no hex is compared as it is', () => {
  expect(isOf({ ...reading, dataId: '$.Total' }, '$.Total')).toBe(true)
  expect(isOf({ ...reading, dataId: '0x0048' }, '0x0048')).toBe(true)
  expect(isOf({ ...reading, dataId: '0x0048' }, '0001FF00')).toBe(false)
})

test('frozen values and maximum demands are not of now', () => {
  expect(isPresent(reading)).toBe(true)
  expect(isPresent({ ...reading, item: null })).toBe(true)
  expect(isPresent({ ...reading, dataClass: 'daily' })).toBe(false)
  expect(isPresent({ ...reading, item: '1.6.0' })).toBe(false)
})

import { expect, test } from 'vitest'
import { modbus } from '#protocols/modbus'

test('an exception cut off before its code is explained without one', () => {
  const { valid, parts } = modbus.describe(Uint8Array.of(0x81, 0x87, 0x21, 0x82))
  expect(valid).toBe(false)
  expect(parts.map(({ from, to }) => [from, to])).toEqual([
    [0, 1],
    [1, 2],
    [2, 4],
  ])
})

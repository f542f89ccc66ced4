import { expect, test } from 'vitest'
import { buildFrame, dlt645 } from '#protocols/dlt645'
import { bytesOf } from './vectors.ts'

const address = '000012345678'
const authority = '0211223344556677'
const expiry = '005923211126'

const aimAt = (control: number, data: string, to = address) =>
  dlt645.aim?.(buildFrame({ address: to, control, data: bytesOf(data) }))

/** What of a data field is hidden, by the numbers of its bytes; the checksum is one behind it. */
function hidden(control: number, data: string): readonly number[] {
  const secrets = aimAt(control, data)?.secrets ?? []
  return secrets.flatMap(({ from, to }) =>
    Array.from({ length: to - from }, (_, index) => from + index - 10),
  )
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index)

test.for([
  ['1A', 'trip'],
  ['1B', 'allow-close'],
  ['1C', 'close'],
  ['1D', 'trip'],
  ['1E', 'trip'],
  ['2A', 'alarm'],
  ['2B', 'clear-alarm'],
  ['3A', 'protect'],
  ['3B', 'unprotect'],
  ['1F', null],
] as const)('command byte %s orders %s', ([command, action]) => {
  expect(aimAt(0x1c, `${authority}${command}00${expiry}`)).toMatchObject({
    address,
    isGroup: false,
    action,
    expiresAt: { year: 2026, month: 11, day: 21, hour: 23, minute: 59, second: 0 },
  })
})

test('an order without a possible end names no possible time', () => {
  expect(aimAt(0x1c, `${authority}1A00${'00'.repeat(6)}`)).toMatchObject({
    expiresAt: { month: 0, day: 0 },
  })
  expect(aimAt(0x1c, `${authority}1A00AABBCCDDEEFF`)).toMatchObject({ expiresAt: { month: 0 } })
  expect(aimAt(0x1c, `${authority}1A00`)).toMatchObject({ action: null, expiresAt: { month: 0 } })
})

test('an order behind a cipher names neither an action nor a possible end, and is hidden', () => {
  const sealed = '9800000078563412' + '1A00005923211126'
  expect(aimAt(0x1c, sealed)).toMatchObject({ action: null, expiresAt: { month: 0, day: 0 } })
  expect(hidden(0x1c, sealed)).toEqual([...range(1, 8), ...range(8, 16), 16])
  expect(hidden(0x14, `01010004${sealed}`)).toEqual([...range(5, 12), ...range(12, 20), 20])
})

test('what is no order to a relay has neither action nor end', () => {
  expect(aimAt(0x19, authority)).toMatchObject({ action: null, expiresAt: null })
})

test('whom more than one meter hears is a group', () => {
  for (const to of ['999999999999', 'AAAAAAAAAAAA', 'AA0012345678']) {
    expect(aimAt(0x08, '053022211126', to)).toMatchObject({ address: to, isGroup: true })
  }
})

test('levels, passwords, operators and cipher texts are hidden, and the sum over them', () => {
  expect(hidden(0x1c, `${authority}1A00${expiry}`)).toEqual([...range(1, 8), 16])
  expect(hidden(0x19, authority)).toEqual([...range(1, 8), 8])
  expect(hidden(0x14, `01010004${authority}2122`)).toEqual([...range(5, 12), 14])
  expect(hidden(0x14, `030C0004${authority}02222222`)).toEqual([
    ...range(5, 12),
    ...range(12, 16),
    16,
  ])
  expect(hidden(0x18, '030C00040211111102222222')).toEqual([...range(5, 8), ...range(9, 12), 12])
  expect(hidden(0x03, `FF000007${'11'.repeat(28)}`)).toEqual([...range(4, 32), 32])
  expect(hidden(0x16, '99999999')).toEqual([])
  expect(hidden(0x19, '02')).toEqual([])
})

test('what is no frame has no aim', () => {
  expect(dlt645.aim?.(bytesOf('68112233'))).toBeNull()
})

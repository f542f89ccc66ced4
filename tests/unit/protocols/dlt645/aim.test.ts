import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, dlt645 } from '#protocols/dlt645'
import { bytesOf } from './vectors.ts'

const address = '000012345678'
const authority = '0211223344556677'

function aimOf(control: number, data: string, to = address) {
  return dlt645.aim?.(buildFrame({ address: to, control, data: bytesOf(data) })) ?? null
}

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
  ['55', null],
] as const)('command byte %s aims to %s', ([command, action]) => {
  expect(aimOf(0x1c, `${authority}${command}00000018221126`)).toMatchObject({
    address,
    isGroup: false,
    action,
    expiresAt: { year: 2026, month: 11, day: 22, hour: 18, minute: 0, second: 0 },
  })
})

test('an order that is cut or without a time says no real one, and names no action', () => {
  const never = { year: 2000, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
  expect(aimOf(0x1c, `${authority}1A00${'00'.repeat(6)}`)).toMatchObject({ expiresAt: never })
  expect(aimOf(0x1c, `${authority}1A00FFFFFFFFFFFF`)).toMatchObject({ expiresAt: never })
  expect(aimOf(0x1c, authority)).toMatchObject({ action: null, expiresAt: never })
})

test('what goes to more than one meter says so', () => {
  for (const many of ['AAAAAAAAAAAA', '999999999999', '0000123456AA']) {
    expect(aimOf(0x16, '99999999', many)).toMatchObject({ isGroup: true, expiresAt: null })
  }
  expect(dlt645.aim?.(bytesOf('6800'))).toBeNull()
})

/** The frame as a journal keeps it. */
function masked(control: number, data: string): string {
  const frame = buildFrame({ address, control, data: bytesOf(data) })
  const shown = Array.from(frame, (each) => toHex(Uint8Array.of(each)))
  for (const { from, to } of dlt645.aim?.(frame)?.secrets ?? []) shown.fill('**', from, to)
  return shown.slice(10).join('')
}

test.for([
  ['a write', 0x14, `030C0004${authority}11223344`, `363F3337 35${'**'.repeat(11)} ** 16`],
  ['a written clock', 0x14, `0C010004${authority}05`, `3F343337 35${'**'.repeat(7)} 38 ** 16`],
  ['a new password', 0x18, '030C00040211111102222222', '363F3337 35****** 35****** ** 16'],
  [
    'a relay order',
    0x1c,
    `${authority}1A00000018221126`,
    `35${'**'.repeat(7)}4D3333334B554459**16`,
  ],
  ['a demand clear', 0x19, authority, `35${'**'.repeat(7)} ** 16`],
  ['an authentication', 0x03, `FF000007${'11'.repeat(8)}`, `3233333A${'**'.repeat(8)} ** 16`],
  ['a freeze', 0x16, '99999999', 'CCCCCCCC 2E 16'],
] as const)('%s keeps its secrets, its checksum among them', ([, control, data, shown]) => {
  expect(masked(control, data)).toBe(shown.replaceAll(' ', ''))
})

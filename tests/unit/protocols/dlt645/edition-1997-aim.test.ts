import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, dlt645v1997 } from '#protocols/dlt645'
import { bytesOf } from './vectors.ts'

const address = '000012345678'
/** Level 02, then the password, low byte first. */
const password = '02332211'

function aimAt(control: number, data: string, to = address) {
  const frame = buildFrame({ address: to, control, data: bytesOf(data) })
  return dlt645v1997.aim?.(frame) ?? null
}

/** The frame as a journal keeps it. */
function shown(control: number, data: string): string {
  const frame = buildFrame({ address, control, data: bytesOf(data) })
  const pairs = Array.from(frame, (each) => toHex(Uint8Array.of(each)))
  for (const { from, to } of aimAt(control, data)?.secrets ?? []) pairs.fill('**', from, to)
  return pairs.slice(10).join('')
}

test.for([
  ['a write', 0x04, `11C0${password}050403`, `44F3 35****** 383736 ** 16`],
  ['a new password', 0x04, `12C2${password}02654321`, `45F5 35****** ******** ** 16`],
  ['a change of password', 0x0f, `${password}02665544`, '35****** 35****** ** 16'],
  ['a clearing', 0x10, password, '35****** ** 16'],
  ['a clearing that is cut', 0x10, '02', '35 A8 16'],
  ['a read', 0x01, '1090', '43C3 C8 16'],
] as const)('%s keeps its password', ([, control, data, text]) => {
  const plain = shown(control, data)
  expect(plain).toHaveLength(text.replaceAll(' ', '').length)
  if (text.includes('*')) expect(plain).toBe(text.replaceAll(' ', ''))
  else expect(plain).not.toContain('*')
})

test('what goes to more than one meter says so', () => {
  for (const many of ['999999999999', 'AAAAAAAAAAAA', 'AAAA12345678']) {
    expect(aimAt(0x08, '003011221126', many)).toEqual({
      address: many,
      isGroup: true,
      action: null,
      expiresAt: null,
      secrets: [],
    })
  }
})

test('a write names its meter and orders no relay', () => {
  expect(aimAt(0x04, `30C0${password}01`)).toMatchObject({ address, isGroup: false, action: null })
})

test('what is no frame has no aim', () => {
  expect(dlt645v1997.aim?.(bytesOf('68112233'))).toBeNull()
})

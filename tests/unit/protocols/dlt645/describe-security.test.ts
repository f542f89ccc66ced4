import { expect, test } from 'vitest'
import { buildFrame, dlt645 } from '#protocols/dlt645'
import { bytesOf } from './vectors.ts'

const address = '000012345678'

function described(control: number, data: string, to = address) {
  return dlt645.describe(buildFrame({ address: to, control, data: bytesOf(data) }))
}

/** The words for the data field: between the length byte and the checksum. */
function dataTexts(control: number, data: string): readonly string[] {
  return described(control, data)
    .parts.map(({ text }) => text)
    .slice(3, -2)
}

test('an order behind a cipher is told as such, and nothing is read into its bytes', () => {
  const sealed = 'EB31C10371C250D7D80AC97EE044EACD06AA5B86'
  const access = ['password level 98', 'password (hidden)', 'operator (hidden)']
  expect(dataTexts(0x1c, `9800000078563412${sealed}`)).toEqual([
    ...access,
    'enciphered, 16 bytes + MAC of 4 (hidden)',
  ])
  expect(described(0x1c, `9800000078563412${sealed}`)).toMatchObject({
    valid: true,
    extras: { data: `98${'*'.repeat(54)}` },
  })
  expect(dataTexts(0x14, `01010004${'98000000'}78563412${sealed}`).slice(1)).toEqual([
    ...access,
    'enciphered, 16 bytes + MAC of 4 (hidden)',
  ])
  expect(dataTexts(0x1a, `9800000078563412${sealed}`).slice(3)).toEqual([
    'enciphered, 16 bytes + MAC of 4 (hidden)',
  ])
  expect(dataTexts(0x1c, '9800000078563412' + 'EB31').slice(3)).toEqual([
    '2 bytes of a cipher, too few (hidden)',
  ])
})

test('what is in clear before a MAC is told, the MAC is not', () => {
  const clear = '99000000' + '78563412'
  expect(dataTexts(0x14, `01100004${clear}00500000AABBCCDD`)).toEqual([
    'item 04001001, Alarm money 1',
    'password level 99',
    'password (hidden)',
    'operator (hidden)',
    'Alarm money 1: 50.00 CNY',
    'MAC (hidden)',
  ])
  expect(dataTexts(0x1c, `${clear}1A00593023311226AABBCCDD`).slice(3)).toEqual([
    'command 1A: trip',
    'reserved 00',
    'valid until 2026-12-31T23:30:59',
    'MAC (hidden)',
  ])
})

test('an authentication is told part by part, its cipher text and random number are not', () => {
  const cipher = '1122334455667788'
  const random = 'A1A2A3A4A5A6A7A8'
  const asked = described(0x03, `FF000007${'01000000'}${cipher}${random}7856341200000000`)
  expect(asked.parts.map(({ text }) => text).slice(3, -2)).toEqual([
    'item 070000FF, identity authentication',
    'operator (hidden)',
    'cipher text of the random number (hidden)',
    'random number 1 (hidden)',
    'dispersion factor (hidden)',
  ])
  expect(asked.extras).toEqual({ data: `FF000007${'*'.repeat(56)}` })
  expect(dataTexts(0x83, 'FF000007' + 'D1D2D3D4' + 'E1E2E3E4E5E6E7E8')).toEqual([
    'item 070000FF, identity authentication',
    'random number 2 D4D3D2D1',
    'number of the security chip E8E7E6E5E4E3E2E1',
  ])
  expect(dataTexts(0x03, 'FF010007' + '01000000' + '3000' + 'AABBCCDD').slice(2)).toEqual([
    'authentication valid, in minutes 0030',
    'MAC (hidden)',
  ])
  const status = '112233445566' + '10270000' + '05000000' + 'FFFF0100'
  expect(dataTexts(0x83, `FF020007${status}`).slice(1)).toEqual([
    'customer number 665544332211',
    'money left, binary 00002710',
    'purchases so far, binary 00000005',
    'key state word 0001FFFF',
  ])
})

test('an authentication of another length is hidden as a whole', () => {
  expect(dataTexts(0x03, `FF00000701000000${'A1'.repeat(23)}`).slice(2)).toEqual([
    '23 bytes enciphered (hidden)',
  ])
  expect(dataTexts(0x83, 'FF000007' + 'D1D2')).toEqual([
    'item 070000FF, identity authentication',
    'D1D2',
  ])
})

test('passwords that are changed are named by their level', () => {
  const [item] = dataTexts(0x18, '030C0004' + '02000000' + '02112233')
  expect(item).toBe('item 04000C03, password of level 2')
  expect(dataTexts(0x18, '0B0C0004' + '02000000' + '02112233')[0]).toBe(
    'item 04000C0B, unknown here',
  )
})

test('keys are told as test or production ones', () => {
  expect(dataTexts(0x91, '08050004' + 'FFFF0100').at(-1)).toBe(
    'Key state word: 0001FFFF (17 production keys)',
  )
  expect(dataTexts(0x91, '08050004' + '00000000').at(-1)).toBe(
    'Key state word: 00000000 (test keys)',
  )
})

import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, dlt645 } from '#protocols/dlt645'
import { bytesOf, readingText, vectors } from './vectors.ts'

const address = '000012345678'

function described(control: number, data: string, to = address) {
  return dlt645.describe(buildFrame({ address: to, control, data: bytesOf(data) }))
}

function partTexts(hex: string): readonly string[] {
  return dlt645.describe(bytesOf(hex)).parts.map(({ text }) => text)
}

/** The words for the data field: between the length byte and the checksum. */
function dataTexts(control: number, data: string): readonly string[] {
  return described(control, data)
    .parts.map(({ text }) => text)
    .slice(3, -2)
}

test('an answer is explained byte range by byte range', () => {
  const hex = 'FEFEFEFE68665544332211689108333334336A547B330716'
  const { parts } = dlt645.describe(bytesOf(hex))
  expect(parts.map(({ from, to, text }) => `${hex.slice(2 * from, 2 * to)} ${text}`)).toEqual([
    'FEFEFEFE wake-up, 4 × FE',
    '6866554433221168 address 112233445566',
    '91 reply: read data, complete',
    '08 data length 8, each byte sent with 33H added',
    '33333433 item 00010000, Active energy import, total',
    '6A547B33 Active energy import, total: 4821.37 kWh',
    '07 checksum, right',
    '16 end',
  ])
})

test('the keys are those of the contract', () => {
  const hex = '68665544332211689108333334336A547B330716'
  expect(dlt645.describe(bytesOf(hex))).toMatchObject({
    protocol: 'dlt645-2007',
    valid: true,
    direction: 'reply',
    address: '112233445566',
    function: 'read',
    control: '91',
    dataId: '00010000',
    more: false,
    error: null,
    extras: { data: '0000010037214800' },
  })
})

test('a damaged frame keeps its fields, gives no value and names the byte', () => {
  const damaged = dlt645.describe(bytesOf('FE68665544332211689108333334336A548E330716'))
  expect(damaged).toMatchObject({
    valid: false,
    address: '112233445566',
    control: '91',
    readings: [],
  })
  expect(damaged.error).toMatchObject({
    code: 'dlt645.checksum',
    message: 'checksum is 07, computed 1A; byte 17 (8E-33 = 5B) is not BCD',
  })
  expect(damaged.parts.map(({ text }) => text)).toContain('checksum is 07, computed 1A')
})

test('damage that shows nowhere is told by the checksum alone', () => {
  const request = dlt645.describe(bytesOf('6866554433221168110433333433F716'))
  expect(request.error?.message).toMatch(/^checksum is F7, computed [0-9A-F]{2}$/)
  const reply = dlt645.describe(bytesOf('68665544332211689108333334336A547C330716'))
  expect(reply.error?.message).toBe('checksum is 07, computed 08')
  const refusal = dlt645.describe(bytesOf('681200000010206 8D1013518 16'.replaceAll(' ', '')))
  expect(refusal.error?.code).toBe('dlt645.checksum')
})

test('a wrong end is said at the end', () => {
  const wrong = dlt645.describe(bytesOf('68665544332211689108333334336A547B330717'))
  expect(wrong.error?.code).toBe('dlt645.end')
  expect(wrong.parts.at(-1)?.text).toBe('ends with 17, not with 16')
})

test('what is no frame is shown whole with the reason', () => {
  expect(dlt645.describe(bytesOf('FEFE0102'))).toMatchObject({
    valid: false,
    direction: null,
    address: null,
    function: null,
    control: null,
    dataId: null,
    more: null,
    error: { code: 'dlt645.start' },
    extras: { data: null },
    parts: [
      { from: 0, to: 2, text: 'wake-up, 2 × FE' },
      { from: 2, to: 4, text: 'not a frame: starts with 01, not with 68' },
    ],
  })
  expect(dlt645.describe(new Uint8Array()).parts).toEqual([])
})

test('a frame that is cut short or too long tells what stands before the fault', () => {
  const cut = dlt645.describe(bytesOf('FE686655443322116891083333343333'))
  expect(cut).toMatchObject({
    valid: false,
    direction: 'reply',
    address: '112233445566',
    function: 'read',
    control: '91',
    dataId: null,
    more: null,
    readings: [],
    error: { code: 'dlt645.length' },
  })
  expect(cut.parts).toEqual([
    { from: 0, to: 1, text: 'wake-up, 1 × FE' },
    { from: 1, to: 9, text: 'address 112233445566' },
    { from: 9, to: 10, text: 'reply: read data, complete' },
    { from: 10, to: 16, text: 'not a frame: the length byte says 8 data bytes, 3 are there' },
  ])
  const short = dlt645.describe(bytesOf('6866554433221168'))
  expect(short).toMatchObject({ address: '112233445566', direction: null, control: null })
  const strange = dlt645.describe(bytesOf('68665544332211681F01'))
  expect(strange).toMatchObject({ direction: 'request', control: '1F', function: null })
  expect(dlt645.describe(bytesOf('68665544332211'))).toMatchObject({ address: null })
})

test('an answer whose item has another length is invalid', () => {
  expect(described(0x91, '000001003412')).toMatchObject({
    valid: false,
    error: { code: 'dlt645.data-length' },
    readings: [],
  })
  expect(described(0x91, '0000')).toMatchObject({ valid: false, dataId: null })
  expect(described(0x93, '1122')).toMatchObject({ valid: false })
})

test('while more follows, what is whole is read and the rest shown', () => {
  const first = described(0xb1, '00FF0100341200001111')
  expect(first.readings.map(readingText)).toEqual(['1.8.0=12.34'])
  expect(first.more).toBe(true)
  expect(first.valid).toBe(true)
  expect(dataTexts(0xb1, '00FF0100341200001111')).toEqual([
    'item 0001FF00, block',
    'Active energy import, total: 12.34 kWh',
    'part of a field: 1111',
  ])
  expect(described(0xb1, '').readings).toEqual([])
  expect(described(0xb1, '0100CC04AB').readings.map(readingText)).toEqual(['04CC0001=AB'])
})

test('a follow-up frame alone has a sequence and no values', () => {
  expect(described(0x92, '00FF01003333000002')).toMatchObject({
    function: 'read-more',
    dataId: '0001FF00',
    readings: [],
  })
  expect(dataTexts(0x92, '00FF01003333000002').slice(1)).toEqual(['33330000', 'follow-up frame 2'])
})

test('a load profile that goes on gives its whole records, a broken one none', () => {
  const record = 'A0A008301520112 6AAAAAA'.replaceAll(' ', '')
  const sum = [...bytesOf(record)].reduce((total, byte) => total + byte, 0) & 0xff
  const whole = `${record}${toHex(Uint8Array.of(sum))}E5`
  expect(described(0xb1, `01000406${whole}A0`).valid).toBe(true)
  expect(dataTexts(0x91, `01000406${whole}`).at(-1)).toBe('0 load records: ')
  expect(described(0xb1, '01000406FFFF').readings).toEqual([])
  expect(dataTexts(0x91, '01000406FFFF').at(-1)).toBe('a load record begins with A0 A0')
  expect(described(0x91, '01000406FFFF').error?.code).toBe('dlt645.load-record')
})

test('each load record is told by its time', () => {
  const vector = vectors.find(({ name }) => name === 'two load records of energies')
  expect(partTexts(vector?.hex ?? '')).toContain(
    '2 load records: 2026-11-20T15:15:00, 2026-11-20T15:30:00',
  )
})

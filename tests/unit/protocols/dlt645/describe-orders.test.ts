import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildFrame, dlt645 } from '#protocols/dlt645'
import { bytesOf } from './vectors.ts'

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

test('a relay command is told to the last byte, without password and operator', () => {
  const trip = '02563412000000001A00593023311226'
  expect(dataTexts(0x1c, trip)).toEqual([
    'password level 02',
    'password (hidden)',
    'operator (hidden)',
    'command 1A: trip',
    'reserved 00',
    'valid until 2026-12-31T23:30:59',
  ])
  expect(described(0x1c, trip)).toMatchObject({
    function: 'control',
    extras: { data: '02**************1A00593023311226' },
  })
  expect(dataTexts(0x1c, trip.replace('1A00', '2F00')).slice(3, 4)).toEqual(['command 2F: unknown'])
  expect(dataTexts(0x1c, trip.replace('3112', '3113')).at(-1)).toBe(
    'valid until 261331233059 (out-of-range)',
  )
})

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

test('passwords are nowhere shown', () => {
  const secret = /ABCD|EFCD|CDEF|CDAB/
  const frames = [
    described(0x14, '01010004' + '02EFCDAB' + '00000000' + '04210321'),
    described(0x14, '010C0004' + '02EFCDAB' + '00000000' + '02EFCDAB'),
    described(0x18, '020C0004' + '02EFCDAB' + '02EFCDAB'),
    described(0x98, '02EFCDAB'),
    described(0x91, '010C0004' + '02EFCDAB'),
    described(0xb1, '010C0004' + '02EFCDAB'),
    described(0x19, '02EFCDAB'),
    described(0x19, '02EFCD'),
    described(0x19, '02EFCDAB' + '00000000'),
  ]
  for (const frame of frames) {
    const { raw: _, ...shown } = frame
    expect(JSON.stringify(shown)).not.toMatch(secret)
    expect(frame.valid).toBe(true)
  }
})

test.for([
  [0x08, '053022211126', ['time 2026-11-21T22:30:05'], 'set-clock'],
  [0x16, '99999999', ['freeze at once'], 'freeze'],
  [0x16, '30999999', ['freeze every hour at minute 30'], 'freeze'],
  [0x16, '00009999', ['freeze every day at 00:00'], 'freeze'],
  [0x16, '00000199', ['freeze every month on day 01 at 00:00'], 'freeze'],
  [0x16, '30120506', ['freeze on 06-05 at 12:30'], 'freeze'],
  [0x17, '08', ['baud rate 2400'], 'change-baud'],
  [0x17, '03', ['baud rate unknown (03)'], 'change-baud'],
  [0x1d, '01', ['output 01: demand period'], 'multi-function-output'],
  [0x1d, '09', ['output 09: unknown'], 'multi-function-output'],
  [0x15, '785634120000', ['address 000012345678'], 'write-address'],
  [0x15, '7856', ['cut short: 2 bytes'], 'write-address'],
  [0x13, '7856', ['2 bytes behind the end'], 'read-address'],
  [0x11, '00000100', ['item 00010000, Active energy import, total'], 'read'],
  [0x11, '0100CC04', ['item 04CC0001, unknown here'], 'read'],
  [0x11, '0100040605', ['item 06040001, load profile', '05 load records'], 'read'],
  [
    0x11,
    '010004060505',
    ['item 06040001, load profile', 'a load range of the wrong length'],
    'read',
  ],
  [
    0x11,
    '01000406050015201126',
    ['item 06040001, load profile', '05 load records', 'from 2026-11-20T15:00:00'],
    'read',
  ],
  [0x91, '0100CC04AB', ['item 04CC0001, unknown here', 'AB'], 'read'],
  [
    0x91,
    '030500045000',
    ['item 04000503, Run status word 3', 'Run status word 3: 0050 (relay open, trip commanded)'],
    'read',
  ],
  [
    0x91,
    '000001011234003022211126',
    [
      'item 01010000, Maximum demand import, total',
      'Maximum demand import, total: 0.3412 kW at 2026-11-21T22:30:00',
    ],
    'read',
  ],
  [
    0x91,
    '00000602FFFF',
    ['item 02060000, Power factor, total', 'Power factor, total: absent'],
    'read',
  ],
  [
    0x91,
    '000006020005',
    ['item 02060000, Power factor, total', 'Power factor, total: 0.500'],
    'read',
  ],
  [0x02, '0102', ['0102'], null],
  [0xd4, '04', ['password wrong or not authorised (error 04)'], 'write'],
  [0xd4, '', [], 'write'],
] as const)('control %i with %s is told', ([control, data, texts, name]) => {
  const frame = described(control, data)
  expect(frame.function).toBe(name)
  expect(dataTexts(control, data)).toEqual(texts)
})

test('control code and address are told in words', () => {
  expect(partTexts('68AAAAAAAAAAAA681300DF16').slice(0, 2)).toEqual([
    'address AAAAAAAAAAAA (any meter)',
    'request: read address',
  ])
  const words = (control: number, to: string) =>
    described(control, '', to)
      .parts.map(({ text }) => text)
      .slice(0, 2)
  expect(words(0x08, '999999999999')).toEqual([
    'address 999999999999 (broadcast: nobody answers)',
    'request: broadcast time',
  ])
  expect(words(0xb2, 'AAAAAAAA5678')).toEqual([
    'address AAAAAAAA5678 (AA matches any pair)',
    'reply: read follow-up data, more follows',
  ])
  expect(words(0xc1, address)[1]).toBe('refusal: function 01, unknown here')
})

test('any bytes are explained without a gap and without a throw', () => {
  const anyFrame = fc
    .record({ control: fc.nat(255), data: fc.uint8Array({ maxLength: 60 }) })
    .map(({ control, data }) => buildFrame({ address, control, data }))
  fc.assert(
    fc.property(fc.oneof(anyFrame, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      const { parts, raw } = dlt645.describe(bytes)
      expect(raw).toBe(bytes)
      let at = 0
      for (const { from, to } of parts) {
        expect(from).toBe(at)
        expect(to).toBeGreaterThan(from)
        at = to
      }
      expect(at).toBe(bytes.length)
    }),
    { numRuns: 500 },
  )
})

test('answers to relay orders are told by their words, cleared events by their kind', () => {
  expect(dataTexts(0x9c, '2000')).toEqual(['executed: trip held for high current, not yet open'])
  expect(dataTexts(0x9c, '1101')).toEqual([
    'executed: closed at once, tripped, returns by itself, power kept',
  ])
  expect(dataTexts(0x9c, '0000')).toEqual(['executed: nothing told'])
  expect(dataTexts(0x9c, '')).toEqual([])
  const authority = '0211223312345678'
  expect(dataTexts(0x1b, `${authority}FFFFFFFF`).at(-1)).toBe('all events')
  expect(dataTexts(0x1b, `${authority}FF000103`).at(-1)).toBe('events 030100FF')
  expect(dataTexts(0x1c, `${authority}1D00005923311226`)[3]).toBe(
    'command 1D: trip for a time, then close',
  )
})

test('cut short, an operator and a cipher text stay hidden', () => {
  expect(dataTexts(0x19, '02112233 1234').at(-1)).toBe('cut short: 2 bytes')
  expect(described(0x19, '02112233 1234').extras).toEqual({ data: '02**********' })
  expect(dataTexts(0x03, 'FF000007 12345678 AABB').at(-1)).toBe('2 bytes enciphered (hidden)')
  expect(described(0x03, 'FF000007 12345678 AABB').extras).toEqual({
    data: `FF000007${'**'.repeat(6)}`,
  })
})

test('a record is told field by field, one of another length as it is', () => {
  expect(dataTexts(0x91, '01001103 301508201126 124509201126')).toEqual([
    'item 03110001, Power failure, 1 back',
    'Power failure, 1 back: start: 2026-11-20T08:15:30',
    'Power failure, 1 back: end: 2026-11-20T09:45:12',
  ])
  expect(dataTexts(0x91, '01001103 301508201126')).toEqual([
    'item 03110001, Power failure, 1 back',
    '301508201126',
  ])
  // Whether a record is of the known layout shows only when all of it is there.
  expect(described(0xb1, '01001103 301508201126 124509201126').readings).toEqual([])
})

test('a frame that ends behind its control code says so there', () => {
  const { parts, valid } = dlt645.describe(bytesOf('687956301200006891'))
  expect(valid).toBe(false)
  expect(parts.map(({ from, to, text }) => `${from} ${to} ${text}`)).toEqual([
    '0 8 address 000012305679',
    '8 9 reply: read data, complete; not a frame: 9 bytes, a frame has at least 12',
  ])
})

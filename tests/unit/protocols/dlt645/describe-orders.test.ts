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

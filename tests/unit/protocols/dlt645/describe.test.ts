import fc from 'fast-check'
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

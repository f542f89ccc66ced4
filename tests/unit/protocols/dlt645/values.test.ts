import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  type Dlt645Response,
  dlt645,
  type LoadRecord,
  type Sample,
  writeLoadRecord,
  writeValues,
} from '#protocols/dlt645'
import type { Value } from '#protocols/model'
import { bytesOf, readingText } from './vectors.ts'

const address = '000012345678'
const absent: Sample = { value: { kind: 'missing', flag: 'absent' }, at: null }

function number(digits: number, scale: number): Sample {
  return { value: { kind: 'number', digits, scale }, at: null }
}

function text(value: string): Sample {
  return { value: { kind: 'text', text: value }, at: null }
}

function read(dataId: string, data: Uint8Array) {
  const id = bytesOf(dataId).toReversed()
  const response: Dlt645Response = { address, control: 0x91, data: Uint8Array.of(...id, ...data) }
  const request = { kind: 'read', address, dataId, load: null } as const
  return dlt645.readings(request, [response])
}

function readTexts(dataId: string, hex: string): readonly string[] {
  const values = read(dataId, bytesOf(hex))
  return values.ok ? values.readings.map(readingText) : [values.malformed.code]
}

function written(dataId: string, samples: readonly Sample[]): string | undefined {
  const bytes = writeValues(dataId, samples)
  return bytes && toHex(bytes)
}

/** Writes, reads, and gives the values back. */
function roundTrip(dataId: string, samples: readonly Sample[]): readonly Value[] | undefined {
  const bytes = writeValues(dataId, samples)
  const values = bytes && read(dataId, bytes)
  return values?.ok ? values.readings.map(({ value }) => value) : undefined
}

test.for([
  ['00010000', 0, 99_999_999, 2],
  ['00000000', -79_999_999, 79_999_999, 2],
  ['02010100', 0, 9_999, 1],
  ['02030000', -799_999, 799_999, 4],
  ['02060000', -7_999, 7_999, 3],
  ['04000103', 0, 99, 0],
] as const)('%s keeps every value from %i to %i', ([dataId, min, max, scale]) => {
  fc.assert(
    fc.property(fc.integer({ min, max }), (digits) => {
      const sample = number(digits, scale)
      expect(roundTrip(dataId, [sample])).toEqual([sample.value])
    }),
    { examples: [[min], [max], [0]] },
  )
  expect(writeValues(dataId, [number(max + 1, scale)])).toBeUndefined()
  expect(writeValues(dataId, [number(min - 1, scale)])).toBeUndefined()
  expect(writeValues(dataId, [number(0, scale + 1)])).toBeUndefined()
  expect(writeValues(dataId, [text('1')])).toBeUndefined()
})

test('a block of rates keeps as many as there are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.nat(99_999_999)), { minLength: 1, maxLength: 64 }),
      (rates) => {
        const samples = rates.map((rate) => (rate === null ? absent : number(rate, 2)))
        expect(roundTrip('0001FF00', samples)).toEqual(samples.map(({ value }) => value))
      },
    ),
  )
})

test('any bytes of any item give values or a reason and never throw', () => {
  const dataId = fc.constantFrom(
    ...['00010000', '0001FF00', '01010000', '04000101', '0400010C', '040005FF', '04000403'],
    ...['05060001', '05061001', '06000000', '06040001', '04010000', 'FFFFFFFF'],
  )
  fc.assert(
    fc.property(dataId, fc.uint8Array({ maxLength: 120 }), (id, data) => {
      const values = read(id, data)
      if (!values.ok) expect(values.malformed.code).toMatch(/^dlt645\./)
      else for (const { value } of values.readings) expect(isSafe(value)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test.for([
  ['00010000', 'FFFFFFFF', '1.8.0=absent'],
  ['00010000', 'EEEEEEEE', '1.8.0=absent'],
  ['00010000', 'FFFFFFEE', '1.8.0=not-bcd'],
  ['00010000', '0000000A', '1.8.0=not-bcd'],
  ['00000000', '000000FF', '15.8.0=not-bcd'],
  ['00000000', '00000080', '15.8.0=0.00'],
  ['01010000', 'FFFFFFFFFFFFFFFF', '1.6.0=absent'],
  ['01010000', '0A00000000010126', '1.6.0=not-bcd@2026-01-01T00:00:00'],
  ['04000101', 'FFFFFFFF', '0.9.2=absent'],
  ['04000101', '06310426', '0.9.2=out-of-range'],
  ['04000101', '06000426', '0.9.2=out-of-range'],
  ['04000101', '06010026', '0.9.2=out-of-range'],
  ['04000101', '06011326', '0.9.2=out-of-range'],
  ['04000101', '02290224', '0.9.2=2024-02-29'],
  ['04000101', '02290200', '0.9.2=2000-02-29'],
  ['04000101', '02290226', '0.9.2=out-of-range'],
  ['04000102', '000024', '0.9.1=out-of-range'],
  ['04000102', '006000', '0.9.1=out-of-range'],
  ['04000102', '600000', '0.9.1=out-of-range'],
  ['04000102', '0A0000', '0.9.1=not-bcd'],
  ['04000102', 'A00000', '0.9.1=not-bcd'],
  ['04000401', '0100000000AB', '0.0.96.1.1=AB0000000001'],
  ['04000404', '0000560122FE', '04000404=?"?V'],
] as const)('%s with %s is %s', ([dataId, data, expected]) => {
  expect(readTexts(dataId, data)).toEqual([expected])
})

test('a demand is written with its time, or without when it never occurred', () => {
  const time = { year: 2026, month: 11, day: 21, hour: 22, minute: 30, second: 0 }
  const at = { kind: 'wall', time } as const
  const { value } = number(-1234, 4)
  expect(written('01010000', [{ value, at }])).toBe('3412803022211126')
  expect(written('01010000', [number(0, 4)])).toBe('0000000000000000')
  expect(written('01010000', [absent])).toBe('FFFFFFFFFFFFFFFF')
  expect(written('01010000', [{ value, at: { kind: 'epoch', ms: 0 } }])).toBe('3412800000000000')
  expect(written('01010000', [text('1')])).toBeUndefined()
  expect(written('01010000', [number(800_000, 4)])).toBeUndefined()
})

test('a date is written with its weekday, counted from Sunday', () => {
  expect(written('04000101', [text('2026-11-21')])).toBe('06211126')
  expect(written('04000101', [text('2026-11-22')])).toBe('00221126')
  expect(written('04000101', [text('2024-02-29')])).toBe('04290224')
  expect(written('04000101', [text('2027-01-01')])).toBe('05010127')
  expect(written('04000102', [text('22:30:59')])).toBe('593022')
  expect(written('0400010C', [text('2026-11-21T22:30:59')])).toBe('59302206211126')
  expect(written('05060001', [text('2026-11-21T22:30:00')])).toBe('3022211126')
  expect(written('04000101', [text('2026-02-30')])).toBeUndefined()
  expect(written('04000101', [text('')])).toBeUndefined()
  expect(written('04000101', [text('tomorrow')])).toBeUndefined()
  expect(written('04000101', [number(1, 0)])).toBeUndefined()
  expect(written('04000101', [absent])).toBe('FFFFFFFF')
})

test('texts are written from the far end, digits in pairs', () => {
  expect(written('04000404', [text('220V')])).toBe('000056303232')
  expect(written('04000404', [text('too long')])).toBeUndefined()
  expect(written('04000404', [number(1, 0)])).toBeUndefined()
  expect(written('04000402', [text('000012345678')])).toBe('785634120000')
  expect(written('04000402', [text('12345678')])).toBeUndefined()
  expect(written('04000402', [text('00001234567x')])).toBeUndefined()
  expect(written('04000402', [number(1, 0)])).toBeUndefined()
  expect(written('04000503', [text('0050')])).toBe('5000')
})

test('nothing, too little and an item outside the table are not written', () => {
  expect(written('00010000', [])).toBeUndefined()
  expect(written('0001FF00', [])).toBeUndefined()
  expect(written('04CC0001', [text('00')])).toBeUndefined()
  expect(written('0001FFFF', [number(1, 2)])).toBeUndefined()
})

const stamp = { year: 2026, month: 11, day: 20, hour: 15, minute: 15, second: 0 }
const record: LoadRecord = {
  at: { kind: 'wall', time: stamp },
  samples: new Map([
    ['1.8.0', number(1100, 2)],
    ['2.8.0', number(200, 2)],
    ['16.7.0', number(-1234, 4)],
  ]),
}

test('a load record is written with empty groups and read with its time', () => {
  const bytes = writeLoadRecord(record)
  expect(toHex(bytes)).toMatch(/^A0A0.{2}1515201126AA341280/)
  const at = '@2026-11-20T15:15:00'
  const powers = ['36', '56', '76', '131', '151', '171', '191'].map((c) => `${c}.7.0=absent${at}`)
  expect(readTexts('06000000', toHex(bytes))).toEqual([
    `16.7.0=-0.1234${at}`,
    ...powers,
    `1.8.0=11.00${at}`,
    `2.8.0=2.00${at}`,
    `3.8.0=absent${at}`,
    `4.8.0=absent${at}`,
  ])
  const values = read('06000000', bytes)
  expect(values.ok && values.readings.every(({ dataClass }) => dataClass === 'interval')).toBe(true)
})

test('a value that does not fit its place in a load record is written as absent', () => {
  const samples = new Map([['1.8.0', number(1, 5)]] as const)
  const bytes = writeLoadRecord({ ...record, samples })
  expect(readTexts('06000000', toHex(bytes))[0]).toBe('1.8.0=absent@2026-11-20T15:15:00')
})

test('a class read alone comes with or without the separators of the others', () => {
  const energies = '11000000120000001300000014000000'
  for (const body of [`AAAAAA${energies}AAAAAA`, `${energies}AA`, energies]) {
    const texts = readTexts('06040001', sealed(`1515201126${body}`))
    expect(texts.map((found) => found.split('@')[0])).toEqual([
      '1.8.0=0.11',
      '2.8.0=0.12',
      '3.8.0=0.13',
      '4.8.0=0.14',
    ])
  }
})

test('a record of an impossible time says nothing of its values', () => {
  const body = `1515201326AAAAAA${'11000000120000001300000014000000'}AAAAAA`
  expect(readTexts('06040001', sealed(body))[0]).toBe('1.8.0=out-of-range')
})

test('a record that the meter marks as bad gives nothing, the next one is read', () => {
  const body = `1515201126AAAAAA${'11000000120000001300000014000000'}AAAAAA`
  expect(readTexts('06040001', sealed(body, 'E0E0'))).toEqual([])
  expect(readTexts('06040001', sealed(body, 'E0E0') + sealed(body)).length).toBe(4)
  expect(readTexts('06040001', '')).toEqual([])
})

test.for([
  ['A0', 'dlt645.data-length'],
  ['A0A0', 'dlt645.data-length'],
  ['A0A008', 'dlt645.data-length'],
  ['A0E0', 'dlt645.load-record'],
  ['00', 'dlt645.load-record'],
  [sealed('1515201126AAAAAAAAAAAA').replace(/E5$/, 'E6'), 'dlt645.load-record'],
  [sealed('1515201126AAAAAAAAAAAA').replace('1515', '1516'), 'dlt645.load-record'],
  [sealed('1515201126AAAAAA1100000012'), 'dlt645.load-record'],
  [sealed('1515201126AAAAAA1100000012000000130000001400000099'), 'dlt645.load-record'],
] as const)('the load record %s is refused: %s', ([hex, code]) => {
  expect(readTexts('06040001', hex)).toEqual([code])
})

/** A record's body with mark, length, checksum and end around it. */
function sealed(body: string, mark = 'A0A0'): string {
  const length = toHex(Uint8Array.of(body.length / 2))
  const sum = bytesOf(mark + length + body).reduce((total, byte) => total + byte, 0) & 0xff
  return `${mark}${length}${body}${toHex(Uint8Array.of(sum))}E5`
}

function isSafe(value: Value): boolean {
  return value.kind !== 'number' || Number.isSafeInteger(value.digits)
}

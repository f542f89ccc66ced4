import { expect, test } from 'vitest'
import { type Dlt645Response, dlt645 } from '#protocols/dlt645'
import { bytesOf, readingText } from './vectors.ts'

const address = '000012345678'

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

/** The data of a programming record: a time, an operator, and entries that all say the same. */
function programmed(entries: number, entry: string): string {
  return `300520211126 78563412 ${entry.repeat(entries)}`
}

test('records longer than a frame are put together from their parts', () => {
  const periods = readTexts('03300501', programmed(224, '010000'))
  expect(periods).toHaveLength(226)
  expect(periods.slice(0, 3)).toEqual([
    '03300501=2026-11-21T20:05:30@2026-11-21T20:05:30',
    '03300501=12345678@2026-11-21T20:05:30',
    '03300501=000001@2026-11-21T20:05:30',
  ])
  expect(readTexts('03300803', programmed(254, '01010127'))).toHaveLength(256)
})

test('a record of another length than the known comes as it is', () => {
  const values = read('03300101', bytesOf('300520211126 78563412 00000100'))
  expect(values).toMatchObject({
    ok: true,
    readings: [
      { name: 'Record of a layout unknown here', value: { text: '3005202111267856341200000100' } },
    ],
  })
})

test('a field of a record is named by the record, its phase and how far back it is', () => {
  const values = read('10020303', bytesOf('78563412'))
  expect(values).toMatchObject({
    ok: true,
    readings: [
      {
        item: null,
        name: 'Loss of voltage, phase B, 3 back: active energy export at start',
        unit: 'kWh',
        value: { digits: 12345678, scale: 2 },
      },
    ],
  })
  expect(readTexts('1002360F', '00')).toEqual(['1002360F=00'])
  expect(readTexts('10023603', '00')).toEqual(['10023603=00'])
})

test('values of a record are of its first time, demands of their own', () => {
  const demand = '563412 30092011 26'
  const record = `301508201126 124509201126 ${demand}`
  expect(readTexts('03120101', record).at(-1)).toBe('03120101=12.3456@2026-11-20T09:30:00')
  const never = '000000000000 000000000000 0000000000000000'
  expect(readTexts('03120101', never)).toEqual([
    '03120101=out-of-range',
    '03120101=out-of-range',
    '03120101=0.0000',
  ])
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRecords, type OutboxRecord, scanRecords } from '#src/outbox'

const FIRST = 7
const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 12 })

const recordsOf = (list: readonly Uint8Array[]): readonly OutboxRecord[] =>
  list.map((payload, index) => ({ number: FIRST + index, writtenAt: 1_000 + index, payload }))

const plain = (records: readonly OutboxRecord[]) =>
  records.map(({ number, writtenAt, payload }) => [number, writtenAt, [...payload]])

describe('records in a segment', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(payloads, (list) => {
        const records = recordsOf(list)
        const scanned = scanRecords(encodeRecords(records), 0, FIRST)
        expect(plain(scanned.records)).toEqual(plain(records))
        expect(scanned.damaged).toEqual([])
      }),
    )
  })

  it('are lost alone: what is whole around a flipped byte is found, and nothing is made up', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, place, mask) => {
        const records = recordsOf(list)
        const bytes = Buffer.from(encodeRecords(records))
        const at = place % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ mask
        let end = 0
        const spoilt = records.findIndex((record) => {
          end += encodeRecords([record]).length
          return at < end
        })
        const scanned = scanRecords(bytes, 0, FIRST)
        const whole = records.filter((_, index) => index !== spoilt)
        expect(plain(scanned.records)).toEqual(plain(whole))
        expect(scanned.damaged).toHaveLength(1)
      }),
    )
  })

  it('that were torn are no records, and those before them are whole', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), (list, place) => {
        const records = recordsOf(list)
        const bytes = encodeRecords(records)
        const scanned = scanRecords(bytes.subarray(0, place % bytes.length), 0, FIRST)
        expect(plain(scanned.records)).toEqual(plain(records.slice(0, scanned.records.length)))
        expect(scanned.records.length).toBeLessThan(records.length)
      }),
    )
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCollection } from '#src/collection'
import { civilTime, idOf, instant, type MeterId } from '#src/core'
import { createEvidence, type WireFrame } from '#src/evidence'
import { createOutboxLedger } from '#src/outbox'
import { createReadings, type StoredReading } from '#src/readings'
import { migratedDatabase, type TestDatabase } from '#tests/support'

const OUTBOX = '5f0c1d52-7b1e-4a3c-9d5e-000000000001'
const OUTBOX_REFUSED = '5f0c1d52-7b1e-4a3c-9d5e-000000000003'
const meterId: MeterId = idOf(1)
const civil = civilTime('Asia/Shanghai')
const measuredAt = instant(Date.UTC(2026, 10, 20, 16))
const receivedAt = instant(Date.UTC(2026, 10, 20, 17, 5, 0, 123))

let test: TestDatabase
beforeAll(async () => {
  test = await migratedDatabase()
})
afterAll(() => test.close())

describe('the position of an outbox', () => {
  it('moves with what is taken, so that nothing is taken twice', async () => {
    const ledger = createOutboxLedger(test.db)
    const given: number[][] = []
    const take = (numbers: readonly number[], floor: number) =>
      ledger.take(OUTBOX, numbers, floor, async (fresh) => void given.push([...fresh]))
    await take([5, 6, 7], 5)
    await take([6, 7, 8], 8)
    await take([5, 8], 9)
    expect(given).toEqual([[5, 6, 7], [8]])
    expect((await ledger.taken(OUTBOX)).stretches).toEqual([{ from: 0, to: 9 }])
    expect((await ledger.taken(OUTBOX.replace('1', '2'))).size).toBe(0)
  })

  it('stays where it was when the work fails', async () => {
    const ledger = createOutboxLedger(test.db)
    const failing = ledger.take(OUTBOX, [20, 21], 9, async (_, tx) => {
      await tx.query(`insert into outbox_refused (outbox, number, record, refused_at, reason)
        values ('${OUTBOX}', 20, '', now(), 'never seen')`)
      throw new Error('in the middle')
    })
    await expect(failing).rejects.toThrow('in the middle')
    expect((await ledger.taken(OUTBOX)).has(20)).toBe(false)
    const seen = await test.db.query(`select from outbox_refused where reason = 'never seen'`)
    expect(seen).toEqual([])
  })

  it('passes a record that was refused, which is kept as it was', async () => {
    const ledger = createOutboxLedger(test.db)
    const record = Uint8Array.of(0, 1, 0xff)
    const refusal = { number: 30, record, refusedAt: receivedAt, reason: 'out of range' }
    await ledger.refuse(OUTBOX_REFUSED, refusal, 9)
    await ledger.refuse(OUTBOX_REFUSED, refusal, 9)
    const rows = await test.db.query('select number, record, reason from outbox_refused')
    expect(rows).toEqual([{ number: 30n, record: Buffer.from(record), reason: 'out of range' }])
    expect((await ledger.taken(OUTBOX_REFUSED)).has(30)).toBe(true)
  })
})

it('one query leads from a reading to its frames and to its slot', async () => {
  const evidence = createEvidence(test.db)
  const reading: StoredReading = {
    meterId,
    item: '1.8.0',
    value: { kind: 'number', digits: 12_345, scale: 2 },
    dataClass: 'daily',
    measuredAt,
    timeSource: 'meter',
    receivedAt,
    source: 'poll',
    quality: 'good',
  }
  const frame = (direction: WireFrame['direction'], bytes: readonly number[], at: number) => ({
    at: instant(at),
    direction,
    bytes: Buffer.from(bytes),
    masked: direction === 'sent' ? [{ from: 1, to: 3 }] : [],
    isCut: false,
  })
  const frames = [
    frame('sent', [0x68, 0, 0, 0x16], receivedAt - 90),
    frame('received', [0x68, 9, 0x16], receivedAt - 10),
  ]
  const slot = { planId: idOf<'poll_plan'>(2), meterId }
  const outcome = { ...slot, attempts: 1, kind: 'answered', answeredAt: receivedAt } as const
  await createReadings(test.db, civil).store([reading])
  await createCollection(test.db, civil).record([
    { ...outcome, slotStart: measuredAt },
    { ...outcome, slotStart: instant(measuredAt - 86_400_000) },
  ])
  await evidence.store([{ meterId, receivedAt, frames }], test.db)
  const asked = { meterId, item: '1.8.0', measuredAt, receivedAt }
  const found = await evidence.of(asked)
  expect(found.frames).toEqual(frames)
  expect(found.slot).toMatchObject({ planId: 2, slotStart: measuredAt, answeredAt: receivedAt })
  expect(await evidence.of({ ...asked, receivedAt: instant(0) })).toEqual({
    slot: null,
    frames: [],
  })

  const later = instant(receivedAt + 10 * 86_400_000)
  expect(await evidence.compress(later)).toBe(1)
  expect((await evidence.of(asked)).frames).toEqual(frames)
  expect(await evidence.retain(later, 30)).toBe(0)
  expect(await evidence.retain(later, 7)).toBe(1)
  expect((await evidence.of(asked)).frames).toEqual([])
})

it('a value that fills a row is found by the visit that brought it', async () => {
  const evidence = createEvidence(test.db)
  const filledAt = instant(receivedAt + 3_600_000)
  const oneOf = (word: string): WireFrame => {
    const bytes = Buffer.from(word)
    return { at: filledAt, direction: 'received', bytes, masked: [], isCut: false }
  }
  const visit = (at: typeof receivedAt, word: string, items: readonly string[]) => {
    const brought = { items, from: instant(measuredAt - 1), to: measuredAt }
    return { meterId: idOf<'meter'>(2), receivedAt: at, frames: [oneOf(word)], brought }
  }
  await evidence.store(
    [
      visit(receivedAt, 'first', ['1.8.0', '1.8.1']),
      visit(filledAt, 'filled', ['1.8.1', '2.8.0']),
      visit(instant(filledAt + 1), 'repeated', ['2.8.0']),
    ],
    test.db,
  )
  const framesOf = async (item: string, at = measuredAt) => {
    const row = { meterId: idOf<'meter'>(2), item, measuredAt: at, receivedAt }
    return (await evidence.of(row)).frames.map(({ bytes }) => Buffer.from(bytes).toString())
  }
  expect(await framesOf('1.8.0')).toEqual(['first'])
  expect(await framesOf('1.8.1')).toEqual(['first'])
  expect(await framesOf('2.8.0')).toEqual(['filled'])
  expect(await framesOf('2.8.0', instant(measuredAt + 1))).toEqual(['first'])
})

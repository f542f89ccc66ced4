import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Delivery, deliveryCodec } from '#src/acquisition'
import type { PlanId } from '#src/collection'
import { idOf, instant } from '#src/core'

const planId: PlanId = idOf(7)
const moment = fc.integer({ min: 0, max: 4_102_444_800_000 }).map(instant)
const meter = fc.integer({ min: 1, max: 2 ** 40 }).map((number) => idOf<'meter'>(number))

const value = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: fc.string({ unit: 'binary' }) }),
  fc.record({
    kind: fc.constant('number' as const),
    digits: fc.maxSafeInteger(),
    scale: fc.integer({ min: 0, max: 9 }),
  }),
)

const reading = fc.record({
  meterId: meter,
  item: fc.constantFrom('1.8.0' as const, '32.7.0' as const),
  value,
  dataClass: fc.constantFrom('current' as const, 'daily' as const),
  measuredAt: moment,
  timeSource: fc.constantFrom('meter' as const, 'head-end' as const),
  receivedAt: moment,
  source: fc.constant('poll' as const),
  quality: fc.constant('good' as const),
})

const frame = fc.record({
  at: moment,
  direction: fc.constantFrom('sent' as const, 'received' as const),
  bytes: fc.uint8Array({ maxLength: 40 }),
  masked: fc.array(fc.record({ from: fc.nat(), to: fc.nat() }), { maxLength: 2 }),
  isCut: fc.boolean(),
})

const outcome = fc.record({
  planId: fc.constant(planId),
  meterId: meter,
  slotStart: moment,
  attempts: fc.nat(),
  kind: fc.constant('answered' as const),
  answeredAt: moment,
})

const delivery: fc.Arbitrary<Delivery> = fc.record({
  readings: fc.array(reading, { maxLength: 6 }),
  outcomes: fc.array(outcome, { maxLength: 3 }),
  events: fc.constant([]),
  frames: fc.array(
    fc.record({
      meterId: meter,
      receivedAt: moment,
      frames: fc.array(frame, { maxLength: 4 }),
    }),
    { maxLength: 2 },
  ),
})

describe('a delivery in the outbox', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(delivery, (one) => {
        const back = deliveryCodec.decode(deliveryCodec.encode(one))
        expect(plain(back)).toEqual(plain(one))
      }),
    )
  })

  it('is also read as the version before wrote it', () => {
    const record =
      '{"v":1,"readings":[[5,1700000000000,1700000000500,"daily","meter","poll","good",' +
      '[["1.8.0",1234,2]]]],"outcomes":[],"events":[],' +
      '"frames":[[5,1700000000500,[[1700000000400,"sent","aGg=",[[1,2]],false]]]]}'
    const { readings, frames } = deliveryCodec.decode(Buffer.from(record))
    expect(readings[0]).toMatchObject({ item: '1.8.0', value: { digits: 1234, scale: 2 } })
    expect(frames[0]?.frames[0]).toMatchObject({
      at: 1_700_000_000_400,
      masked: [{ from: 1, to: 2 }],
    })
    expect(Buffer.from(frames[0]?.frames[0]?.bytes ?? []).toString()).toBe('hh')
  })

  it('says that it does not know what a later version wrote', () => {
    const record = '{"v":3,"readings":[],"outcomes":[],"events":[],"frames":[]}'
    expect(() => deliveryCodec.decode(Buffer.from(record))).toThrow('known here')
  })
})

/** Bytes as hex: a Buffer and an array of the same bytes are the same here. */
function plain(one: Delivery): unknown {
  return JSON.parse(
    JSON.stringify(one, (key, part) =>
      key === 'bytes'
        ? Buffer.from(part instanceof Uint8Array ? part : part.data).toString('hex')
        : part,
    ),
  )
}

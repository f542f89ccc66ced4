import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hours, instant, minutes } from '#src/core'
import type { TestDatabase } from '#tests/support'
import { at, openStage, rows, stage } from './stage.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openStage()
})
afterAll(() => database.close())

describe('slots', () => {
  test('of a place are owed by one of two meters that follow each other, whenever that was', async () => {
    await rows(`insert into usage_point (code) values ('U8') on conflict do nothing`)
    const start = at('2026-11-22T00:00:00+08:00')
    const day = hours(24)
    const moment = fc.record({
      swapped: fc.integer({ min: 1, max: day - 1 }),
      /** Until the archive knows of it; the process may be away meanwhile. */
      unknown: fc.integer({ min: 0, max: hours(12) }),
      isAway: fc.boolean(),
    })
    const cadences = [
      { cycle: minutes(15), offset: minutes(5) },
      { cycle: hours(1), offset: minutes(0) },
      { cycle: day, offset: hours(1) },
    ] as const
    const cadence = fc.constantFrom(...cadences)
    await fc.assert(
      fc.asyncProperty(cadence, moment, async (duty, { swapped, unknown, isAway }) => {
        const { collection, taskAt } = await stage('Asia/Shanghai', duty, start)
        const swap = instant(start + swapped)
        const told = instant(swap + unknown)
        const hang = (meter: number, from: number, to: number | null) =>
          rows(
            `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
               pt_numerator, pt_denominator, valid_from, valid_to)
             select id, $1::int, 1, 1, 1, 1, to_timestamp($2::float8 / 1000),
               to_timestamp($3::float8 / 1000) from usage_point where code = 'U8'`,
            [meter, from, to],
          )
        await hang(2, 0, null)
        const first = taskAt(instant(start + duty.offset))
        await collection.follow([first], start)
        if (!isAway) await collection.advance(first, told)
        await rows(`update installation set valid_to = to_timestamp($1::float8 / 1000)`, [swap])
        await rows(`delete from collection_member where meter_id = 3`)
        await rows(`delete from collection_slot where meter_id = 3`)
        await hang(3, swap, null)
        await collection.follow([taskAt(told)], told)
        const end = instant(start + 2 * day)
        await collection.advance(taskAt(told), end)
        const owed = await rows(
          `select slot_start as start, meter_id as meter, state from collection_slot
           where meter_id in (2, 3) and state <> 5 and slot_start >= to_timestamp($1::float8 / 1000)
           order by slot_start`,
          [start + duty.offset],
        )
        const starts = first.slots(instant(start + duty.offset), end, 10_000)
        expect(owed).toEqual(
          starts.map((slot) => {
            const isOld = slot - duty.offset < swap
            return { start: slot, meter: isOld ? 2 : 3, state: isOld ? 4 : 1 }
          }),
        )
        // It was a mistake: the slots are due again.
        await rows(`delete from installation where meter_id = 3`)
        await rows(`update installation set valid_to = null`)
        await collection.follow([taskAt(told)], told)
        const back = await rows(
          `select distinct state from collection_slot where meter_id = 2
             and slot_start >= to_timestamp($1::float8 / 1000)`,
          [start + duty.offset],
        )
        expect(back).toEqual([{ state: 1 }])
      }),
      {
        numRuns: 4,
        examples: [
          // Just after a record, just at one, and before the freeze of the day is fetched.
          [cadences[0], { swapped: hours(10) + 1, unknown: minutes(3), isAway: false }],
          [cadences[1], { swapped: hours(10), unknown: hours(3), isAway: true }],
          [cadences[2], { swapped: minutes(20), unknown: minutes(50), isAway: false }],
        ],
      },
    )
  })
})

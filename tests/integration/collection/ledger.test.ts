import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlotOutcome } from '#src/collection'
import { civilTime, hours, idOf, instant, minutes } from '#src/core'
import type { TestDatabase } from '#tests/support'
import { at, dateOf, meters, openStage, rows, stage } from './stage.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openStage()
})
afterAll(() => database.close())

describe('slots', () => {
  const days = fc.constantFrom(
    ['Asia/Shanghai', '2026-11-22'],
    ['Europe/Berlin', '2026-03-29'],
    ['Europe/Berlin', '2026-10-25'],
    ['America/St_Johns', '2026-03-08'],
    ['Australia/Lord_Howe', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-10-04'],
  )
  const cadences = fc.constantFrom(
    { cycle: hours(1), offset: 0 },
    { cycle: minutes(30), offset: minutes(2) },
    { cycle: hours(24), offset: minutes(30) },
  )
  /** How a slot fares; `none` is nothing heard of it. */
  const steps = fc.array(
    fc.record({
      meter: fc.integer({ min: 0, max: 1 }),
      slot: fc.integer({ min: 0, max: 5 }),
      kind: fc.constantFrom('answered', 'late', 'missing', 'found', 'estimate', 'restart'),
    }),
    { minLength: 5, maxLength: 40 },
  )

  test('count as a small model of them does, whatever happens in which order', async () => {
    await fc.assert(
      fc.asyncProperty(days, cadences, steps, async ([zone, day], cadence, happenings) => {
        const civil = civilTime(zone)
        const date = dateOf(day)
        const opens = civil.startOf(date)
        const ends = civil.startOf(civil.addDays(date, 1))
        const { collection, taskAt, planId } = await stage(zone, cadence, opens)
        const task = taskAt(instant(opens + cadence.offset))
        await collection.follow([task], opens)
        const starts = task.slots(opens, ends, 10_000)
        const model = new Map<string, { state: string; failed: boolean; attempts: number }>()
        for (const meter of meters) {
          for (const start of starts) {
            model.set(`${meter} ${start}`, { state: 'due', failed: false, attempts: 0 })
          }
        }
        // Some are there from the start, so that two things often happen to the same one.
        let written = instant(opens + Math.floor((ends - opens) / 3))
        await collection.advance(task, written)
        for (const { meter: index, slot, kind } of happenings) {
          const meterId = meters[index] ?? idOf<'meter'>(1)
          const slotStart = starts[slot % starts.length]
          if (slotStart === undefined) continue
          // Whoever was away writes down the rest; what was heard before is not lost.
          if (kind === 'restart') {
            written = instant(Math.min(ends, written + (ends - opens) / 3))
            await collection.follow([taskAt(written)], written)
            await collection.advance(task, written)
            continue
          }
          const known = model.get(`${meterId} ${slotStart}`)
          if (!known) continue
          const isThere = slotStart < written || known.state !== 'due'
          const key = { planId, meterId, slotStart }
          if (kind === 'estimate') {
            await collection.estimate([key], 'linear')
            if (isThere && known.state !== 'received' && known.state !== 'late') {
              Object.assign(known, { state: 'estimated', failed: true })
            }
            continue
          }
          const window = Math.min(cadence.cycle, hours(24))
          const answeredAt = instant(slotStart + (kind === 'late' ? window + 1 : window))
          const outcome: SlotOutcome =
            kind === 'missing'
              ? { ...key, kind, attempts: 1, reason: 'timeout' }
              : { ...key, kind: kind === 'found' ? kind : 'answered', attempts: 1, answeredAt }
          await collection.record([outcome])
          if (known.state === 'received' || known.state === 'late') continue
          if (kind === 'found') {
            if (isThere) known.state = 'received'
          } else if (kind === 'missing') {
            // What was estimated stays so until a value comes.
            if (known.state !== 'estimated') {
              Object.assign(known, { state: 'given-up', failed: true })
              known.attempts++
            }
          } else {
            known.state = kind === 'late' ? 'late' : 'received'
            known.attempts++
          }
        }
        await collection.follow([taskAt(ends)], ends)
        await collection.advance(task, ends)
        const count = (state: string) =>
          [...model.values()].filter((slot) => slot.state === state).length
        const received = count('received') + count('late')
        const expected = {
          expected: meters.length * starts.length,
          received,
          late: count('late'),
          missing: count('given-up') + count('estimated'),
          estimated: count('estimated'),
          notExpected: 0,
          pending: count('due'),
        }
        expect(await collection.summary(date)).toMatchObject(expected)
        // The sums of a day say what its slots say.
        await rows('update collection_mark set is_whole = false')
        await rows('update collection_day set due = due + 1')
        await collection.recount()
        expect(await collection.summary(date)).toMatchObject(expected)
      }),
      { numRuns: 6 },
    )
  })

  test('are written down once by however many, and made up after a stop within reach', async () => {
    const start = at('2026-11-22T00:00:00+08:00')
    const { collection, taskAt, planId } = await stage(
      'Asia/Shanghai',
      { cycle: minutes(15), offset: 0 },
      start,
    )
    const task = taskAt(start)
    await collection.follow([task], start)
    const later = instant(start + hours(3))
    await Promise.all([collection.advance(task, later), collection.advance(task, later)])
    const count = async () =>
      (
        await rows(
          `select count(*)::int as n, count(distinct (meter_id, slot_start))::int as d
        from collection_slot where plan_id = $1::int`,
          [planId],
        )
      )[0]
    expect(await count()).toEqual({ n: 4 * 12, d: 4 * 12 })
    // Nine days away, of which the device still holds seven.
    const back = instant(start + hours(9 * 24))
    const again = taskAt(back)
    await collection.follow([again], back)
    expect(await collection.advance(again, back)).toBe(back)
    expect(await count()).toEqual({ n: 4 * (12 + 7 * 96), d: 4 * (12 + 7 * 96) })
  })

  test('follow the meter: none before it is installed, not expected once it is removed', async () => {
    const start = at('2026-11-22T00:00:00+08:00')
    const { collection, reports, taskAt } = await stage(
      'Asia/Shanghai',
      { cycle: hours(1), offset: 0 },
      start,
    )
    await rows(
      `insert into usage_point (code) values ('U1'), ('U2'), ('U3') on conflict do nothing`,
    )
    const install = (meter: number, point: string, from: string, to: string | null) =>
      rows(
        `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
           pt_numerator, pt_denominator, valid_from, valid_to)
         select id, $1::int, 1, 1, 1, 1, $3::timestamptz, $4::timestamptz
         from usage_point where code = $2::text`,
        [meter, point, from, to],
      )
    await install(1, 'U1', '2020-01-01T00:00:00+08:00', null)
    await install(2, 'U2', '2020-01-01T00:00:00+08:00', null)
    const task = taskAt(start)
    await collection.follow([task], start)
    const noon = instant(start + hours(12))
    await collection.advance(task, noon)
    // At ten the second meter was replaced by the third, and it is told at noon.
    await rows(`update installation set valid_to = '2026-11-22T10:00:00+08:00' where meter_id = 2`)
    await rows(`delete from collection_member where meter_id = 3`)
    await rows(`delete from collection_slot where meter_id = 3`)
    await install(3, 'U2', '2026-11-22T10:00:00+08:00', null)
    await collection.follow([taskAt(noon)], noon)
    await collection.advance(task, instant(start + hours(48)))
    const states = async (meter: number) =>
      await rows(
        `select state, count(*)::int as n, min(slot_start) as first from collection_slot
         where meter_id = $1::int group by state order by state`,
        [meter],
      )
    expect(await states(1)).toEqual([{ state: 1, n: 48, first: start }])
    expect(await states(2)).toEqual([
      { state: 4, n: 10, first: start },
      { state: 5, n: 14, first: instant(start + hours(10)) },
    ])
    expect(await states(3)).toEqual([{ state: 1, n: 38, first: instant(start + hours(10)) }])
    // What a meter that is gone did not say is no failure, and no slot of it comes back.
    const gone = { planId: task.planId, meterId: idOf<'meter'>(2), attempts: 1 } as const
    await collection.record([
      { ...gone, slotStart: instant(start + hours(11)), kind: 'missing', reason: 'timeout' },
      { ...gone, slotStart: instant(start + hours(30)), kind: 'missing', reason: 'timeout' },
    ])
    expect((await states(2)).map(({ n }) => n)).toEqual([10, 14])
    // It was not replaced after all.
    await rows(`delete from installation where meter_id = 3`)
    await rows(`update installation set valid_to = null where meter_id = 2`)
    await collection.follow([taskAt(noon)], noon)
    expect((await states(2)).map(({ state, n }) => [state, n])).toEqual([[1, 48]])
    const listed = await reports.slots(
      { date: dateOf('2026-11-22'), state: 'due', meterId: idOf(2) },
      { limit: 20 },
    )
    if (!listed.ok) throw new Error('a first page has no cursor')
    const { next } = listed.value
    const rest = await reports.slots(
      { date: dateOf('2026-11-22'), state: 'due', meterId: idOf(2) },
      { limit: 20, ...(next !== null && { cursor: next }) },
    )
    expect(rest.ok && [listed.value.items.length, rest.value.items.length]).toEqual([20, 4])
  })

  test('end with their task, and begin anew with another cadence', async () => {
    const start = at('2026-11-22T00:00:00+08:00')
    const { collection, taskAt } = await stage(
      'Asia/Shanghai',
      { cycle: hours(1), offset: 0 },
      start,
    )
    const task = taskAt(start)
    await collection.follow([task], start)
    await collection.advance(task, instant(start + hours(6)))
    const now = instant(start + hours(3) + minutes(1))
    await collection.follow(
      [{ ...task, cycleSeconds: 7_200, next: instant(start + hours(4)) }],
      now,
    )
    const left = () =>
      rows(`select state, case when state = 5 then reason end as reason, count(*)::int as n
        from collection_slot group by 1, 2 order by 1`)
    expect(await left()).toEqual([{ state: 1, reason: null, n: 4 * 4 }])
    await collection.advance(task, instant(start + hours(6)))
    await collection.follow([], now)
    expect(await left()).toEqual([
      { state: 1, reason: null, n: 4 * 4 },
      { state: 5, reason: 'task-ended', n: 4 * 2 },
    ])
    expect(await collection.advance(task, instant(start + hours(9)))).toBeNull()
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { slotAfter, slotAt } from '#src/acquisition'
import {
  type Collection,
  type CollectionReports,
  createCollection,
  createCollectionReports,
  createTasks,
  type LedgerTask,
  type PlanId,
  type SlotOutcome,
  type Tasks,
} from '#src/collection'
import {
  type BusinessDate,
  civilTime,
  hours,
  type Instant,
  idOf,
  instant,
  type MeterId,
  minutes,
  parseBusinessDate,
  seconds,
} from '#src/core'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
beforeAll(async () => {
  database = await migratedDatabase()
  await database.db.query(
    `insert into channel (name, kind, settings) values ('one', 'dialin', '{"identity": "1001"}')`,
  )
  await database.db.query(`insert into concentrator (address, channel_id) values ('1001', 1)`)
  await database.db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 from generate_series(1, 4) n`,
  )
})
afterAll(() => database.close())

const dateOf = (text: string): BusinessDate => {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(`${text} is no date`)
  return date
}
const meters: readonly MeterId[] = [1, 2, 3, 4].map((id) => idOf<'meter'>(id))
const nobody = async () => {}

interface Stage {
  readonly collection: Collection
  readonly reports: CollectionReports
  readonly tasks: Tasks
  readonly clock: ManualClock
  readonly planId: PlanId
  readonly taskAt: (now: Instant) => LedgerTask
}

/** A task of its own over the four meters, from nothing. */
async function stage(
  zone: string,
  { cycle, offset }: { cycle: number; offset: number },
  startsAt: Instant,
): Promise<Stage> {
  await database.db.query(
    `truncate collection_slot, collection_horizon, collection_member, collection_mark,
       collection_day, collection_place, collection_located, installation`,
  )
  await database.db.query(`delete from poll_plan`)
  const civil = civilTime(zone)
  const clock = new ManualClock(startsAt)
  const tasks = createTasks(database.db)
  const made = await tasks.create(
    {
      ...{ name: 'curve', nameZh: '曲线', protocol: 'dlt645-2007', dataClass: 'interval' },
      ...{ items: ['1.8.0'], cycleSeconds: cycle / 1_000, offsetSeconds: offset / 1_000 },
      ...{ priority: 10, enabled: true, group: null, windowSeconds: null, validFrom: null },
      ...{ validTo: null, catchUpSeconds: 7 * 86_400, catchUpItems: ['x'], catchUpSlots: 1 },
    },
    nobody,
  )
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  const { id: planId } = made.value
  const duty = { cycle: seconds(cycle / 1_000), offset: seconds(offset / 1_000) }
  return {
    collection: createCollection(database.db, civil),
    reports: createCollectionReports(database.db, civil, clock),
    tasks,
    clock,
    planId,
    taskAt: (now) => ({
      planId,
      cycleSeconds: cycle / 1_000,
      offsetSeconds: offset / 1_000,
      first: slotAt(duty, now, civil),
      next: slotAfter(duty, now, civil),
      reach: instant(now - hours(7 * 24)),
      slots(from, to, most) {
        const starts: Instant[] = []
        for (let at = slotAfter(duty, instant(from - 1), civil); at < to; ) {
          if (starts.length === most) break
          starts.push(at)
          at = slotAfter(duty, at, civil)
        }
        return starts
      },
    }),
  }
}

const at = (text: string): Instant => instant(Date.parse(text))
const rows = (text: string, values: readonly unknown[] = []) =>
  database.db.query<Record<string, unknown>>(text, values)

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
        let written = opens
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
      { state: 1, n: 10, first: start },
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

describe('what people ask the ledger', () => {
  test('is answered with the numbers that went into it', async () => {
    const start = at('2026-11-20T00:00:00+08:00')
    const { collection, reports, taskAt, planId, clock } = await stage(
      'Asia/Shanghai',
      { cycle: hours(24), offset: 0 },
      start,
    )
    const task = taskAt(start)
    await collection.follow([task], start)
    await clock.advance(hours(3 * 24 + 12))
    await collection.advance(task, clock.now())
    const days = [0, 1, 2, 3].map((day) => instant(start + hours(24 * day)))
    const of = (meter: number, day: number) => ({
      ...{ planId, meterId: idOf<'meter'>(meter), slotStart: days[day] ?? start },
    })
    const good = (meter: number, day: number, after = hours(1)) => ({
      ...{ ...of(meter, day), kind: 'answered' as const, attempts: 1 },
      answeredAt: instant((days[day] ?? start) + after),
    })
    const bad = (meter: number, day: number) =>
      ({ ...of(meter, day), kind: 'missing', attempts: 1, reason: 'timeout' }) as const
    await collection.record([
      ...[0, 1, 2, 3].map((day) => good(1, day)),
      ...[0, 1, 2].map((day) => bad(2, day)),
      ...[0, 1, 2, 3].map((day) => bad(3, day)),
      good(4, 0, hours(30)),
    ])
    await collection.record([good(2, 2, hours(2))])
    const from = dateOf('2026-11-20')
    const to = dateOf('2026-11-23')
    const { items } = await reports.kpis({ from, to, by: 'all' })
    const figures = Object.fromEntries(
      (items[0]?.kpis ?? []).map(({ name, numerator, denominator, value }) => {
        return [name, [numerator, denominator, value]]
      }),
    )
    expect(figures).toMatchObject({
      finalSuccess: [6, 12, '0.5000'],
      firstPassSuccess: [5, 12, '0.4166'],
      timeliness: [5, 12, '0.4166'],
    })
    const byDay = await reports.kpis({ from, to, by: 'day' })
    expect(byDay.items.map(({ group, counts }) => [group, counts.received + counts.late])).toEqual([
      ['2026-11-20', 2],
      ['2026-11-21', 1],
      ['2026-11-22', 2],
      ['2026-11-23', 1],
    ])
    const unread = await reports.unread(3, { limit: 10 })
    expect(unread.ok && unread.value.items.map(({ meterId, reason }) => [meterId, reason])).toEqual(
      [[3, 'timeout']],
    )
    // Again, twice: what failed is due again, and counts as no first success when it comes.
    const order = { meterIds: [], groupIds: [], concentratorIds: [], planIds: [], from, to }
    expect(await reports.backfill(order, nobody)).toEqual({ slots: 6, lost: 0 })
    expect(await reports.backfill(order, nobody)).toEqual({ slots: 0, lost: 0 })
    const open = await collection.open({
      ...{ planId, meterIds: meters, from: start, to: clock.now(), reasons: [] },
      ...{ attemptsMax: 1, limit: 3 },
    })
    expect(open.map(({ slotStart }) => slotStart)).toEqual([days[3], days[3], days[3]])
    await collection.record([good(3, 0)])
    const again = await reports.kpis({ from, to, by: 'all' })
    expect(again.items[0]?.counts).toMatchObject({ received: 6, late: 1, firstPass: 5, givenUp: 0 })
  })

  test('names the usage points that no terminal covers', async () => {
    const { reports, clock } = await stage(
      'Asia/Shanghai',
      { cycle: hours(1), offset: 0 },
      at('2026-11-22T00:00:00+08:00'),
    )
    await rows(
      `insert into usage_point (code) values ('U1'), ('U2'), ('U3') on conflict do nothing`,
    )
    await rows(`insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
        pt_numerator, pt_denominator, valid_from)
      select id, 1, 1, 1, 1, 1, '2020-01-01' from usage_point where code = 'U1'`)
    await rows(
      `insert into concentrator_state (concentrator_id, online, last_heard_at)
       values (1, false, to_timestamp($1::float8 / 1000))`,
      [clock.now() - hours(1)],
    )
    const covered = await reports.coverage({ limit: 1 })
    if (!covered.ok) throw new Error('a first page has no cursor')
    expect(covered.value.kpi).toMatchObject({ numerator: 1, denominator: 3, value: '0.3333' })
    expect(covered.value.items).toMatchObject([{ usagePoint: 'U2', reason: 'no-meter' }])
    await clock.advance(hours(24))
    const later = await reports.coverage({ limit: 10 })
    expect(later.ok && later.value.items.map(({ reason }) => reason)).toEqual([
      'silent',
      'no-meter',
      'no-meter',
    ])
    expect(await reports.coverage({ limit: 1, cursor: 'nonsense' })).toMatchObject({ ok: false })
  })

  test('takes the online rate from intervals', async () => {
    const { reports, clock } = await stage(
      'Asia/Shanghai',
      { cycle: hours(1), offset: 0 },
      at('2026-11-02T12:00:00+08:00'),
    )
    await rows(`insert into online_interval (concentrator_id, valid_from, valid_to, end_reason)
      values (1, '2026-10-31T00:00:00+08:00', '2026-11-01T06:00:00+08:00', 'lost'),
        (1, '2026-11-02T00:00:00+08:00', null, null)`)
    const [from, to] = [dateOf('2026-11-01'), dateOf('2026-11-30')]
    const { items } = await reports.kpis({ from, to, by: 'concentrator' })
    const online = items[0]?.kpis.find(({ name }) => name === 'onlineRate')
    const hour = 3_600
    expect([items[0]?.group, online?.numerator, online?.denominator, online?.value]).toEqual([
      ...['1001', 18 * hour, 36 * hour, '0.5000'],
    ])
    expect(clock.now()).toBe(at('2026-11-02T12:00:00+08:00'))
    // One that came at six counts from then on; one that is to come counts nowhere yet.
    await rows(`insert into channel (name, kind, settings)
      select 'new' || n, 'dialin', jsonb_build_object('identity', 'new' || n)
      from generate_series(1, 2) n`)
    await rows(`insert into concentrator (address, channel_id, in_service_since)
      select '200' || right(name, 1), id, case name when 'new1' then
        timestamptz '2026-11-02T06:00:00+08:00' else timestamptz '2026-11-03T00:00:00+08:00' end
      from channel where name like 'new%'`)
    const later = await reports.kpis({ from, to, by: 'concentrator' })
    const figures = later.items.map(({ group, kpis }) => {
      const rate = kpis.find(({ name }) => name === 'onlineRate')
      return [group, rate?.numerator, rate?.denominator]
    })
    expect(figures).toEqual([
      ['1001', 18 * hour, 36 * hour],
      ['2001', 0, 6 * hour],
    ])
  })
})

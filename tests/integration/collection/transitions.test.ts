import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Collection, createCollection, type PlanId, type SlotOutcome } from '#src/collection'
import {
  type BusinessDate,
  civilTime,
  hours,
  type Instant,
  idOf,
  instant,
  minutes,
  parseBusinessDate,
} from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import {
  after,
  befores,
  type Happening,
  happenings,
  names,
  type State,
  states,
  table,
} from './slot-changes.ts'

const civil = civilTime('Asia/Shanghai')
const START: Instant = instant(Date.parse('2026-11-22T08:00:00+08:00'))
const DUE: Instant = instant(START + minutes(15))
const PLAN: PlanId = idOf(3)

let database: TestDatabase
let collection: Collection
beforeAll(async () => {
  database = await migratedDatabase()
  collection = createCollection(database.db, civil)
  const { db } = database
  await db.query(
    `insert into channel (name, kind, settings) values ('one', 'tcp', '{"host": "a"}')`,
  )
  await db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 from generate_series(1, 2000) n`,
  )
  await collection.follow([], START)
})
afterAll(() => database.close())
beforeEach(() => database.db.query('truncate collection_slot, collection_day, collection_mark'))

/** Slots of meters 1, 2 … that are so already. */
async function given(slots: readonly State[]): Promise<void> {
  await database.db.query(
    `insert into collection_slot (meter_id, plan_id, slot_start, due, state, attempts, reason,
       answered_at)
     select n, $1::int, to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000), state,
       attempts, reason, case when state in (2, 3) then to_timestamp($3::float8 / 1000) end
     from unnest($4::int[], $5::int[], $6::text[]) with ordinality as u (state, attempts, reason, n)`,
    [
      ...[PLAN, START, DUE, slots.map(({ state }) => states.indexOf(state) + 1)],
      ...[slots.map(({ attempts }) => attempts), slots.map(({ reason }) => reason)],
    ],
  )
  await database.db.query(
    `insert into collection_mark (date, plan_id, opens, is_whole)
     values ('2026-11-22', $1::int, '2026-11-22 00:00+08', false)`,
    [PLAN],
  )
  await collection.recount()
}

/** Lets something happen to the slots of meters 1, 2 …, all at the same time. */
async function happens(what: readonly Happening[]): Promise<void> {
  const outcomes: SlotOutcome[] = []
  const estimates: { planId: PlanId; meterId: SlotOutcome['meterId']; slotStart: Instant }[] = []
  for (const [index, kind] of what.entries()) {
    const key = { planId: PLAN, meterId: idOf<'meter'>(index + 1), slotStart: START }
    const answeredAt = kind.endsWith('late') ? instant(DUE + 1) : DUE
    if (kind === 'estimate') estimates.push(key)
    else if (kind === 'missing') {
      outcomes.push({ ...key, kind, attempts: 1, reason: 'refused' })
    } else {
      const came = kind.startsWith('found') ? 'found' : 'answered'
      outcomes.push({ ...key, kind: came, attempts: came === 'found' ? 0 : 1, answeredAt })
    }
  }
  await collection.record(outcomes)
  await collection.estimate(estimates, 'mean')
}

async function slots(): Promise<readonly (State & { meter: number })[]> {
  const rows = await database.db.query<State & { meter: number; number: number }>(
    `select meter_id as meter, state as number, attempts, reason from collection_slot
     order by meter_id`,
  )
  return rows.map(({ meter, number, attempts, reason }) => ({
    ...{ meter, state: states[number - 1] ?? 'due', attempts, reason },
  }))
}

const sums = () =>
  database.db.query(
    `select sum(due)::int as due, sum(received)::int as received, sum(late)::int as late,
       sum(given_up)::int as given_up, sum(not_expected)::int as not_expected,
       sum(estimated)::int as estimated, sum(first_pass)::int as first_pass from collection_day`,
  )

const counted = () =>
  database.db.query(
    `select ${['due', 'received', 'late', 'given_up', 'not_expected', 'estimated']
      .map((name, index) => `(count(*) filter (where state = ${index + 1}))::int as ${name}`)
      .join(', ')},
       (count(*) filter (where state in (2, 3) and attempts <= 1 and reason is null))::int
         as first_pass from collection_slot`,
  )

describe('a slot', () => {
  test('becomes from each state by each happening what it should, and the sums follow', async () => {
    const cases = names.flatMap((name) => happenings.map((kind) => ({ name, kind })))
    await given(cases.map(({ name }) => befores[name]))
    await happens(cases.map(({ kind }) => kind))
    const became = await slots()
    const seen = cases.map(({ name, kind }, index) => {
      const { meter: _, ...slot } = became[index] ?? { meter: 0 }
      return [name, kind, slot]
    })
    expect(seen).toEqual(
      cases.map(({ name, kind }) => [name, kind, table[name][kind] ?? befores[name]]),
    )
    expect(await sums()).toEqual(await counted())
  })

  test('becomes what the table says also by any three happenings in any order', async () => {
    const threes = happenings.flatMap((first) =>
      happenings.flatMap((second) => happenings.map((third) => [first, second, third] as const)),
    )
    const cases = names.flatMap((name) => threes.map((three) => ({ name, three })))
    expect(cases.length).toBeLessThanOrEqual(2_000)
    await given(cases.map(({ name }) => befores[name]))
    for (const step of [0, 1, 2] as const) {
      await happens(cases.map(({ three }) => three[step]))
    }
    const became = await slots()
    const wrong = cases.filter(({ name, three }, index) => {
      const expected = three.reduce<State>(after, befores[name])
      const { state, attempts, reason } = became[index] ?? befores.due
      return JSON.stringify(expected) !== JSON.stringify({ state, attempts, reason })
    })
    expect(wrong).toEqual([])
    expect(await sums()).toEqual(await counted())
    for (const { name, three } of cases.slice(0, 20)) {
      const [kind] = three
      expect(after(befores[name], kind)).toEqual(table[name][kind] ?? befores[name])
    }
  })

  test('that is not there is written by an outcome, but not by what came along', async () => {
    await happens(happenings)
    expect(await slots()).toEqual([
      { meter: 1, state: 'received', attempts: 1, reason: null },
      { meter: 2, state: 'late', attempts: 1, reason: null },
      { meter: 3, state: 'given-up', attempts: 1, reason: 'refused' },
    ])
    expect(await sums()).toEqual(await counted())
  })

  test('of a meter that owes it no more is not written by a failure, but by a value', async () => {
    await database.db.query(
      `insert into collection_member (plan_id, meter_id, since, until, reason, settled)
       select $1::int, n, to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000),
         'removed', true from generate_series(1, 4) n`,
      [PLAN, START - hours(1), START],
    )
    try {
      await happens(['answered', 'found', 'missing'])
      expect(await slots()).toEqual([{ meter: 1, state: 'received', attempts: 1, reason: null }])
    } finally {
      await database.db.query('delete from collection_member')
    }
  })

  test('twice in one batch is one slot: an answer counts before a failure, attempts add up', async () => {
    await given([befores.due, befores.due])
    const key = { planId: PLAN, slotStart: START, attempts: 1 } as const
    const [one, two] = [idOf<'meter'>(1), idOf<'meter'>(2)]
    await collection.record([
      { ...key, meterId: one, kind: 'missing', reason: 'refused' },
      { ...key, meterId: one, kind: 'answered', answeredAt: DUE },
      { ...key, meterId: two, kind: 'answered', answeredAt: DUE },
      { ...key, meterId: two, kind: 'missing', reason: 'refused' },
    ])
    expect(await slots()).toMatchObject([
      { state: 'received', attempts: 2 },
      { state: 'received', attempts: 2 },
    ])
    expect(await sums()).toEqual(await counted())
  })
})

describe('the sums of days', () => {
  const byDay = (zone: string) =>
    database.db.query<{ date: BusinessDate; expected: number }>(
      `select (slot_start at time zone $1::text)::date::text as date, count(*)::int as expected
       from collection_slot group by 1 order by 1`,
      [zone],
    )
  const partial = () => database.db.query(`select from collection_mark where not is_whole`)

  test('are those of other days in another zone, at once, and whole again once counted', async () => {
    const starts = Array.from({ length: 48 }, (_, hour) => instant(START + hours(hour)))
    const outcomes = starts.map((slotStart): SlotOutcome => {
      const key = { planId: PLAN, meterId: idOf<'meter'>(1), slotStart, attempts: 1 }
      return { ...key, kind: 'missing', reason: 'timeout' }
    })
    await collection.record(outcomes)
    const zone = 'America/New_York'
    const moved = createCollection(database.db, civilTime(zone))
    await moved.follow([], START)
    const told = async () => {
      const days = await byDay(zone)
      for (const { date, expected } of days) {
        expect([date, (await moved.summary(date)).expected]).toEqual([date, expected])
      }
      return days.length
    }
    expect(await told()).toBeGreaterThan(1)
    // One more while they are not whole is in the sums once.
    const [first] = outcomes
    if (first) await moved.record([{ ...first, slotStart: instant(START - hours(1)) }])
    await told()
    await moved.recount()
    expect(await partial()).toEqual([])
    await told()
    await collection.follow([], START)
    expect((await partial()).length).toBeGreaterThan(0)
    await collection.recount()
  })

  test('follow a meter that hangs elsewhere, with all of its slots', async () => {
    const { db } = database
    await given([befores.due, befores.received, befores['given up']])
    await db.query(
      `insert into channel (name, kind, settings) values ('two', 'tcp', '{"host": "b"}')`,
    )
    const channels = async () => {
      const { groups } = await collection.summary(dateOf('2026-11-22'))
      return groups.map(({ channel, expected, received }) => [channel, expected, received])
    }
    expect(await channels()).toEqual([['one', 3, 1]])
    await db.query(`update meter set maker = 'A' where id = 1`)
    await db.query(
      `update meter set channel_id = (select id from channel where name = 'two') where id = 2`,
    )
    await collection.follow([], START)
    expect(await channels()).toEqual([
      ['one', 2, 0],
      ['two', 1, 1],
    ])
    await happens(['answered'])
    expect(await channels()).toEqual([
      ['one', 2, 1],
      ['two', 1, 1],
    ])
    expect(await sums()).toEqual(await counted())
  })
})

function dateOf(text: string): BusinessDate {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(`${text} is no date`)
  return date
}

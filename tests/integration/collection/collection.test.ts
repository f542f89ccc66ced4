import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Collection, createCollection, type PlanId, type Slot } from '#src/collection'
import {
  type BusinessDate,
  civilTime,
  type Duration,
  hours,
  type Instant,
  idOf,
  instant,
  type MeterId,
  minutes,
  parseBusinessDate,
} from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('America/St_Johns')
let database: TestDatabase
let collection: Collection
beforeAll(async () => {
  database = await migratedDatabase()
  collection = createCollection(database.db, civil)
  await database.db.query(
    `insert into channel (name, kind, settings) values
       ('one', 'dialin', '{"identity": "1001"}'), ('hall', 'modbus-tcp', '{"host": "a"}')`,
  )
  await database.db.query(`insert into concentrator (address, channel_id) values ('1001', 1)`)
  await database.db.query(
    `insert into meter (address, protocol, channel_id) values
       ('000000000001', 'dlt645-2007', 1), ('000000000002', 'dlt645-2007', 1), ('7', 'modbus', 2)`,
  )
})
beforeAll(() => collection.follow([], instant(0)))
afterAll(() => database.close())

const meter = (id: number): MeterId => idOf(id)

function dateOf(text: string): BusinessDate {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(`${text} is no date`)
  return date
}

const plan = (id: number): PlanId => idOf(id)

/** Slots of every quarter of an hour of a day. */
function slotsOf(date: BusinessDate, meterId: MeterId) {
  const slots: { meterId: MeterId; planId: PlanId; slotStart: Instant; due: Instant }[] = []
  const end = civil.startOf(civil.addDays(date, 1))
  for (let at = civil.startOf(date); at < end; at = instant(at + minutes(15))) {
    slots.push({ meterId, planId: plan(1), slotStart: at, due: instant(at + minutes(10)) })
  }
  return slots
}

/** Slots that are there already, whoever made them. */
async function expectSlots(slots: readonly (Slot & { readonly due: Instant })[]) {
  await database.db.query(
    `insert into collection_slot (meter_id, plan_id, slot_start, due)
     select meter_id, plan_id, to_timestamp(start_ms / 1000), to_timestamp(due_ms / 1000)
     from unnest($1::int[], $2::int[], $3::float8[], $4::float8[])
       as u (meter_id, plan_id, start_ms, due_ms)`,
    [
      slots.map(({ meterId }) => meterId),
      slots.map(({ planId }) => planId),
      slots.map(({ slotStart }) => slotStart),
      slots.map(({ due }) => due),
    ],
  )
  // Nobody moved the sums of their days.
  await database.db.query(
    `insert into collection_mark (date, plan_id, opens, is_whole)
     select distinct (slot_start at time zone 'America/St_Johns')::date, plan_id,
       date_trunc('day', slot_start, 'America/St_Johns'), false
     from collection_slot on conflict (date, plan_id) do update set is_whole = false`,
  )
}

/** What plan 1 may still ask its meters for. */
const asking = (from: Instant, span: Duration) => ({
  planId: plan(1),
  meterIds: [meter(1), meter(2)],
  from,
  to: instant(from + span),
  reasons: ['refused'],
  attemptsMax: 5,
  limit: 100,
})

const at = (text: string): Instant => instant(Date.parse(text))

describe('the ledger of slots', () => {
  test('counts by concentrator, and by channel where there is none', async () => {
    // Clocks go forward in this night: 23 hours.
    const date = dateOf('2026-03-08')
    const [one, two, hall] = [1, 2, 3].map((id) => slotsOf(date, meter(id)))
    expect(one).toHaveLength(92)
    await expectSlots([...(one ?? []), ...(two ?? []), ...(hall ?? [])])
    await collection.record([
      ...(one ?? []).map(({ due, ...slot }) => ({
        ...slot,
        kind: 'answered' as const,
        attempts: 1,
        answeredAt: due,
      })),
      ...(two ?? []).map(({ due, ...slot }) => ({
        ...slot,
        kind: 'answered' as const,
        attempts: 2,
        answeredAt: instant(due + 1),
      })),
      ...(hall ?? []).slice(1).map(({ due, ...slot }) => ({
        ...slot,
        kind: 'missing' as const,
        attempts: 3,
        reason: 'timeout',
      })),
    ])
    expect(await collection.summary(date)).toEqual({
      date,
      expected: 276,
      received: 184,
      late: 92,
      missing: 91,
      estimated: 0,
      notExpected: 0,
      // The one that nobody has asked for yet is no failure.
      pending: 1,
      successRate: '0.6690',
      groups: [
        {
          concentratorId: 1,
          concentrator: '1001',
          channelId: 1,
          channel: 'one',
          expected: 184,
          received: 184,
          late: 92,
          missing: 0,
          estimated: 0,
          notExpected: 0,
          pending: 0,
          successRate: '1.0000',
        },
        {
          concentratorId: null,
          concentrator: null,
          channelId: 2,
          channel: 'hall',
          expected: 92,
          received: 0,
          late: 0,
          missing: 91,
          estimated: 0,
          notExpected: 0,
          pending: 1,
          successRate: '0.0000',
        },
      ],
    })
    expect(await collection.summary(dateOf('2026-03-07'))).toMatchObject({
      expected: 0,
      pending: 0,
      successRate: null,
      groups: [],
    })
  })

  test('expects a slot once and never forgets what was received', async () => {
    const [slot] = slotsOf(dateOf('2026-04-01'), meter(1))
    if (slot === undefined) throw new Error('a day has slots')
    const { due, ...key } = slot
    await expectSlots([slot])
    const missing = { ...key, kind: 'missing', attempts: 2, reason: 'refused' } as const
    const answered = { ...key, kind: 'answered', attempts: 1, answeredAt: due } as const
    await collection.record([missing])
    const day = civil.startOf(dateOf('2026-04-01'))
    const open = () => collection.open({ ...asking(day, hours(24)), meterIds: [meter(1)] })
    expect(await open()).toEqual([{ ...slot, attempts: 2, reason: 'refused' }])
    await collection.record([answered, answered, missing])
    await collection.record([missing])
    await collection.record([{ ...answered, answeredAt: instant(due + hours(1)) }])
    expect(await open()).toEqual([])
    expect(await collection.summary(dateOf('2026-04-01'))).toMatchObject({ received: 1, late: 0 })
  })

  test('takes values that nobody expected', async () => {
    const slotStart = at('2026-05-01T12:00:00Z')
    const key = { meterId: meter(3), planId: plan(3), slotStart, attempts: 0 } as const
    await collection.record([{ ...key, kind: 'answered', answeredAt: instant(slotStart + 5) }])
    expect(await collection.summary(dateOf('2026-05-01'))).toMatchObject({
      expected: 1,
      received: 1,
      late: 0,
    })
  })

  test('keeps two plans of one meter and time apart', async () => {
    const [slot] = slotsOf(dateOf('2026-05-03'), meter(1))
    if (slot === undefined) throw new Error('a day has slots')
    await expectSlots([slot, { ...slot, planId: plan(4) }])
    const { due, ...key } = slot
    await collection.record([{ ...key, kind: 'answered', attempts: 1, answeredAt: due }])
    await collection.record([
      { ...key, planId: plan(4), kind: 'missing', attempts: 1, reason: 'timeout' },
    ])
    expect(await collection.summary(dateOf('2026-05-03'))).toMatchObject({
      expected: 2,
      received: 1,
      missing: 1,
      pending: 0,
      successRate: '0.5000',
    })
  })

  test('fills a slot with a value that came along, but expects nothing because of it', async () => {
    const [first, second] = slotsOf(dateOf('2026-05-04'), meter(1))
    if (first === undefined || second === undefined) throw new Error('a day has slots')
    await expectSlots([first])
    const found = ({ due, ...key }: typeof first) =>
      ({ ...key, kind: 'found', attempts: 0, answeredAt: instant(due + 1) }) as const
    await collection.record([found(first), found(second), found(first)])
    expect(await collection.summary(dateOf('2026-05-04'))).toMatchObject({
      expected: 1,
      received: 1,
      late: 1,
    })
  })

  test('tells what may be asked again: not what was refused for good or asked too often', async () => {
    const slots = slotsOf(dateOf('2026-05-05'), meter(2)).slice(0, 4)
    const [owed, silent, gone, tired] = slots.map(({ due, ...key }) => key)
    if (!owed || !silent || !gone || !tired) throw new Error('a day has slots')
    await expectSlots(slots)
    const missing = { kind: 'missing', attempts: 1, reason: 'timeout' } as const
    await collection.record([
      { ...silent, ...missing },
      { ...gone, ...missing, reason: 'refused' },
      { ...tired, ...missing, attempts: 5 },
    ])
    const day = civil.startOf(dateOf('2026-05-05'))
    // What has been due for hours is told to be so, and what is over is ended, in one go.
    const end = { planId: plan(1), before: day, reason: 'expired' }
    await collection.close([end], instant(day + hours(24)))
    const query = { ...asking(day, hours(24)), reasons: ['timeout'] }
    const starts = async (change: Partial<typeof query> = {}) =>
      (await collection.open({ ...query, ...change })).map(({ slotStart }) => slotStart)
    expect(await starts()).toEqual([silent.slotStart, owed.slotStart])
    // Nobody has given up what begins later: it is being asked for.
    expect(await starts({ to: owed.slotStart })).toEqual([silent.slotStart])
    expect(await starts({ limit: 1 })).toEqual([silent.slotStart])
    expect(await starts({ meterIds: [meter(1)] })).toEqual([])
    expect(await starts({ planId: plan(2) })).toEqual([])
  })

  test('ends what cannot come any more, each plan by its own rule', async () => {
    const date = dateOf('2026-06-20')
    const [slot] = slotsOf(date, meter(1))
    if (slot === undefined) throw new Error('a day has slots')
    const ofPlan = (id: number) => ({ ...slot, planId: plan(id) })
    await expectSlots([ofPlan(11), ofPlan(12), ofPlan(13)])
    const later = instant(slot.slotStart + 1)
    const closed = await collection.close(
      [
        { planId: plan(1), before: slot.slotStart, reason: 'stopped' },
        { planId: plan(7), before: slot.slotStart, reason: 'stopped' },
        { planId: plan(11), before: later, reason: 'expired' },
        { planId: plan(12), before: slot.slotStart, reason: 'expired' },
      ],
      later,
    )
    expect(closed).toBeGreaterThanOrEqual(2)
    const reasons = await database.db.query(
      `select plan_id, state, reason from collection_slot where plan_id between 11 and 13
       order by plan_id`,
    )
    expect(reasons).toEqual([
      { plan_id: 11, state: 4, reason: 'expired' },
      { plan_id: 12, state: 1, reason: null },
      { plan_id: 13, state: 4, reason: 'no-plan' },
    ])
  })

  test('drops old slots', async () => {
    await expectSlots(slotsOf(dateOf('2020-01-01'), meter(1)))
    await expectSlots(slotsOf(dateOf('2026-02-01'), meter(1)))
    expect(await collection.retain(at('2026-06-01T00:00:00Z'), 400)).toBeGreaterThan(0)
    expect((await collection.summary(dateOf('2020-01-01'))).expected).toBe(0)
    expect((await collection.summary(dateOf('2026-02-01'))).expected).toBe(96)
  })
})

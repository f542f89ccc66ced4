import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusinessDate, civilTime, idOf, instant, parseBusinessDate } from '#src/core'
import { createReadings } from '#src/readings'
import { createStatistics, createStatisticsFollower, type Statistics } from '#src/statistics'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { makeNetwork, metered } from './network.ts'

const civil = civilTime('Asia/Shanghai')
const today = dayOf('2026-10-05')
const yesterday = dayOf('2026-10-04')
const NOON = instant(civil.startOf(today) + 12 * 3_600_000)
let database: TestDatabase
let statistics: Statistics

function dayOf(text: string): BusinessDate {
  const parsed = parseBusinessDate(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

const nothing = async () => {}

beforeAll(async () => {
  database = await migratedDatabase()
  await makeNetwork(database.db)
  const clock = new ManualClock(NOON)
  const readings = createReadings(database.db, civil)
  statistics = createStatistics({ db: database.db, civil, clock, readings })
  // 4 kW all day yesterday, 8 kW this morning; P2 takes 12 kW of its 10 kVA.
  await database.db.query(
    `insert into reading_curve (measured_at, received_at, decimals, energy_import, meter_id,
       data_class, source, quality, time_source)
     select $1::timestamptz + n * interval '15 minutes', now(), 0,
       (case m when 1 then n + greatest(n - 96, 0) else 3 * n end) * 10000, m, 2, 1, 1, 1
     from generate_series(0, 96 + 48) n, generate_series(1, 2) m`,
    [new Date(civil.startOf(yesterday)).toISOString()],
  )
  await readings.store([
    {
      ...{ meterId: idOf(1), item: '32.7.0', dataClass: 'current', timeSource: 'meter' },
      value: { kind: 'number', digits: 2_301, scale: 1 },
      measuredAt: NOON,
      receivedAt: NOON,
      source: 'poll',
      quality: 'good',
    },
  ])
  await database.db.query(
    `insert into device_event (meter_id, protocol, event_id, series, code, phase, is_span, raised_at,
       received_at, source, details, raw, at)
     values (1, 'dlt645-2007', 'x', 'cover', 'cover-open', '', true, now(), now(), 'pull', '{}', '',
       now())`,
  )
  await metered(
    database.db,
    [1, 2].map((point) => ({ point, date: yesterday, energy: 96_000_000n })),
  )
  await createStatisticsFollower(database.db, civil).follow()
})
afterAll(() => database.close())

describe('key accounts', () => {
  test('show their curves, state, events and findings in one answer', async () => {
    const given = { name: 'steel', isShared: false, points: ['A1', 'P2'] }
    const made = await statistics.watchLists.create('li', given, nothing)
    if (!made.ok) throw new Error(made.error.message)
    expect(made.value.points).toEqual(['P1', 'P2'])
    const [first, second] = (await statistics.watchLists.view('li', made.value.id, yesterday)) ?? []
    expect(first).toMatchObject({ code: 'P1', account: 'A1', customer: 'c1', isOnline: true })
    expect(first?.latest).toMatchObject([{ register: '32.7.0', value: '230.1' }])
    expect(first?.today.map(({ value }) => value)).toEqual(Array(48).fill('8'))
    expect(first?.compared.map(({ value }) => value)).toEqual(Array(96).fill('4'))
    expect(first?.days).toEqual([{ date: yesterday, energy: '96', quality: 'measured' }])
    expect(first?.events).toMatchObject([{ code: 'cover-open' }])
    expect(second).toMatchObject({ code: 'P2', isOnline: false, latest: [] })
  })

  test('are the business of whoever made the list, until it is shared', async () => {
    const given = { name: 'mine', isShared: false, points: ['P3'] }
    const made = await statistics.watchLists.create('li', given, nothing)
    if (!made.ok) throw new Error(made.error.message)
    const { id } = made.value
    expect(await statistics.watchLists.view('wang', id, yesterday)).toBeUndefined()
    expect((await statistics.watchLists.create('li', given, nothing)).ok).toBe(false)
    const unknown = { points: ['nobody'] }
    expect(await statistics.watchLists.change('li', id, unknown, nothing)).toMatchObject({
      error: { kind: 'wrong' },
    })
    expect((await statistics.watchLists.get('li', id))?.points).toEqual(['P3'])
    await statistics.watchLists.change('li', id, { isShared: true }, nothing)
    expect(await statistics.watchLists.view('wang', id, yesterday)).toHaveLength(1)
    expect(await statistics.watchLists.remove('wang', id, nothing)).toBe(false)
    expect(await statistics.watchLists.remove('li', id, nothing)).toBe(true)
  })

  test('are looked at by account, feeder or group too, with the curve of all of them as it goes on', async () => {
    await database.db.query(
      `insert into usage_group (name, created_by, created_at) values ('both', 'li', now())`,
    )
    await database.db.query(
      `insert into usage_group_member (group_id, usage_point_id, valid_from)
       select 1, n, '2026-10-01T00:00Z' from generate_series(1, 2) n`,
    )
    const look = (kind: 'account' | 'feeder' | 'group' | 'point', key: string) =>
      statistics.watchLists.look({ kind, key }, yesterday)
    expect((await look('account', 'A1'))?.items.map(({ code }) => code)).toEqual(['P1'])
    expect(await look('point', 'nobody')).toBeUndefined()
    const group = await look('group', 'both')
    expect(group).toMatchObject({ total: 2, sum: 1, items: [{ code: 'P1' }, { code: 'P2' }] })
    const feeder = await look('feeder', 'F1')
    expect(feeder?.items.map(({ code }) => code)).toEqual(['P1', 'P4', 'P5', 'P8'])
    const curve = async (kind: 'feeder' | 'group', key: number | null | undefined, day = today) =>
      (await statistics.sumCurve({ kind, key: String(key), from: day, to: day })).map(
        ({ power, points }) => `${power} ${points}`,
      )
    expect(await curve('feeder', feeder?.sum)).toEqual(Array(48).fill('8 1'))
    expect(await curve('feeder', feeder?.sum, yesterday)).toEqual(Array(96).fill('4 1'))
    expect(await curve('group', 1)).toEqual(Array(48).fill('20 2'))
    expect(await curve('group', 1, yesterday)).toEqual(Array(96).fill('16 2'))
  })

  test('have curves of the past to ask for', async () => {
    const asked = { points: ['P2'], quantity: 'energy' as const, register: '1.8.0' }
    const range = { from: civil.startOf(yesterday), to: civil.startOf(today) }
    const found = await statistics.curves({ ...asked, ...range })
    expect(found.ok && found.value[0]?.items.map(({ value }) => value)).toEqual(Array(96).fill('3'))
    expect(await statistics.curves({ ...asked, ...range, points: ['nobody'] })).toMatchObject({
      error: { kind: 'no-point' },
    })
  })
})

describe('capacity', () => {
  const rule = (validFrom: string, overDays: number) =>
    statistics.putCapacityRule(
      {
        ...{ validFrom: dayOf(validFrom), overShare: '1', overDays, underShare: '0.2' },
        ...{ months: 1, targetShare: '0.75', powerFactor: '0.8', kvaMonthPrice: '30' },
      },
      'li',
      nothing,
    )
  const page = { offset: 0, limit: 10 }

  test('is advised by the rule that is valid, with what it costs', async () => {
    await rule('2026-10-01', 1)
    const { items } = await statistics.capacity(yesterday, null, page)
    expect(items.slice(0, 2)).toMatchObject([
      {
        ...{ account: 'A2', verdict: 'over', peakKva: '15.000', share: '1.5000' },
        ...{ daysAbove: 1, advisedKva: '20', moneyPerMonth: '300.00' },
      },
      { account: 'A1', verdict: 'fits', peakKva: '5.000', advisedKva: null },
    ])
    const over = await statistics.capacity(yesterday, 'over', page)
    expect(over.items.map(({ account }) => account)).toEqual(['A2'])
    // Above it on fewer days than make it too small does not pass for a contract that fits.
    await rule('2026-10-01', 2)
    expect((await statistics.capacity(yesterday, 'at-times', page)).items).toMatchObject([
      { account: 'A2', daysAbove: 1, share: '1.5000', advisedKva: null },
    ])
  })
})

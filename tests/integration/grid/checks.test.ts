import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { civilTime, parseBusinessDate } from '#src/core'
import { timestamptz } from '#src/db'
import { type ArchiveChecks, createArchiveChecks } from '#src/grid/checks'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { buildField } from './field.ts'

const civil = civilTime('Asia/Shanghai')
const ALL = { after: 0, limit: 100 }

let database: TestDatabase
let checks: ArchiveChecks
let clock: ManualClock

beforeAll(async () => {
  database = await migratedDatabase()
  await buildField(database.db)
})
afterAll(() => database.close())
beforeEach(async () => {
  for (const table of ['marketing_record', 'marketing_difference', 'marketing_comparison_day']) {
    await database.db.query(`delete from ${table}`)
  }
  await database.db.query('delete from marketing_difference_day')
  await database.db.query('delete from archive_score_day')
  clock = new ManualClock()
  checks = createArchiveChecks({ db: database.db, clock, civil })
})

const dateOf = (text: string) => parseBusinessDate(text) ?? civil.dateOf(clock.now())
const keys = async (rule: string) => (await checks.gaps(rule, null, ALL))?.map(({ key }) => key)

describe('the score of the archive', () => {
  test('counts by rule what is missing, and lists it', async () => {
    const { score, rules } = await checks.look()
    const failed = (code: string) => {
      const { checked, failed: count } = rules.find(({ rule }) => rule === code) ?? {}
      return [count, checked]
    }
    expect(failed('area-transformer')).toEqual([2, 3])
    expect(await keys('area-transformer')).toEqual(['T2', 'T3'])
    expect(failed('area-feeder')).toEqual([0, 3])
    expect(failed('point-account')).toEqual([0, 6])
    // The meters of feeder heads are no customers.
    expect(failed('point-meter')).toEqual([0, 6])
    expect(failed('account-contract')).toEqual([6, 6])
    expect(failed('account-tariff')).toEqual([0, 0])
    expect(failed('meter-plate')).toEqual([8, 8])
    expect(Number(score)).toBeGreaterThan(0)
    expect(Number(score)).toBeLessThan(100)
  })

  test('rises when something is mended', async () => {
    const before = await checks.look()
    await database.db.query(
      `update meter set wiring = '1p2w', nominal_voltage = 220, max_current = 60`,
    )
    const after = await checks.look()
    expect(Number(after.score)).toBeGreaterThan(Number(before.score))
    expect(await keys('meter-plate')).toEqual([])
    // P31 is entered as three-phase, its meter has one phase.
    expect(await keys('point-phase')).toEqual(['P31'])
    await database.db.query('update meter set wiring = null')
  })

  test('finds each kind of hole', async () => {
    const { db } = database
    await db.query(`insert into usage_point (code) values ('lost'), ('spare')`)
    await db.query(
      `insert into account_usage_point (usage_point_id, account_id, valid_from)
       select u.id, 1, '2020-01-01Z' from usage_point u where u.code = 'lost'`,
    )
    await db.query(
      `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
       select u.id, n.id, 'receive', '2020-01-01Z' from usage_point u, grid_node n
       where u.code = 'P11' and n.code = 'T2'`,
    )
    await db.query(
      `insert into meter (address, protocol, channel_id) values ('000000000099', 'dlt645-2007', 1)`,
    )
    expect(await keys('point-area')).toEqual(['lost'])
    expect(await keys('point-once')).toEqual(['P11'])
    expect(await keys('meter-point')).toEqual(['000000000099'])
    expect(await keys('area-supply')).toEqual(['T1', 'T2', 'T3'])
    const ofT1 = await checks.gaps('point-once', 'T1', ALL)
    expect(ofT1).toMatchObject([{ key: 'P11', area: 'T1', subject: 'usage-point' }])
    expect(await checks.gaps('no-such-rule', null, ALL)).toBeNull()
    await db.query(`delete from usage_point_place where valid_from = '2020-01-01Z'`)
    await db.query(`delete from account_usage_point where valid_from = '2020-01-01Z'`)
    await db.query(`delete from usage_point where code in ('lost', 'spare')`)
    await db.query(`delete from meter where address = '000000000099'`)
  })

  test('is kept by area, worst first, and by day', async () => {
    await checks.look()
    const areas = await checks.areas(10)
    expect(areas.map(({ code }) => code).toSorted()).toEqual(['T1', 'T2', 'T3'])
    expect(Number(areas[0]?.score)).toBeLessThanOrEqual(Number(areas[2]?.score))
    const one = await checks.area('T1')
    const gone = one?.rules.find(({ rule }) => rule === 'area-transformer')
    expect(gone).toMatchObject({ checked: 1, failed: 0 })
    expect(await checks.area('T9')).toBeNull()
    const today = civil.dateOf(clock.now())
    const days = await checks.scoreDays(dateOf('2000-01-01'), today)
    expect(days).toMatchObject([{ date: today, score: (await checks.score()).score }])
  })

  test('is that of nobody where nobody looked', async () => {
    expect(await checks.score()).toMatchObject({ date: null, score: null, rules: [] })
  })
})

describe('the comparison with the marketing system', () => {
  const record = async (account: string, point: string, said: Record<string, unknown>) => {
    await database.db.query(
      `insert into marketing_record (account_no, usage_point, import_id, line, received_at, customer,
         area, meter, ct, tariff, closed_at)
       select $1::text, $2::text, i.id, 1, now(), $3::text, $4::text, $5::text, $6::text, $7::text,
         $8::timestamptz from archive_import i limit 1`,
      [
        account,
        point,
        ...['customer', 'area', 'meter', 'ct', 'tariff', 'closedAt'].map(
          (key) => said[key] ?? null,
        ),
      ],
    )
  }
  const found = async () =>
    (await checks.differences({}, ALL)).map(({ account, kind, field, ours, theirs }) =>
      [account, kind, field, ours, theirs].join(' '),
    )

  beforeAll(async () => {
    await database.db.query(
      `insert into archive_import (kind, state, sha256, row_count, proposed_by, proposed_at)
       values ('marketing', 'proposed', repeat('0', 64), 1, 'somebody', now())`,
    )
  })

  test('compares nothing with nothing', async () => {
    expect(await checks.compare()).toEqual({ accounts: 0, differences: 0 })
    const today = civil.dateOf(clock.now())
    expect(await checks.comparisonDays(today, today)).toEqual([])
  })

  test('goes by field, both ways, and comes down to zero', async () => {
    await record('A1', 'P11', {
      area: 'T1',
      meter: '000000000001',
      ct: '1',
      customer: 'customer 1',
    })
    await record('A2', '', { area: 'T2', tariff: 'R1' })
    await record('A3', 'P13', { ct: '100/5' })
    await record('A4', 'P99', {})
    await record('A5', 'P31', {})
    await record('A6', '', { closedAt: '2020-01-01T00:00Z' })
    await record('A9', '', {})
    await checks.compare()
    expect((await found()).toSorted()).toEqual([
      'A2 differs area T1 T2',
      'A2 unset tariff  R1',
      'A3 differs ct 1 20',
      'A4 ours-only usage-point P21 ',
      'A4 theirs-only usage-point  A4',
      'A5 differs usage-point A6 A5',
      'A5 ours-only usage-point P22 ',
      'A6 differs closed false true',
      'A9 theirs-only account  A9',
    ])
    await database.db.query(`delete from marketing_record where account_no not in ('A1')`)
    for (const account of ['A2', 'A3', 'A4', 'A5']) await record(account, '', {})
    await checks.compare()
    expect(await found()).toEqual(['A6 ours-only account A6 '])
    await record('A6', 'P31', {})
    expect(await checks.compare()).toEqual({ accounts: 6, differences: 0 })
    const today = civil.dateOf(clock.now())
    expect(await checks.comparisonDays(today, today)).toEqual([
      { date: today, accounts: 6, differences: [] },
    ])
  })

  test('keeps the day on which a difference was first found, and the figures of each day', async () => {
    for (const account of ['A2', 'A3', 'A4', 'A5', 'A6']) await record(account, '', {})
    await record('A1', '', { area: 'T3' })
    const first = civil.dateOf(clock.now())
    await checks.compare()
    await clock.advance(24 * 3_600_000)
    await checks.compare()
    expect(await checks.differences({ field: 'area' }, ALL)).toMatchObject([
      { account: 'A1', foundOn: first, ours: 'T1', theirs: 'T3' },
    ])
    const days = await checks.comparisonDays(first, civil.dateOf(clock.now()))
    expect(days.map(({ differences }) => differences)).toEqual([
      [{ kind: 'differs', field: 'area', differences: 1 }],
      [{ kind: 'differs', field: 'area', differences: 1 }],
    ])
  })

  test('takes an address for the same without the zeros that spreadsheets drop', async () => {
    for (const account of ['A2', 'A3', 'A4', 'A5', 'A6']) await record(account, '', {})
    await record('A1', 'P11', { meter: '1' })
    expect(await checks.compare()).toMatchObject({ differences: 0 })
    await database.db.query(`update marketing_record set meter = '10' where account_no = 'A1'`)
    await checks.compare()
    expect(await found()).toEqual(['A1 differs meter 000000000001 10'])
  })

  test('is done once a day', async () => {
    await checks.daily()
    const { date } = await checks.score()
    expect(date).toBe(civil.dateOf(clock.now()))
    await database.db.query('update archive_score_day set failed = 0')
    await checks.daily()
    expect((await checks.score()).score).toBe('100.00')
  })

  test('is done where somebody died before it, and again for a batch that came since', async () => {
    await checks.look()
    await record('A1', '', { customer: 'customer 1' })
    await database.db.query(`update marketing_record set received_at = $1::timestamptz`, [
      timestamptz(clock.now()),
    ])
    await checks.daily()
    const today = civil.dateOf(clock.now())
    expect(await checks.comparisonDays(today, today)).toMatchObject([{ accounts: 1 }])

    await clock.advance(60_000)
    await database.db.query(
      `update marketing_record set customer = 'another', received_at = $1::timestamptz`,
      [timestamptz(clock.now())],
    )
    await clock.advance(60_000)
    await checks.daily()
    expect(await checks.differences({ field: 'customer' }, ALL)).toHaveLength(1)
  })
})

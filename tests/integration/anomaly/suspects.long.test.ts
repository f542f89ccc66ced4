import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSuspects, evidenceSheet, type Suspects } from '#src/anomaly/suspects'
import { civil, dayOf, morningAfter, openStage, type Point, type Stage } from './stage.ts'

const DAYS = 49
const THEFT = 28
const USERS = 6
const THIEF = 3

describe('suspects of an area in the database', { shuffle: false }, () => {
  let stage: Stage
  let suspects: Suspects
  const users: Point[] = []
  let node: number

  beforeAll(async () => {
    stage = await openStage()
    suspects = createSuspects({ db: stage.database.db, civil })
    const gateway = await stage.point('gate', { area: 'A1', role: 'supply' })
    for (let nth = 0; nth < USERS; nth += 1) {
      users.push(await stage.point(`user${nth}`, { area: 'A1' }))
    }
    const [row] = await stage.db.query<{ id: number }>(`select id from grid_node where code = 'A1'`)
    node = row?.id ?? 0
    // Hourly registers: each user's load differs by the hour; one shows half of it from a day on.
    await stage.db.query(
      `with hour as (
         select h, $1::timestamptz + h * interval '1 hour' as at
         from generate_series(0, $2::int * 24) h),
       load as (
         select m, h, at, (500 + (m * 7919 + h * 104729 + (h / 24) * 31 * m) % 4000) as units
         from hour cross join generate_series(0, ${USERS - 1}) m),
       shown as (
         select m, at, sum(case when m = ${THIEF} and h > ${THEFT} * 24 then units / 2 else units end)
           over (partition by m order by h) as register from load),
       head as (
         select ${USERS} as m, at, sum(sum(units) + 300) over (order by at) as register
         from load group by at)
       insert into reading_curve (measured_at, received_at, decimals, energy_import, meter_id,
         data_class, source, quality, time_source)
       select at, at, 4, register::bigint, ($3::int[])[m + 1], 2, 1, 1, 1
       from (select * from shown union all select * from head) r`,
      [
        new Date(civil.startOf(dayOf(0))).toISOString(),
        DAYS,
        [...users, gateway].map(({ meter }) => meter),
      ],
    )
    await stage.db.query(
      `insert into loss_day (supply, reverse, generation, passed, returned, sale, auxiliary,
         estimated, loss, computed_at, scope_id, starts_on, users, users_read, gateways,
         gateways_read, sources, sources_read, scope, denominator, reasons)
       select 0, 0, 0, 0, 0, 0, 0, 0, 1000000, now(), $1, $2::date + d, 6, 6, 1, 1, 0, 0, 'area',
         'net', '{}' from generate_series(0, ${DAYS - 1}) d`,
      [node, dayOf(0)],
    )
    await stage.event(users[THIEF] ?? gateway, THEFT, 'cover-open')
  })
  afterAll(() => stage.database.close())

  it('begin with the one who explains the loss', async () => {
    expect(await suspects.follow(morningAfter(DAYS - 1))).toBe(1)
    const [first, second] = await suspects.list({}, null, 10)
    expect(first).toMatchObject({ usagePoint: `user${THIEF}`, manner: 'share', node: 'A1' })
    expect(first?.since).toBe(dayOf(THEFT))
    expect(Number(first?.score)).toBeGreaterThan(60)
    expect(Number(second?.score ?? 0)).toBeLessThan(50)
    // Half of about 0.25 kWh an hour for three weeks.
    const taken = 0.125 * 24 * (DAYS - THEFT)
    expect(Math.abs(Number(first?.energy) / 1e6 / taken - 1)).toBeLessThan(0.1)
  })

  it('are an anomaly, and not looked at again the same day', async () => {
    expect(await suspects.follow(morningAfter(DAYS - 1))).toBe(0)
    const raised = await stage.anomalies.list({ code: 'theft-suspect' }, null, 10)
    expect(raised.map(({ usagePoint }) => usagePoint)).toEqual([`user${THIEF}`])
  })

  it('have a pack that a case can stand on, and a page to print', async () => {
    const pack = await suspects.pack(users[THIEF]?.point ?? 0)
    if (pack === undefined) throw new Error('no pack')
    expect(pack.archive).toMatchObject({ usagePoint: `user${THIEF}`, area: 'A1', account: 'user3' })
    expect(pack.days.length).toBe(DAYS)
    expect(pack.hours.length).toBe(24)
    const mean = (of: 'before' | 'since') =>
      pack.hours.reduce((sum, one) => sum + Number(one[of]), 0) / 24
    expect(mean('since') / mean('before')).toBeCloseTo(0.5, 1)
    expect(pack.events.map(({ code }) => code)).toEqual(['cover-open'])
    const sheet = evidenceSheet(pack, civil)
    expect(sheet).toContain('Not billed')
    expect(sheet).not.toContain('undefined')
    expect(await suspects.pack(999_999)).toBeUndefined()
  })
})

import readSheet from 'read-excel-file/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSuspects, evidenceSheet, evidenceTable, type Suspects } from '#src/anomaly/suspects'
import { sheetFile } from '#src/sheets'
import { civil, dayOf, morningAfter, openStage, type Point, type Stage } from './stage.ts'

const DAYS = 49
/** Days after those, in which the thief pays again. */
const AFTER = 78
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
         select m, at, sum(case when m = ${THIEF} and h > ${THEFT} * 24 and h <= ${DAYS} * 24 then units / 2 else units end)
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
        DAYS + AFTER,
        [...users, gateway].map(({ meter }) => meter),
      ],
    )
    await stage.db.query(
      `insert into loss_day (supply, reverse, generation, passed, returned, sale, auxiliary,
         estimated, loss, computed_at, scope_id, starts_on, users, users_read, gateways,
         gateways_read, sources, sources_read, scope, denominator, reasons)
       select 0, 0, 0, 0, 0, 0, 0, 0, 1000000, now(), $1, $2::date + d, 6, 6, 1, 1, 0, 0, 'area',
         'net', '{}' from generate_series(0, ${DAYS + AFTER - 1}) d`,
      [node, dayOf(0)],
    )
    await usedByRegisters()
    await stage.event(users[THIEF] ?? gateway, THEFT, 'cover-open')
  })
  afterAll(() => stage.database.close())

  /** Days of energy as the registers at their ends say. */
  async function usedByRegisters(): Promise<void> {
    await stage.db.query(
      `insert into usage_day (energy, estimated, computed_at, usage_point_id, business_date,
         quality, meters, register)
       select 100 * (e.energy_import - c.energy_import), 0, now(), i.usage_point_id,
         (c.measured_at at time zone 'Asia/Shanghai')::date, 1, 1, '1.8.0'
       from reading_curve c join installation i on i.meter_id = c.meter_id
       join reading_curve e on e.meter_id = c.meter_id
         and e.measured_at = c.measured_at + interval '1 day'
       where (c.measured_at at time zone 'Asia/Shanghai')::time = '00:00'`,
    )
  }

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

  it('have a pack whose every number is that of the readings, in each of its forms', async () => {
    const thief = users[THIEF]
    const pack = await suspects.pack(thief?.point ?? 0)
    if (pack === undefined) throw new Error('no pack')
    // By hand: what the meter showed at each midnight, in 10^-4 kWh.
    const shown = await stage.db.query<{ at: string; units: number }>(
      `select to_char(measured_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD') as at,
         energy_import::int as units from reading_curve
       where meter_id = $1 and measured_at >= $2::timestamptz and measured_at <= $3::timestamptz
         and (measured_at at time zone 'Asia/Shanghai')::time = '00:00' order by measured_at`,
      [thief?.meter, ...[0, DAYS].map((nth) => new Date(civil.startOf(dayOf(nth))).toISOString())],
    )
    expect(shown).toHaveLength(DAYS + 1)
    expect(pack.registers.map(({ at, value }) => [civil.dateOf(at), value])).toEqual(
      shown.map(({ at, units }) => [at, (units / 10_000).toFixed(4)]),
    )
    const used = shown.slice(1).map(({ units }, nth) => 100 * (units - (shown[nth]?.units ?? 0)))
    expect(pack.days.map(({ energy }) => Number(energy))).toEqual(used)
    const mean = (some: readonly number[]) =>
      BigInt(Math.floor(some.reduce((sum, one) => sum + one, 0) / some.length))
    expect(pack.means.energy).toEqual({
      before: mean(used.slice(0, THEFT)),
      since: mean(used.slice(THEFT)),
    })
    const explained = pack.days.map((one) => Number(one.explained))
    expect(Math.abs(explained.reduce((sum, one) => sum + one, 0) - Number(pack.suspect.energy)))
      // Each day is kept with four decimals.
      .toBeLessThan(DAYS * 100)
    expect(pack.means.areaLoss).toEqual({ before: 1_000_000n, since: 1_000_000n })
    expect(pack.means.areaLossWithout).toEqual({
      before: 1_000_000n,
      since: BigInt(
        ((10 ** 6 * (DAYS - THEFT) - explained.reduce((sum, one) => sum + one, 0)) /
          (DAYS - THEFT)) |
          0,
      ),
    })
    const worth = (energy: bigint) => (Number(energy) / 1e6) * 0.56
    expect(pack.money.price).toBe('0.56')
    expect(Number(pack.money.worth)).toBeCloseTo(worth(pack.suspect.energy), 1)
    expect(Number(pack.money.worthLow)).toBeCloseTo(worth(pack.suspect.energyLow), 1)
    expect(Number(pack.money.worthHigh)).toBeCloseTo(worth(pack.suspect.energyHigh), 1)
    expect(pack.anomalies).toMatchObject([
      { code: 'theft-suspect', version: 1, state: 'open', evidence: { since: dayOf(THEFT) } },
    ])
    expect(pack.peers.map(({ usagePoint }) => usagePoint).toSorted()).toEqual(
      users.map((_, nth) => `user${nth}`),
    )
    const self = pack.peers.find(({ isSuspect }) => isSuspect)
    expect([self?.usagePoint, Number(self?.change) < 0.6]).toEqual([`user${THIEF}`, true])

    const table = evidenceTable(pack, civil)
    const csv = new TextDecoder().decode(await sheetFile(table, 'csv'))
    const [book] = await readSheet(Buffer.from(await sheetFile(table, 'xlsx')))
    const cells = (book?.data ?? []).map((row) =>
      row.map((one) => (one === null ? '' : String(one))),
    )
    expect(cells.slice(1)).toEqual(table.rows)
    expect(csv.trimEnd().split('\r\n')).toHaveLength(1 + table.rows.length)
    const valuesOf = (part: string, what: string) =>
      cells.filter((row) => row[0] === part && row[1] === what).map((row) => row[4])
    expect(valuesOf('day', 'metered here')).toEqual(
      used.map((micro) => (Math.floor(micro / 10_000) / 100).toFixed(2)),
    )
    expect(valuesOf('register', '1.8.0 of 000000000005')).toEqual(
      shown.map(({ units }) => (units / 10_000).toFixed(4)),
    )
    expect(valuesOf('money', 'price')).toEqual(['0.56'])
    expect(valuesOf('event', 'cover-open')).toHaveLength(1)
    expect(valuesOf('anomaly', 'theft-suspect, version 1 (open)')).toHaveLength(1)
    for (const [part, what] of [
      ['mean', 'lost in the area before'],
      ['mean', 'lost without the suspect since'],
      ['archive', 'account user3'],
      ['peer', 'user0 since'],
    ] as const) {
      expect([what, valuesOf(part, what).length]).toEqual([what, 1])
    }
  })

  it('are cleared once the loss no longer holds what they took', async () => {
    const states = async () =>
      (
        await stage.anomalies.list({ code: 'theft-suspect', states: ['open', 'cleared'] }, null, 10)
      ).map(({ usagePoint, state }) => [usagePoint, state])
    expect(await states()).toEqual([[`user${THIEF}`, 'open']])
    // By then only days of after the theft are looked at.
    for (let nth = DAYS + 50; nth < DAYS + AFTER; nth += 3) {
      expect(await suspects.follow(morningAfter(nth))).toBe(1)
    }
    expect(await states()).toEqual([[`user${THIEF}`, 'cleared']])
  }, 180_000)
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BusinessDate, civilTime, instant, parseBusinessDate } from '#src/core'
import { createForecastFollower, createForecasts, createThinker } from '#src/forecast'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { makeNetwork } from '../statistics/network.ts'

const civil = civilTime('Europe/Berlin')
const thinker = createThinker()
/** The clocks are set back on 25 October 2026. */
const FIRST = date('2026-08-24')
const DAYS = 64

let database: TestDatabase

function date(text: string): BusinessDate {
  const parsed = parseBusinessDate(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

/** In 10^-6 kWh a quarter: a week's shape, and a level that creeps up. */
const energyOf = (day: number, hour: number) =>
  BigInt((day % 7 > 4 ? 1_000 : 3_000) + 100 * hour + 10 * day) * 1_000n

/** The curve of one cell, as statistics leave it behind. */
async function write(day: number, change = 0n) {
  const { db } = database
  const of = civil.addDays(FIRST, day)
  const [start, end] = [civil.startOf(of), civil.startOf(civil.addDays(of, 1))]
  const quarters = Array.from(
    { length: (end - start) / 900_000 },
    (_, index) => energyOf(day, civil.toWall(instant(start + index * 900_000)).hour) + change,
  )
  await db.query(
    `insert into load_cell_day (peaks, business_date, cell_id, energy, points)
     values (0, $1::date, 1, $2::bigint[], $3::int[])
     on conflict (business_date, cell_id) do update set energy = excluded.energy`,
    [of, quarters, quarters.map(() => 2)],
  )
  await db.query(
    `insert into usage_change (usage_point_id, business_date, changed_at)
     values (1, $1::date, now())`,
    [of],
  )
}

const clockAt = (day: number) =>
  new ManualClock(civil.startOf(civil.addDays(FIRST, day)) + 6 * 3_600_000)
const follow = (day: number) =>
  createForecastFollower(database.db, { civil, clock: clockAt(day), thinker }).follow()
const forecasts = (day: number) => createForecasts(database.db, civil, clockAt(day))

beforeAll(async () => {
  database = await migratedDatabase()
  await makeNetwork(database.db)
  await database.db.query(
    `insert into statistics_cell (node_id, role, tariff, trade, customer_class)
     select id, 'receive', '', '', 'residential' from grid_node where code = 'A1'`,
  )
  for (let day = 0; day < DAYS; day += 1) await write(day)
})
afterAll(async () => {
  await thinker.close()
  await database.close()
})

describe('forecasts of load', { shuffle: false }, () => {
  it('are made for tomorrow from what is known through yesterday, for all above an area', async () => {
    expect(await follow(DAYS)).toBe(4)
    expect(await follow(DAYS)).toBe(0)
    const tomorrow = civil.addDays(FIRST, DAYS + 1)
    for (const [kind, name] of [
      ['area', 'A1'],
      ['feeder', 'F1'],
      ['region', 'R'],
      ['all', 'all'],
    ] as const) {
      const found = await forecasts(DAYS).day(kind, name, tomorrow)
      expect(found?.hours).toHaveLength(24)
      for (const [hour, { watts, low, high, actual }] of (found?.hours ?? []).entries()) {
        // Four quarters of 10^-6 kWh are as many 10^-6 kW.
        const truth = (energyOf(DAYS + 1, hour) * 4n) / 1_000n
        const off = watts > truth ? watts - truth : truth - watts
        expect(Number(off)).toBeLessThan(Number(truth) / 20)
        expect(low <= high).toBe(true)
        expect(actual).toBeNull()
      }
    }
    expect(await forecasts(DAYS).day('area', 'A2', tomorrow)).toBeNull()
    expect(await forecasts(DAYS).day('area', 'nowhere', tomorrow)).toBeUndefined()
  })

  it('have the 25 hours of the day on which clocks are set back', async () => {
    const long = date('2026-10-25')
    const [row] = await database.db.query<{ hours: (bigint | null)[] }>(
      `select hours from forecast_series where kind = 'all' and business_date = '2026-10-25'`,
    )
    const day = Math.round((civil.startOf(long) - civil.startOf(FIRST)) / 86_400_000)
    expect(row?.hours[2]).toBe((energyOf(day, 2) * 4n) / 1_000n)
    await database.db.query(
      `update forecast_day set business_date = '2026-10-25' where kind = 'region'`,
    )
    const found = await forecasts(DAYS).day('region', 'R', long)
    expect(found?.hours).toHaveLength(25)
    expect(found?.hours[2]?.watts).toBe(found?.hours[3]?.watts)
  })

  it('are scored beside the naive one when the day is known, again when it changes', async () => {
    await write(DAYS)
    await write(DAYS + 1, 50_000n)
    await follow(DAYS + 2)
    const { items } = await forecasts(DAYS + 2).scores('area', { offset: 0, limit: 10 })
    expect(items).toMatchObject([{ kind: 'area', name: 'A1', error: { days: 1 } }])
    const before = items[0]?.error.share ?? 0
    await write(DAYS + 1, 5_000_000n)
    await follow(DAYS + 2)
    const again = await forecasts(DAYS + 2).scores('area', { offset: 0, limit: 10 })
    expect(again.items[0]?.error.share).toBeGreaterThan(before)
    const found = await forecasts(DAYS + 2).day('area', 'A1', civil.addDays(FIRST, DAYS + 1))
    expect(found?.hours[5]?.actual).toBe(((energyOf(DAYS + 1, 5) + 5_000_000n) * 4n) / 1_000n)
  })

  it('that lost to the naive one of late are shown as the naive one', async () => {
    await database.db.query(
      `insert into forecast_score (load, error, best_error, naive_error, business_date, hours, kind, key)
       select 1000000000, 50000000, 50000000, 40000000, $1::date - n, 24, 'all', 'all' from generate_series(0, 9) n
       on conflict do nothing`,
      [civil.addDays(FIRST, DAYS - 1)],
    )
    await write(DAYS + 2)
    await follow(DAYS + 3)
    const found = await forecasts(DAYS + 3).day('all', 'all', civil.addDays(FIRST, DAYS + 4))
    expect(found).toMatchObject({ method: 'naive' })
    expect(found?.bestMethod).not.toBe('naive')
    expect(found?.hours.map(({ watts }) => watts)).toEqual(found?.hours.map(({ naive }) => naive))
  })

  it('take holidays and temperatures that people enter, and refuse regions nobody knows', async () => {
    const api = forecasts(DAYS)
    const holiday = date('2026-12-25')
    await api.setCalendar([{ date: holiday, kind: 'holiday', name: 'Weihnachten' }], async () => {})
    expect(await api.calendar(holiday, holiday)).toEqual([
      { date: holiday, kind: 'holiday', name: 'Weihnachten' },
    ])
    const row = { date: holiday, region: 'R', celsius: '-3.5', isExpected: true }
    expect(await api.setTemperatures([row], async () => {})).toEqual([])
    expect(await api.setTemperatures([{ ...row, region: 'X' }], async () => {})).toEqual(['X'])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSuspects } from '#src/anomaly/suspects'
import { civil, dayOf, morningAfter, openStage, type Point, type Stage } from './stage.ts'

const steady = (days: number) => Array.from({ length: days }, (_, nth) => 10 + ((nth * 7) % 5) / 10)

describe('what is kept of days, and what it is worth', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.database.close())

  const daysOf = async ({ point }: Point, code: string) =>
    (
      await stage.db.query<{ date: string }>(
        `select business_date as date from anomaly_day
         where usage_point_id = $1 and code = $2 order by 1`,
        [point, code],
      )
    ).map(({ date }) => date)

  it('forgets days of what was never raised, and keeps those of what is', async () => {
    const [once, raised] = [await stage.point('once'), await stage.point('raised')]
    for (const one of [once, raised]) await stage.used(one, 0, steady(20), { isOld: true })
    await stage.used(once, 20, [0, 0, 9])
    await stage.used(raised, 20, [0, 0, 0])
    await stage.follow(22)
    expect(await daysOf(once, 'zero-use')).toHaveLength(2)
    // Half a year is not yet long enough.
    await stage.anomalies.forget(morningAfter(22 + 180))
    expect(await daysOf(once, 'zero-use')).toHaveLength(2)
    expect(await stage.anomalies.forget(morningAfter(22 + 200))).toBeGreaterThan(0)
    expect(await daysOf(once, 'zero-use')).toEqual([])
    expect(await daysOf(raised, 'zero-use')).toEqual([20, 21, 22].map(dayOf))
    const [found] = await stage.anomalies.list(
      { usagePointId: raised.point, code: 'zero-use' },
      null,
      1,
    )
    expect(found?.days).toBe(3)
  })

  it('is worth what its tariff says, else its class, else all', async () => {
    const one = await stage.point('worth')
    await stage.used(one, 0, steady(20), { isOld: true })
    await stage.used(one, 20, [0, 0, 0])
    await stage.follow(22)
    const worth = async () => {
      const [found] = await stage.anomalies.list(
        { usagePointId: one.point, code: 'zero-use' },
        null,
        1,
      )
      return Number(found?.worth) / (Number(found?.energy) / 1e6)
    }
    const price = (tariff: string, customerClass: string | null, value: string, nth: number) =>
      stage.anomalies.setPrice(
        { tariff, customerClass, validFrom: dayOf(nth), price: value },
        'me',
        morningAfter(22),
        async () => {},
      )
    expect(await worth()).toBeCloseTo(0.56, 3)
    await price('', 'residential', '0.7', 10)
    await price('', 'residential', '0.9', 23)
    await price('', 'industrial', '5', 0)
    expect(await worth()).toBeCloseTo(0.7, 3)
    await stage.db.query(
      `update contract c set tariff = 't' from account a where a.id = c.account_id and a.no = 'worth'`,
    )
    await price('t', null, '1.25', 0)
    expect(await worth()).toBeCloseTo(1.25, 3)
    expect((await stage.anomalies.prices()).length).toBe(5)
  })

  it('looks at areas by loss, by its rise and by how long they wait, until all had their turn', async () => {
    await stage.db.query(
      `with n as (insert into grid_node (kind, code) select 'area', 'L' || i
         from generate_series(1, 450) i returning id, substr(code, 2)::int as i)
       insert into loss_day (supply, reverse, generation, passed, returned, sale, auxiliary,
         estimated, loss, computed_at, scope_id, starts_on, users, users_read, gateways,
         gateways_read, sources, sources_read, scope, denominator, reasons)
       select 0, 0, 0, 0, 0, 0, 0, 0,
         -- The first lose most; the last began to lose lately.
         case when i > 440 and d > 42 then 500 - i / 2 else 450 - i end * 1000, now(), id,
         $1::date + d, 6, 6, 1, 1, 0, 0, 'area', 'net', '{}'
       from n cross join generate_series(0, 48) d`,
      [dayOf(0)],
    )
    const suspects = createSuspects({ db: stage.database.db, civil })
    const looked = async () =>
      (
        await stage.db.query<{ code: string }>(
          `select n.code from theft_area a join grid_node n on n.id = a.node_id`,
        )
      ).map(({ code }) => Number(code.slice(1)))
    await suspects.follow(morningAfter(48))
    const first = await looked()
    expect(first).toHaveLength(200)
    expect(first).toEqual(expect.arrayContaining([1, 2, 3, 450, 445]))
    await suspects.follow(morningAfter(48))
    await suspects.follow(morningAfter(48))
    expect((await looked()).length).toBe(450)
    expect(await suspects.follow(morningAfter(48))).toBe(0)
  })
})

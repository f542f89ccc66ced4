import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, type Point, type Stage } from './stage.ts'

/** A quarter of an hour with so many kWh and kvarh, after one that only begins. */
const quarter = (kWh: number, kvarh?: number) => [
  { energy: 100, ...(kvarh === undefined ? {} : { reactive: 50 }) },
  { energy: 100 + kWh, ...(kvarh === undefined ? {} : { reactive: 50 + kvarh }) },
]

describe('what is rated in kVA is held against apparent power', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.database.close())

  /** A gateway under a transformer of 100 kVA. */
  async function gateway(code: string): Promise<Point> {
    const point = await stage.point(code, { area: code, role: 'supply' })
    await stage.db.query(
      `insert into power_transformer (node_id, code, rated_kva, no_load_loss_w, load_loss_w,
         no_load_current_percent, short_circuit_percent, valid_from)
       select id, code, 100, 0, 0, 0, 4, '2020-01-01T00:00Z' from grid_node where code = $1`,
      [code],
    )
    return point
  }

  const found = async ({ point }: Point, code: string) => {
    const [one] = await stage.anomalies.list({ usagePointId: point, code }, null, 1)
    return one?.evidence
  }

  it('by the reactive energy of the quarter in which the transformer carried most', async () => {
    const [over, near] = [await gateway('over'), await gateway('near')]
    // 100 kW are no overload; with 70 kvar they are 122 kVA, with 60 kvar 117 kVA.
    await stage.curve(over, 0, 12, quarter(25, 17.5))
    await stage.curve(near, 0, 12, quarter(25, 15))
    for (const one of [over, near]) await stage.used(one, 0, 500)
    await stage.follow(0)
    expect(await found(over, 'transformer-overload')).toMatchObject({
      ratingPeak: 1.2207,
      ratingKva: 122.0656,
      ratingKw: 100,
      ratingMeasured: 1,
      units: { ratingKva: 'kVA', ratingKw: 'kW' },
    })
    expect(await found(near, 'transformer-overload')).toBeUndefined()
  })

  it('by a power factor of 0.9 where nobody measures it', async () => {
    const [over, near] = [await gateway('over 0.9'), await gateway('near 0.9')]
    await stage.curve(over, 0, 12, quarter(27.1))
    await stage.curve(near, 0, 12, quarter(26.9))
    for (const one of [over, near]) await stage.used(one, 0, 500)
    await stage.follow(0)
    expect(await found(over, 'transformer-overload')).toMatchObject({
      ratingPeak: 1.2044,
      ratingKw: 108.4,
      ratingMeasured: 0,
    })
    expect(await found(near, 'transformer-overload')).toBeUndefined()
  })

  it('of a contract, by the power factor of the day', async () => {
    const [over, near] = [
      await stage.point('contract', { capacity: 10 }),
      await stage.point('contract near', { capacity: 10 }),
    ]
    for (const [one, kvarh] of [
      [over, 75],
      [near, 48],
    ] as const) {
      await stage.used(one, 0, 100, { peak: 8_500 })
      await stage.db.query(
        `insert into usage_day (energy, estimated, computed_at, usage_point_id, business_date,
           quality, meters, register)
         select $2::int * 1000000::bigint, 0, computed_at, usage_point_id, business_date, 1, 1, '3.8.0'
         from usage_day where usage_point_id = $1 and register = '1.8.0'`,
        [one.point, kvarh],
      )
    }
    await stage.follow(0)
    // 8.5 kW at 0.8 are 10.6 kVA, at 0.9015 9.4 kVA.
    expect(await found(over, 'demand-over-contract')).toMatchObject({
      contractPeak: 1.0625,
      contractKw: 8.5,
      contractFactor: 0.8,
      contractMeasured: 1,
    })
    expect(await found(near, 'demand-over-contract')).toBeUndefined()
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { august, freeze, type NewPoint, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** The first of August with so much use after such days. */
async function dayOf(kWh: number, days: readonly number[], given: NewPoint = {}): Promise<Point> {
  const point = await world.newPoint(given)
  await world.history(point, days)
  await use(point, kWh)
  return point
}

async function use(point: Point, kWh: number): Promise<void> {
  await world.readings.store([
    freeze(point, august(1), 100_000),
    freeze(point, august(2), 100_000 + Math.round(kWh * 100)),
  ])
}

const judged = async (point: Point) => {
  await world.judge(point, 1)
  return (await world.codes(point)).filter((code) => code !== 'dynamic')
}

// The median is 10, days usually lie 1 from it; eight times 1.4826 is 11.86.
const days = [9, 10, 11, 9, 10, 11, 9, 10, 11, 9, 10, 11]

describe('high', () => {
  it('is what is four times the usual and far outside of it', async () => {
    expect(await judged(await dayOf(40.01, days))).toEqual(['high'])
  })

  it('is not what is four times', async () => {
    expect(await judged(await dayOf(40, days))).toEqual([])
  })

  it('is not what lies where days lie', async () => {
    expect(await judged(await dayOf(50, [2, 20, 2, 30, 2, 25, 10, 28, 5, 10, 30, 9]))).toEqual([])
  })

  it('is not known of a point without a history', async () => {
    expect(await judged(await dayOf(90, days.slice(0, 9)))).toEqual([])
  })

  it('is in primary energy', async () => {
    const point = await dayOf(
      41,
      days.map((day) => day * 100),
      { ratio: 100 },
    )
    expect(await judged(point)).toEqual(['high'])
    expect((await world.found(point))[0]).toMatchObject({
      evidence: { value: '4100', usual: '1000', days: 12 },
      stake: 3_100_000_000n,
    })
  })
})

describe('low', () => {
  const many = days.map((day) => day * 10)

  it('is what is an eighth of the usual', async () => {
    expect(await judged(await dayOf(12.4, many, { ratio: 1 }))).toEqual([])
    const steady = Array.from({ length: 12 }, () => 100)
    expect(await judged(await dayOf(12.49, steady))).toEqual(['low'])
    expect(await judged(await dayOf(12.5, steady))).toEqual([])
  })
})

describe('zero', () => {
  it('is told where somebody lives', async () => {
    expect(await judged(await dayOf(0, days))).toEqual(['zero'])
  })

  it('is as it should be where nobody lives, or nobody used anything before', async () => {
    expect(await judged(await dayOf(0, days, { vacant: true, from: august(1) }))).toEqual(['zero'])
    expect(
      await judged(
        await dayOf(
          0,
          days.map(() => 0),
        ),
      ),
    ).toEqual([])
    expect(
      await judged(
        await dayOf(
          0.01,
          days.map(() => 1),
        ),
      ),
    ).toEqual([])
  })
})

describe('energy where nobody has an account', () => {
  it('is told', async () => {
    const point = await world.newPoint({ vacant: true })
    await world.readings.store([freeze(point, august(3), 1_000), freeze(point, august(4), 1_101)])
    await world.judge(point, 3)
    expect(await world.codes(point)).toEqual(['inactive'])
  })

  it('is not told of a kWh, nor where an account is', async () => {
    const point = await world.newPoint({ vacant: true })
    await world.readings.store([freeze(point, august(3), 1_000), freeze(point, august(4), 1_100)])
    await world.judge(point, 3)
    expect(await world.codes(point)).toEqual([])
    expect(await judged(await dayOf(90, []))).toEqual([])
  })
})

describe('a ratio', () => {
  // 100 kVA can take 2400 kWh a day, and a tenth more for a while.
  const given = { capacity: 100, ratio: 20, wiring: '3p4w', trade: 'mill' } as const

  it('is doubted where the capacity could not take as much', async () => {
    expect(await judged(await dayOf(132.01, [], given))).toEqual(['multiplier'])
    expect(await judged(await dayOf(132, [], given))).toEqual([])
  })

  it('is doubted where others of the trade use eight times as much of theirs', async () => {
    for (let nth = 0; nth < 5; nth += 1) {
      await world.history(await world.newPoint({ ...given, trade: 'peer' }), [800])
    }
    const peer = { ...given, trade: 'peer' }
    expect(await judged(await dayOf(4.99, [], peer))).toEqual(['multiplier'])
    expect(await judged(await dayOf(5, [], peer))).toEqual([])
  })

  it('of a meter without transformers is not doubted', async () => {
    const high = { ...given, ratio: 1, capacity: 1 } as const
    expect(await judged(await dayOf(200, [], high))).toEqual([])
  })
})

describe('dynamic comparison', () => {
  const area = async (name: string, change: number) => {
    for (let nth = 0; nth < 5; nth += 1) {
      const neighbour = await world.newPoint({ area: name })
      await world.history(neighbour, days)
      await world.db.query(
        `insert into usage_day (energy, computed_at, usage_point_id, business_date, quality, meters, register)
         values ($2::bigint, now(), $1::int, '2026-08-01', 1, 1, '1.8.0')`,
        [neighbour.usagePointId, change * 10_000_000],
      )
    }
    return { area: name }
  }

  it('tells what changed by itself', async () => {
    const point = await dayOf(51, days, await area('calm', 1))
    await world.judge(point, 1)
    expect(await world.codes(point)).toContain('dynamic')
  })

  it('does not tell what changed for all of the area', async () => {
    const point = await dayOf(51, days, await area('hot', 4))
    await world.judge(point, 1)
    expect(await world.codes(point)).not.toContain('dynamic')
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hours } from '#src/core'
import { august, freeze, openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

type Meter = Parameters<typeof freeze>[0]

/** Freezes of 1.8.0 at the midnights from the 1st on, in hundredths of a kWh. */
const store = async (point: Meter, digits: readonly number[]) => {
  await world.readings.store(digits.map((value, index) => freeze(point, august(1 + index), value)))
}

const judgeFour = (point: Meter) => world.judge(point, 1, 2, 3, 4)
const codes = async (point: Meter) =>
  (await world.codes(point)).filter((code) => !['missing', 'consecutive'].includes(code))

const verdicts = (meterId: number) =>
  world.db.query(
    `select measured_at, verdict, rule from register_verdict where meter_id = $1::int
     order by measured_at`,
    [meterId],
  )

describe('a spike', () => {
  it('is rejected, and what follows it is not called a fall', async () => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100, 9_000, 1_300, 1_400])
    await judgeFour(point)
    await world.run()
    expect(await codes(point)).toEqual(['spike'])
    expect(await verdicts(point.meterId)).toEqual([
      { measured_at: august(3), verdict: 'rejected', rule: 'spike' },
    ])
  })

  it('is found days later, once what follows shows that it was one', async () => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100, 9_000])
    await world.judge(point, 1, 2)
    expect(await codes(point)).toEqual([])
    await world.readings.store([freeze(point, august(4), 1_300)])
    await world.judge(point, 3)
    expect(await codes(point)).toEqual(['negative'])
    await world.readings.store([freeze(point, august(5), 1_400)])
    await world.judge(point, 4)
    await world.run()
    expect(await codes(point)).toEqual(['spike'])
    expect(await verdicts(point.meterId)).toMatchObject([{ measured_at: august(3) }])
  })

  it('is also a zero between values that go on', async () => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100, 0, 1_300, 1_400])
    await judgeFour(point)
    await world.run()
    expect(await codes(point)).toEqual(['spike'])
  })

  it('is none where the register only grows', async () => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100, 1_299, 1_300, 1_400])
    await judgeFour(point)
    expect(await codes(point)).toEqual([])
    expect(await verdicts(point.meterId)).toEqual([])
  })
})

describe('a register that falls and stays', () => {
  it('is doubted and still counts', async () => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100, 100, 200, 300])
    await judgeFour(point)
    expect(await codes(point)).toEqual(['negative'])
    expect(await verdicts(point.meterId)).toEqual([
      { measured_at: august(3), verdict: 'suspect', rule: 'negative' },
    ])
  })

  it('is none where it passes its last digit', async () => {
    const point = await world.newPoint({ digits: 6 })
    await store(point, [99_999_000, 99_999_900, 1_000, 2_000, 3_000])
    await judgeFour(point)
    expect(await codes(point)).toEqual([])
  })
})

describe('what cannot flow', () => {
  // 1.2 × 220 V × 60 A × 24 h = 380.16 kWh, and 0.02 kWh for the last digit.
  it('is doubted', async () => {
    const point = await world.newPoint({ current: 60 })
    await store(point, [1_000, 1_000 + 38_019, 39_100])
    await world.judge(point, 1, 2)
    expect(await codes(point)).toEqual(['physical'])
  })

  it('begins above what the wires carry', async () => {
    const point = await world.newPoint({ current: 60 })
    await store(point, [1_000, 1_000 + 38_018, 39_100])
    await world.judge(point, 1, 2)
    expect(await codes(point)).toEqual([])
  })

  it('is more on three phases', async () => {
    const point = await world.newPoint({ current: 60, wiring: '3p4w' })
    await store(point, [1_000, 1_000 + 3 * 38_016 + 2, 115_100])
    await world.judge(point, 1, 2)
    expect(await codes(point)).toEqual([])
  })
})

describe('a value that came again', () => {
  it('and is another one is told', async () => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100, 1_200])
    await world.readings.store([freeze(point, august(2), 1_102)])
    await world.judge(point, 1)
    expect(await codes(point)).toEqual(['duplicate'])
  })

  it('and differs by the last digit is not', async () => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100, 1_200])
    await world.readings.store([freeze(point, august(2), 1_101)])
    await world.judge(point, 1)
    expect(await codes(point)).toEqual([])
  })
})

describe('rates', () => {
  const rates = async (sum: number) => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100])
    const parts = [300, 300, 300, sum - 900]
    const registers = ['1.8.1', '1.8.2', '1.8.3', '1.8.4'] as const
    await world.readings.store(
      registers.map((item, index) => freeze(point, august(2), parts[index] ?? 0, { item })),
    )
    await world.judge(point, 1)
    return await codes(point)
  }

  it('that do not add up to their total are told', async () => {
    expect(await rates(1_106)).toEqual(['rate-sum'])
  })

  it('may differ by what is cut from each', async () => {
    expect(await rates(1_105)).toEqual([])
  })
})

describe('the freeze and the curve of one moment', () => {
  const both = async (curve: number) => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100])
    await world.readings.store([freeze(point, august(2), curve, { dataClass: 'interval' })])
    await world.judge(point, 1)
    return await codes(point)
  }

  it('are told where they differ', async () => {
    expect(await both(1_103)).toEqual(['register-curve'])
  })

  it('may differ by two in the last digit', async () => {
    expect(await both(1_102)).toEqual([])
  })
})

describe('the energy under the power curve', () => {
  const day = async (watts: number) => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_000 + 2_400])
    await world.readings.store(
      Array.from({ length: 96 }, (_, index) =>
        freeze(point, august(1, 0, 15 * (index + 1)), watts, {
          item: '16.7.0',
          dataClass: 'interval',
          value: { kind: 'number', digits: watts, scale: 3 },
        }),
      ),
    )
    await world.judge(point, 1)
    return await codes(point)
  }

  it('is told where it is another than the register says', async () => {
    expect(await day(880)).toEqual(['register-curve'])
  })

  it('may differ by a tenth', async () => {
    expect(await day(910)).toEqual([])
  })
})

describe('the form of values', () => {
  const curveOf = (point: Meter, minutes: readonly number[], overrides = {}) =>
    minutes.map((minute, index) =>
      freeze(point, august(1, 0, minute), 1_000 + index, { dataClass: 'interval', ...overrides }),
    )
  const quarters = Array.from({ length: 97 }, (_, index) => index * 15)

  it('tells values that were taken by a clock that was off', async () => {
    const point = await world.newPoint()
    await store(point, [1_000])
    await world.readings.store([freeze(point, august(2), 1_100, { quality: 'clock-doubtful' })])
    await world.judge(point, 1)
    expect(await codes(point)).toEqual(['clock'])
  })

  it('tells a curve of a step that no meter has', async () => {
    const point = await world.newPoint()
    await world.readings.store(
      curveOf(
        point,
        quarters.map((one) => Math.trunc((one * 7) / 15)),
      ),
    )
    await world.judge(point, 1)
    expect(await codes(point)).toContain('interval-size')
  })

  it('takes quarters of an hour as they are', async () => {
    const point = await world.newPoint()
    await world.readings.store(curveOf(point, quarters))
    await world.judge(point, 1)
    expect(await codes(point)).toEqual([])
  })

  it('tells points off the curve once they are more than a tenth', async () => {
    const off = (count: number) =>
      quarters.map((one, index) => (index % 9 === 4 && index / 9 < count ? one + 3 : one))
    const few = await world.newPoint()
    await world.readings.store(curveOf(few, off(4)))
    await world.judge(few, 1)
    expect(await codes(few)).toEqual([])
    const many = await world.newPoint()
    await world.readings.store(curveOf(many, off(10)))
    await world.judge(many, 1)
    expect(await codes(many)).toEqual(['interval-size'])
  })

  it('tells a register that has other decimals than before', async () => {
    const point = await world.newPoint()
    await store(point, [1_000, 1_100])
    await world.readings.store([
      freeze(point, august(3), 12, { value: { kind: 'number', digits: 12, scale: 0 } }),
    ])
    await world.judge(point, 1, 2)
    expect(await world.found(point)).toMatchObject([
      { code: 'unit', measured_at: august(3), evidence: { value: 0, before: 2 } },
    ])
  })
})

it('judges days again without changing anything', async () => {
  const point = await world.newPoint()
  const digits = [1_000, 1_100, 9_000, 1_300, 1_400, 1_350]
  await world.readings.store(digits.map((value, index) => freeze(point, august(15 + index), value)))
  // What changes is judged again, until nothing does.
  await world.judge(point, 15, 16, 17, 18, 19)
  for (let nth = 0; nth < 10 && (await world.run()).days > 0; nth += 1);
  const before = await world.db.query(`select * from validation_finding order by id`)
  const words = await world.db.query<{ meter_id: number }>(
    `select * from register_verdict order by 1, 2, 3`,
  )
  const values = await world.db.query(`select * from register_value order by id`)
  expect(words.filter(({ meter_id }) => meter_id === point.meterId)).toHaveLength(2)
  await world.clock.advance(hours(1))
  const again = await world.judge(point, 15, 16, 17, 18, 19)
  expect(again).toMatchObject({ found: 0, settled: 0, estimated: 0 })
  expect(await world.db.query(`select * from validation_finding order by id`)).toEqual(before)
  expect(await world.db.query(`select * from register_verdict order by 1, 2, 3`)).toEqual(words)
  expect(await world.db.query(`select * from register_value order by id`)).toEqual(values)
})

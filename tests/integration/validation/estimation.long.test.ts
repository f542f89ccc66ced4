import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hours, type Instant } from '#src/core'
import { august, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

let point: Point
beforeEach(async () => {
  point = await world.newPoint()
})

const freezes = (digits: Readonly<Record<number, number>>) =>
  world.readings.store(
    Object.entries(digits).map(([day, value]) => freeze(point, august(Number(day)), value)),
  )

interface ValueRow {
  readonly at: Instant
  readonly digits: bigint
  readonly method: string
}

const values = (state = 'in-force') =>
  world.db.query<ValueRow>(
    `select measured_at as at, digits, method from register_value
     where meter_id = $1::int and register = '1.8.0' and state = $2::text order by measured_at, id`,
    [point.meterId, state],
  )

const judgeAll = async (...days: readonly number[]) => {
  await world.judge(point, ...days)
  await world.run()
  await world.run()
}

describe('a missing register', () => {
  it('lies on the line between its neighbours where they are near', async () => {
    await freezes({ 1: 1_000, 4: 1_301 })
    await judgeAll(1, 2, 3)
    expect(await values()).toEqual([
      { at: august(2), digits: 1_100n, method: 'linear' },
      { at: august(3), digits: 1_200n, method: 'linear' },
    ])
    const open = await world.found(point)
    expect(open.filter(({ code }) => code === 'missing')).toEqual([])
    expect(await world.found(point, 'corrected')).toHaveLength(2)
  })

  it('follows similar days over a longer time, and the whole stays the whole', async () => {
    // Working days use 3, days off 1; the 8th is a Saturday.
    const uses = Array.from({ length: 19 }, (_, index) =>
      [0, 6].includes((index + 6) % 7) ? 1 : 3,
    )
    let register = 1_000
    const known: Record<number, number> = { 1: register }
    for (const [index, use] of uses.entries()) {
      register += use
      if (index + 2 < 6 || index + 2 > 11) known[index + 2] = register
    }
    await freezes(known)
    await judgeAll(5, 6, 7, 8, 9, 10)
    const estimated = await values()
    expect(estimated.map(({ method }) => method)).toEqual(Array(6).fill('similar-days'))
    const all = [known[5] ?? 0, ...estimated.map(({ digits }) => Number(digits)), known[12] ?? 0]
    expect(all.slice(1).map((one, index) => one - (all[index] ?? 0))).toEqual([3, 3, 3, 1, 1, 3, 3])
  })

  it('goes on at the usual pace while nothing comes', async () => {
    await freezes({ 1: 1_000, 2: 1_010, 3: 1_020, 4: 1_030, 5: 1_040, 6: 1_050 })
    await judgeAll(5, 6, 7)
    expect((await values()).slice(0, 2)).toEqual([
      { at: august(7), digits: 1_060n, method: 'similar-days' },
      { at: august(8), digits: 1_070n, method: 'similar-days' },
    ])
  })

  it('that rolls over lies on both sides of its last digit', async () => {
    await freezes({ 1: 99_999_990, 4: 20 })
    await judgeAll(1, 2, 3)
    expect(await values()).toEqual([
      { at: august(2), digits: 0n, method: 'linear' },
      { at: august(3), digits: 10n, method: 'linear' },
    ])
  })

  it('is not made up where nothing was ever known, or where the register fell', async () => {
    await freezes({ 10: 1_000, 13: 500, 14: 510 })
    await judgeAll(8, 10, 11, 12)
    expect(await values()).toEqual([])
  })
})

describe('a late real value', () => {
  it('takes the place of the estimate, and its neighbours are estimated anew', async () => {
    await freezes({ 1: 1_000, 4: 1_300 })
    await judgeAll(1, 2, 3)
    await freezes({ 2: 1_050 })
    await judgeAll(1)
    expect(await values()).toEqual([{ at: august(3), digits: 1_175n, method: 'linear' }])
    expect(await values('superseded')).toEqual([
      { at: august(2), digits: 1_100n, method: 'linear' },
      { at: august(3), digits: 1_200n, method: 'linear' },
    ])
  })

  it('proposes the bill of a month that is over, once', async () => {
    await freezes({ 1: 1_000, 4: 1_300 })
    await judgeAll(1, 2, 3)
    const proposals = () =>
      world.db.query(
        `select kind, business_month::text as month, reason, state from validation_proposal
         where usage_point_id = $1::int`,
        [point.usagePointId],
      )
    expect(await proposals()).toEqual([])
    await world.clock.advance(hours(24 * 20))
    await freezes({ 2: 1_050 })
    await judgeAll(1)
    await judgeAll(1)
    expect(await proposals()).toEqual([
      { kind: 'bill', month: '2026-08-01', reason: 'estimate', state: 'open' },
    ])
    await world.clock.advance(-hours(24 * 20))
  })
})

it('estimates the points of a load profile, and again the same', async () => {
  const quarters = Array.from({ length: 97 }, (_, index) => index)
  await world.readings.store(
    quarters
      .filter((index) => index < 40 || index > 50)
      .map((index) =>
        freeze(point, august(1, 0, 15 * index), 1_000 + index * 10, { dataClass: 'interval' }),
      ),
  )
  await judgeAll(1)
  const estimated = await values()
  expect(estimated).toHaveLength(11)
  expect(estimated[0]).toEqual({ at: august(1, 10), digits: 1_400n, method: 'average' })
  const before = await world.db.query('select * from register_value order by id')
  expect((await world.judge(point, 1)).estimated).toBe(0)
  expect(await world.db.query('select * from register_value order by id')).toEqual(before)
})

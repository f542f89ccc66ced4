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

const at = (moments: readonly Instant[], dataClass: 'daily' | 'interval' = 'daily') =>
  world.readings.store(
    moments.map((moment) =>
      freeze(point, moment, (moment - august(1)) / 60_000 + 1_000, { dataClass }),
    ),
  )

/** What is known of one day: readings at midnight belong to two. */
const found = async (day = 1) =>
  (
    await world.db.query<{ code: string }>(
      `select code from validation_finding where meter_id = $1::int and state <> 'settled'
         and business_date = date '2026-07-31' + $2::int order by code`,
      [point.meterId, day],
    )
  ).map(({ code }) => code)

describe('a register that is not there at the end of the day', () => {
  it('is missing', async () => {
    await at([august(1), august(3)])
    await world.judge(point, 1)
    expect(await found()).toEqual(['missing'])
  })

  it('is none where it lies between two readings of an hour', async () => {
    await at([august(1), august(1, 23, 30), august(2, 0, 30)])
    await world.judge(point, 1)
    expect(await found()).toEqual([])
    await at([august(2, 23, 29), august(3, 0, 30)])
    await world.judge(point, 2)
    expect(await found(2)).toEqual(['missing'])
  })

  it('is waited for, and then missing', async () => {
    await world.clock.advance(august(25, 5, 59) - world.clock.now())
    await at([august(24)])
    await world.judge(point, 24)
    expect(await found(24)).toEqual([])
    await world.clock.advance(60_000)
    await world.run()
    expect(await found(24)).toEqual(['missing'])
  })

  it('is settled once it comes', async () => {
    await at([august(1), august(3)])
    await world.judge(point, 1)
    await at([august(2)])
    await world.judge(point, 1)
    expect(await found()).toEqual([])
  })
})

describe('points of the load profile', () => {
  const quarters = (without: readonly number[]) =>
    Array.from({ length: 97 }, (_, index) => index)
      .filter((index) => !without.includes(index))
      .map((index) => august(1, 0, 15 * index))

  it('that are not there are told with where', async () => {
    await at(quarters([20, 21, 50]), 'interval')
    await world.judge(point, 1)
    const [row] = await world.db.query(
      `select evidence ->> 'value' as points, jsonb_array_length(evidence -> 'gaps') as gaps
       from validation_finding where code = 'consecutive' and meter_id = $1::int and business_date = '2026-08-01'`,
      [point.meterId],
    )
    expect(row).toEqual({ points: '3', gaps: 2 })
  })

  it('are all there', async () => {
    await at(quarters([]), 'interval')
    await world.judge(point, 1)
    expect(await found()).toEqual([])
  })
})

describe('estimates that stand for long', () => {
  const estimated = async (moment: Instant) =>
    await world.db.query(
      `insert into register_value (meter_id, register, measured_at, digits, scale, kind, state,
         made_by, made_at, method)
       values ($1::int, '1.8.0', $2::timestamptz, 100, 2, 'estimated', 'in-force', 'system',
         now(), 'linear')`,
      [point.meterId, new Date(moment).toISOString()],
    )

  it('are told after three days, not after two', async () => {
    await at([august(1)])
    await estimated(august(2))
    await estimated(august(3))
    await world.judge(point, 2)
    expect(await found(2)).not.toContain('prolonged')
    await estimated(august(4))
    await world.judge(point, 3)
    expect(await found(3)).toContain('prolonged')
  })
})

it('leaves the day alone while its energy is to be computed', async () => {
  await at([august(1)])
  await world.db.query(
    `insert into energy_dirty values ('2026-08-01', $1::int) on conflict do nothing`,
    [point.meterId],
  )
  expect((await world.validation.run()).days).toBe(0)
  expect((await world.run()).days).toBeGreaterThan(0)
  expect(hours(1)).toBe(3_600_000)
})

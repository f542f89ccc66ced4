import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Instant, idOf, type MeterId } from '#src/core'
import { august, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const says = (meterId: MeterId, at: Instant, value: number) =>
  world.readings.store([freeze({ meterId }, at, value)])
const open = async (point: Pick<Point, 'meterId'>) =>
  (await world.found(point))
    .filter(({ code }) => code === 'swap-unresolved')
    .map(({ evidence: { end, at }, measured_at }) => {
      return { end, at: Date.parse(String(at)), measured_at }
    })

/** From then on another ratio counts, or another meter: the point as it is after that. */
async function changed(point: Point, at: Instant, to: { ratio?: number; meter?: string }) {
  const { db } = world
  const moment = new Date(at).toISOString()
  await db.query(
    `update installation set valid_to = $2::timestamptz where usage_point_id = $1::int and valid_to is null`,
    [point.usagePointId, moment],
  )
  const next =
    to.meter === undefined
      ? point.meterId
      : (
          await world.one<{ id: number }>(
            `insert into meter (address, protocol, channel_id, register_digits)
             values ($1::text, 'modbus', 1, 6) returning id`,
            [to.meter],
          )
        ).id
  await db.query(
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator, pt_numerator,
       pt_denominator, valid_from)
     values ($1::int, $2::int, $3::bigint, 1, 1, 1, $4::timestamptz)`,
    [point.usagePointId, next, to.ratio ?? 1, moment],
  )
  return { ...point, meterId: idOf<'meter'>(next) }
}

const register = (point: Point, end: 'opening' | 'closing', digits: number) =>
  world.db.query(
    `insert into installation_register (installation_id, register, ${end}_digits, ${end}_scale)
     select id, '1.8.0', $2::bigint, 2 from installation
     where meter_id = $1::int order by valid_from ${end === 'opening' ? 'desc' : 'asc'} limit 1`,
    [point.meterId, digits],
  )

describe('a change of meter or transformers whose registers nobody wrote', () => {
  it('is found at both ends, until they are entered', async () => {
    const before = await world.newPoint()
    await says(before.meterId, august(10), 100_00)
    const after = await changed(before, august(10, 11), { meter: 'new-1' })
    await says(after.meterId, august(11), 3_00)
    for (const point of [before, after]) await world.judge(point, 10)
    const at = august(10, 11)
    expect(await open(before)).toEqual([{ end: 'closing', at, measured_at: null }])
    expect(await open(after)).toEqual([{ end: 'opening', at, measured_at: null }])
    await register(before, 'closing', 104_00)
    await register(after, 'opening', 0)
    for (const point of [before, after]) await world.judge(point, 10)
    expect([await open(before), await open(after)]).toEqual([[], []])
  })

  it('is found where the meter stays and its ratio changes, at whichever end is enough', async () => {
    const point = await world.newPoint({ ratio: 20 })
    await says(point.meterId, august(10), 100_00)
    await changed(point, august(10, 11), { ratio: 30 })
    await says(point.meterId, august(11), 103_00)
    await world.judge(point, 10)
    // One change, told once.
    expect((await open(point)).map(({ end }) => end)).toEqual(['opening'])
    await register(point, 'closing', 101_00)
    await world.judge(point, 10)
    expect(await open(point)).toEqual([])
  })

  it('is none at midnight where the meters said it themselves', async () => {
    const before = await world.newPoint()
    const after = await changed(before, august(11), { meter: 'new-2' })
    await says(before.meterId, august(10), 100_00)
    await says(before.meterId, august(11), 104_00)
    await says(after.meterId, august(11), 0)
    await says(after.meterId, august(12), 4_00)
    for (const day of [10, 11]) for (const one of [before, after]) await world.judge(one, day)
    expect([await open(before), await open(after)]).toEqual([[], []])
  })

  it('is found at midnight where the new meter said nothing yet', async () => {
    const before = await world.newPoint()
    const after = await changed(before, august(11), { meter: 'new-3' })
    await says(before.meterId, august(11), 104_00)
    await says(after.meterId, august(12), 4_00)
    for (const day of [10, 11]) for (const one of [before, after]) await world.judge(one, day)
    expect(await open(before)).toEqual([])
    expect((await open(after)).map(({ end }) => end)).toEqual(['opening'])
  })

  it('is not a first meter, nor a point that was given up', async () => {
    const point = await world.newPoint({ from: august(10, 9) })
    await says(point.meterId, august(11), 3_00)
    await world.judge(point, 10)
    expect(await open(point)).toEqual([])
  })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMetering } from '#src/metering'
import { august, civil, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** Energy and validation in turn, as the jobs do it, until nothing is left to do. */
async function settle(): Promise<void> {
  const metering = createMetering(world.db, civil)
  for (let nth = 0; nth < 60; nth += 1) {
    await metering.rollUp(world.clock.now())
    const { found, settled, estimated } = await world.validation.run()
    if (nth > 1 && found + settled + estimated === 0) return
  }
}

const energies = async (point: Point) =>
  (
    await world.db.query<{ day: string; energy: bigint; quality: number }>(
      `select to_char(business_date, 'DD') as day, energy, quality from usage_day
       where usage_point_id = $1::int and register = '1.8.0' and business_date < '2026-08-20'
       order by business_date`,
      [point.usagePointId],
    )
  ).map(({ day, energy, quality }) => `${day}: ${Number(energy) / 1_000_000} (${quality})`)

it('energy follows what is thought of values, and sums to what is known whatever is estimated', async () => {
  const point = await world.newPoint()
  await world.readings.store(
    [1_000, 1_100, 9_000, 1_300, 1_400, 1_500].map((value, index) =>
      freeze(point, august(14 + index), value),
    ),
  )
  await settle()
  // The 16th reads 90: it is rejected, and 12 stands between 11 and 13.
  expect((await energies(point)).slice(0, 5)).toEqual([
    '14: 1 (1)',
    '15: 1 (5)',
    '16: 1 (5)',
    '17: 1 (1)',
    '18: 1 (1)',
  ])
  const told = await world.validation.edit(
    {
      ...{ meterId: point.meterId, register: '1.8.0', at: august(16), value: '12.50', by: 'wang' },
      reason: 'read from the photo',
    },
    async () => {},
  )
  if (!told.ok) throw new Error(told.error.message)
  await world.validation.settleValue(
    { id: told.value.id, verdict: 'approve', reason: '', by: 'li' },
    async () => {},
  )
  await settle()
  expect((await energies(point)).slice(0, 5)).toEqual([
    '14: 1 (1)',
    '15: 1.5 (6)',
    '16: 0.5 (6)',
    '17: 1 (1)',
    '18: 1 (1)',
  ])
})

import { expect, it } from 'vitest'
import { hours, type Instant, idOf } from '#src/core'
import { createMetering } from '#src/metering'
import { createValidation, photoShelf } from '#src/validation'
import { august, civil, freeze, openWorld, type Point, type World } from './world.ts'

const POINTS = 24
const ROUNDS = 6
const also = async () => {}

/** A number from a seed: the same for each run, and for each ask another. */
function dice(seed: number) {
  let state = seed
  return (sides: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * sides)
  }
}

/** What other processes and people do at the same time, each a loop that may meet all others. */
function loops(world: World, points: readonly Point[]) {
  const roll = dice(7)
  const node = () =>
    createValidation({ db: world.db, civil, clock: world.clock, photos: photoShelf('/nowhere') })
  const metering = createMetering(world.db, civil)
  const someone = () => points[roll(points.length)] as Point
  const moment = () => august(2 + roll(16))
  const register = { register: '1.8.0' }
  const store = (point: Point, at: Instant) =>
    world.readings.store([freeze(point, at, worth(point, at))])
  const written = (point: Point, at: Instant) => {
    const value = ((worth(point, at) + roll(50)) / 100).toFixed(2)
    return { meterId: idOf<'meter'>(point.meterId), ...register, at, value }
  }
  return [
    () => node().run(),
    () => node().run(),
    () => metering.rollUp(world.clock.now()),
    () => store(someone(), moment()),
    async () => {
      const edit = { ...written(someone(), moment()), reason: 'read on site', by: 'anna' }
      const made = await node().edit(edit, also)
      if (!made.ok) return
      const verdict = roll(3) === 0 ? 'refuse' : 'approve'
      await node().settleValue({ id: made.value.id, verdict, reason: 'seen', by: 'boris' }, also)
    },
    () => node().bring([written(someone(), moment())], 'manual', 'cid', also),
    async () => {
      const page = await node().findings({}, undefined, 20)
      const ids = page.ok ? page.value.items.map(({ id }) => id) : []
      const decision = (['accept', 'reject', 'estimate'] as const)[roll(3)] ?? 'accept'
      await node().decide({ ids, decision, reason: 'looked at', by: 'dora' }, also)
    },
  ]
}

/** Ten kWh a day, from a register of its own. */
const worth = ({ meterId }: Point, at: Instant) =>
  meterId * 1_000_00 + Math.round((at - august(1)) / hours(24)) * 10_00

it("people, jobs of two nodes and late readings do not get in each other's way", async () => {
  const world = await openWorld()
  const points: Point[] = []
  for (let nth = 0; nth < POINTS; nth += 1) points.push(await world.newPoint({ digits: 8 }))
  for (const point of points) {
    const days = [1, 3, 4, 8, 9, 10, 17, 18, 19]
    await world.readings.store(
      days.map((day) => freeze(point, august(day), worth(point, august(day)))),
    )
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(
      loops(world, points).map(async (step) => {
        for (let turn = 0; turn < 5; turn += 1) await step()
      }),
    )
  }
  const settle = async () => {
    const metering = createMetering(world.db, civil)
    for (let nth = 0; nth < 40; nth += 1) {
      await metering.rollUp(world.clock.now())
      const { days } = await world.validation.run()
      if (days === 0) return
    }
    throw new Error('it does not come to rest')
  }
  await settle()
  const known = () =>
    world.db.query(
      `select meter_id, measured_at, digits, scale, kind from register_value
       where state = 'in-force' order by 1, 2`,
    )
  const before = await known()
  expect(before.length).toBeGreaterThan(POINTS)
  // All judged again, one after the other, comes to the same.
  await world.db.query(
    `insert into energy_dirty (business_date, meter_id)
     select d::date, m.id from meter m, generate_series(date '2026-08-01', '2026-08-19', '1 day') d
     on conflict do nothing`,
  )
  await settle()
  expect(await known()).toEqual(before)
  await world.close()
})

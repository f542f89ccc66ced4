import { expect, it } from 'vitest'
import { hours } from '#src/core'
import type { Database, Db } from '#src/db'
import { createMetering } from '#src/metering'
import { createValidation, photoShelf } from '#src/validation'
import { august, civil, freeze, openWorld, type World } from './world.ts'

/** Energy and validation in turn, as the jobs do it, until nothing is left to do. */
async function settle(own: World): Promise<void> {
  const metering = createMetering(own.db, civil)
  for (let nth = 0; nth < 60; nth += 1) {
    await metering.rollUp(own.clock.now())
    const { found, settled, estimated } = await own.validation.run()
    if (nth > 1 && found + settled + estimated === 0) return
  }
}

/** A database whose process dies at one statement: what was not committed is gone. */
function dyingAt(db: Database, statement: number): Database {
  let left = statement
  const counted = (inner: Db): Db => ({
    query: async (text, values) => {
      left -= 1
      if (left < 0) throw new Error('died')
      return await inner.query(text, values)
    },
  })
  return {
    ...db,
    query: counted(db).query,
    transaction: (work) => db.transaction((tx) => work(counted(tx))),
  }
}

/** All that is known in the end of a late value, in a world of its own. */
async function followed(isStruck: boolean) {
  const own = await openWorld()
  const point = await own.newPoint()
  const store = (day: number, digits: number) =>
    own.readings.store([freeze(point, august(day), digits)])
  await store(14, 1_000)
  await store(17, 1_300)
  await settle(own)
  await own.clock.advance(hours(24 * 20))
  await store(15, 1_050)
  let deaths = 0
  for (let statement = 0; isStruck && statement < 300; statement += 6) {
    const db = dyingAt(own.db, statement)
    const parts = { db, civil, clock: own.clock, photos: photoShelf('/nowhere') }
    try {
      await createMetering(db, civil).rollUp(own.clock.now())
      await createValidation(parts).run()
    } catch {
      // It was to die here; what goes on is another process.
      deaths += 1
    }
  }
  await settle(own)
  const ask = (text: string) => own.db.query(text)
  const known = {
    energy: await ask(
      'select business_date::text as date, energy, quality from usage_day order by 1',
    ),
    months: await ask('select business_month::text as month, energy, quality from usage_month'),
    values: await ask(
      'select measured_at, digits, state, method from register_value order by measured_at, state, digits',
    ),
    proposals: await ask(
      'select business_month::text as month, reason, state from validation_proposal',
    ),
    findings: await ask(
      `select business_date::text as date, code, state from validation_finding order by 1, 2, 3`,
    ),
  }
  await own.close()
  return { known, deaths }
}

it('a late real value is followed to the end once, wherever the process dies', async () => {
  const sound = await followed(false)
  const struck = await followed(true)
  expect(struck.deaths).toBeGreaterThan(10)
  expect(struck.known).toEqual(sound.known)
  expect(sound.known.proposals).toEqual([
    { month: '2026-08-01', reason: 'estimate', state: 'open' },
  ])
})

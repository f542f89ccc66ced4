import { afterAll, beforeAll, expect, test } from 'vitest'
import { hours, instant, minutes } from '#src/core'
import { at, type Field, openField, reading } from './field.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

const midnight = at('2026-11-10T00:00:00+08:00')
const later = (from: number) => instant(midnight + minutes(from))

test('the day before a meter was taken down soon after midnight follows when that is told', async () => {
  const { db } = field.database
  const place = await field.newPlace()
  const meter = await field.newMeter()
  const id = await field.install(place, { meter, from: instant(0) })
  const receivedAt = instant(midnight + hours(30))
  await field.readings.store(
    [-24 * 60, -10, 30, 24 * 60].map((minute, nth) =>
      reading(meter, later(minute), 1_000 + nth * 100, 2, { receivedAt }),
    ),
  )
  const kept = async () => {
    await field.metering.rollUp(receivedAt)
    const [row] = await db.query(
      `select energy, quality from usage_day where usage_point_id = $1
         and business_date = '2026-11-09'`,
      [place],
    )
    return row
  }
  // A quarter of the way from 11.00 to 12.00.
  expect(await kept()).toEqual({ energy: 1_250_000n, quality: 2 })
  // At 0:20 it was taken down: what it read at 0:30 is not of this place any more.
  await db.query(
    'update installation set valid_to = to_timestamp($2::float8 / 1000) where id = $1',
    [id, later(20)],
  )
  expect(await kept()).toEqual({ energy: 1_000_000n, quality: 4 })
  // It is written down that it showed 11.60 then: a third of the way.
  await db.query(
    `insert into installation_register (installation_id, register, closing_digits, closing_scale)
     values ($1, '1.8.0', 1160, 2)`,
    [id],
  )
  expect(await kept()).toEqual({ energy: 1_200_000n, quality: 2 })
})

test('a month whose first midnight is read late follows, though no day of it is known', async () => {
  const place = await field.newPlace()
  const meter = await field.newMeter()
  await field.install(place, { meter, from: instant(0) })
  const receivedAt = at('2026-11-02T09:00:00+08:00')
  const says = (when: string, digits: number) =>
    field.readings.store([reading(meter, at(when), digits, 2, { receivedAt })])
  const month = async () => {
    await field.metering.rollUp(receivedAt)
    return await field.database.db.query(
      `select energy, quality from usage_month
       where usage_point_id = $1 and business_month = '2026-10-01'`,
      [place],
    )
  }
  await says('2026-11-01T00:00:00+08:00', 500_00)
  expect(await month()).toEqual([])
  await says('2026-10-01T00:00:00+08:00', 100_00)
  expect(await month()).toEqual([{ energy: 400_000_000n, quality: 1 }])
})

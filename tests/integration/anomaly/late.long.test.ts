import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hours } from '#src/core'
import { steady } from './scene-parts.ts'
import { dayOf } from './stage.ts'
import { openWorld, type Pen, type World } from './world.ts'

const SINCE = 60
const LAST = SINCE + 5

describe('what comes late', { shuffle: false }, () => {
  let world: World
  let late: Pen
  let over: Pen
  const codes = async (pen: Pen) =>
    (await world.anomalies.list({ usagePointId: pen.point }, null, 20)).map(({ code }) => code)

  beforeAll(async () => {
    world = await openWorld()
    await world.opened(SINCE)
    late = await world.pen('late')
    over = await world.pen('over', { capacity: 5 })
    late.used(SINCE, steady(6))
    over.used(SINCE, steady(5))
    await world.run(LAST - 1)
  })
  afterAll(() => world.close())

  it('as a curve that leaves the energy as it was, is judged', async () => {
    await world.run(LAST)
    expect(await codes(late)).not.toContain('voltage-lost')
    const lost = { u: [150, 220, 220], i: [2, 2, 2] }
    late.said(LAST, 3, [lost, lost, lost])
    await world.run(LAST + 1)
    expect(await codes(late)).toContain('voltage-lost')
  })

  it('to statistics is waited for, but not for ever', async () => {
    over.said(LAST + 2, 12, [{ step: 5 }, { step: 1.4 }])
    over.used(LAST + 2, [10])
    await world.clock.advance(hours(24 * 2))
    await world.store(world.takeWritten().map((one) => ({ ...one, receivedAt: world.clock.now() })))
    await world.rollUp()
    await world.anomalies.follow(world.clock.now())
    expect(await codes(over)).not.toContain('demand-over-contract')
    const waits = await world.db.query(
      'select from anomaly_due where usage_point_id = $1 and business_date = $2::date',
      [over.point, dayOf(LAST + 2)],
    )
    expect(waits.length).toBeGreaterThan(0)
    await world.statistics()
    await world.anomalies.follow(world.clock.now())
    expect(await codes(over)).toContain('demand-over-contract')
  })

  it('is judged without statistics after an hour', async () => {
    over.used(LAST + 3, [0.5])
    await world.clock.advance(hours(24))
    await world.store(world.takeWritten().map((one) => ({ ...one, receivedAt: world.clock.now() })))
    await world.rollUp()
    await world.clock.advance(hours(1.1))
    await world.anomalies.follow(world.clock.now())
    const waits = await world.db.query('select from anomaly_due where usage_point_id = $1', [
      over.point,
    ])
    expect(waits.length).toBe(0)
  })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Instant, instant, minutes } from '#src/core'
import { august, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const quarters = 96
/** Clouds of each day, the same on every run: a share of the clear sky. */
const cloudOf = (day: number, quarter: number) =>
  0.65 + 0.35 * Math.cos(day * 2.3) + 0.1 * Math.sin(day * 5 + quarter / 3)

/** What 5 kW on a roof feed in up to a moment, in hundredths: a curve over the day, nothing at night. */
function fedIn(day: number, quarter: number): number {
  let kWh = 0
  for (let one = 0; one < day * quarters + quarter; one += 1) {
    const hour = (one % quarters) / 4
    const height = Math.sin(((hour - 6) / 12) * Math.PI)
    const isDay = hour > 6 && hour < 18
    const share = Math.min(1, cloudOf(Math.floor(one / quarters), one % quarters))
    if (isDay) kWh += (5 * height ** 1.3 * Math.max(0.05, share)) / 4
  }
  return Math.floor(kWh * 100)
}

const momentOf = (day: number, quarter: number): Instant =>
  instant(august(day + 1) + quarter * minutes(15))

async function solarRoof(isGone: (day: number, quarter: number) => boolean): Promise<Point> {
  const point = await world.newPoint()
  const readings = []
  for (let day = 0; day < 14; day += 1) {
    for (let quarter = 0; quarter < quarters; quarter += 1) {
      if (isGone(day, quarter)) continue
      const value = fedIn(day, quarter)
      const about = { dataClass: 'interval', item: '2.8.0' } as const
      readings.push(freeze(point, momentOf(day, quarter), value, about))
    }
  }
  await world.readings.store(readings)
  await world.judge(point, 11, 12, 13)
  for (let nth = 0; nth < 6 && (await world.run()).days > 0; nth += 1);
  return point
}

const estimatesOf = (point: Point) =>
  world.db.query<{ at: Instant; digits: bigint; scale: number; method: string }>(
    `select measured_at as at, digits, scale, method from register_value
     where meter_id = $1::int and register = '2.8.0' and state = 'in-force' order by 1`,
    [point.meterId],
  )

it('follows the sun where what feeds in is missing for half a day or a whole one', async () => {
  const told: string[] = []
  for (const [name, from, to] of [
    ['a morning', 28, 46],
    ['from evening to evening', 76, 76 + quarters],
  ] as const) {
    const isGone = (day: number, quarter: number) => {
      const at = (day - 11) * quarters + quarter
      return at > from && at < to
    }
    const point = await solarRoof(isGone)
    const until = momentOf(11, to)
    const estimated = (await estimatesOf(point)).filter(({ at }) => at < until)
    expect(estimated.length).toBe(to - from - 1)
    expect(new Set(estimated.map(({ method }) => method))).toEqual(new Set(['generation']))
    const [low, high] = [fedIn(11, from), fedIn(11, to)]
    let [ours, straight, before] = [0, 0, low]
    for (const { at, digits, scale } of estimated) {
      const nth = (at - momentOf(11, 0)) / minutes(15)
      const value = Number(digits) / 10 ** (scale - 2)
      const truth = fedIn(11, nth)
      ours += Math.abs(value - truth)
      straight += Math.abs(low + ((high - low) * (nth - from)) / (to - from) - truth)
      // At night nothing feeds in, and never does the register fall.
      const hour = (nth % quarters) / 4
      if (hour < 4 || hour > 20) expect(value - before).toBeLessThan(2)
      expect(value).toBeGreaterThanOrEqual(before)
      before = value
    }
    expect(before).toBeLessThanOrEqual(high)
    told.push(
      `${name}: ${(ours / 100).toFixed(1)} kWh off, straight ${(straight / 100).toFixed(1)}`,
    )
    expect(ours).toBeLessThan(straight / 2)
  }
  console.log(told.join('\n'))
})

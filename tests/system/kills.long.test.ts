import { expect, it } from 'vitest'
import { killManyTimes } from '../kills/kills.ts'

/** `node tests/kills/run.ts --kills 10000` is the long run. */
const KILLS = 12

it('a process that is killed again and again loses nothing acknowledged and stores nothing twice', async () => {
  const report = await killManyTimes({
    kills: KILLS,
    lanes: 2,
    seed: 4,
    mutation: 'none',
    progress: () => {},
  })
  expect(report).toMatchObject({ kills: KILLS, wrong: [] })
  expect(report.acknowledged).toBeGreaterThan(0)
  expect(report.stored).toBeGreaterThanOrEqual(report.acknowledged)
})

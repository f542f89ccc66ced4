import { expect, it } from 'vitest'
import { killWriters } from '../kills/write-kills.ts'

/** `node tests/kills/run.ts --writes 1000` is the long run. */
const KILLS = 30

it('a process that is killed while it writes to devices tells none of them twice, and ends everything', async () => {
  const report = await killWriters({ kills: KILLS, seed: 6, mutation: 'none' })
  expect(report).toMatchObject({ kills: KILLS, wrong: [] })
  expect(report.told).toBeGreaterThan(KILLS)
})

it.each(['sent-again', 'forgotten'] as const)('finds the mistake: %s', async (mutation) => {
  const { wrong } = await killWriters({ kills: 16, seed: 6, mutation })
  expect(wrong).not.toEqual([])
})

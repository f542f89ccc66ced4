import { beforeAll, describe, expect, it } from 'vitest'
import { hasFeederData } from './low-voltage-feeder.ts'
import { type Half, halves, theftKinds } from './theft-field.ts'
import { type Figures, figuresOf } from './theft-scores.ts'

/**
 * Thefts of six kinds at real households on a real feeder, looked for in the half of the meters that
 * nothing was tuned on. The other half's figures are not asked here.
 */
const SEEDS = [11, 12, 13, 14]
const NINE = 9
const FOUR = 4

const percent = (share: number) => `${(100 * share).toFixed(0)} %`.padStart(6)

function line(name: string, one: Figures): string {
  const { precision, recall, first, firstByDrop, average, averageByDrop } = one
  const shown = [precision, recall, first, firstByDrop, average, averageByDrop].map(percent)
  return `${name.padEnd(18)}${String(one.thieves).padStart(4)}${shown.join('')}`
}

describe.skipIf(!hasFeederData())('thefts in areas of real households', { shuffle: false }, () => {
  let half: Half
  const lines = ['kind              thieves  precision, recall, first n, by drop, average, by drop']

  beforeAll(() => {
    half = halves().scoring()
  })

  it.each(theftKinds)('%s is found better than by the drop in use', (kind) => {
    const found = figuresOf(half, [kind], NINE, SEEDS)
    lines.push(line(kind, found))
    expect(found.average).toBeGreaterThan(found.averageByDrop)
  })

  it('of six kinds at once are most of the first twenty', () => {
    const found = figuresOf(half, theftKinds, FOUR, SEEDS)
    lines.push(line('all six', found))
    lines.push(`first 20: ${percent(found.twenty)}, by drop ${percent(found.twentyByDrop)}`)
    // The figures are what this test is for.
    process.stdout.write(`${lines.join('\n')}\n`)
    expect(found.twenty).toBeGreaterThanOrEqual(0.7)
    expect(found.average).toBeGreaterThan(found.averageByDrop)
  })
})

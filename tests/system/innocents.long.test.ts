import { beforeAll, describe, expect, it } from 'vitest'
import { hasFeederData } from './low-voltage-feeder.ts'
import { type Half, halves, theftKinds } from './theft-field.ts'
import { type Figures, figuresOf, innocentsOf } from './theft-scores.ts'

/**
 * The same thieves among people who use other than before and take nothing, in the half of the
 * meters that nothing was tuned on: who is away, moves out or in, has a roof of cells, opens a shop,
 * or has another meter.
 */
const SEEDS = [11, 12, 13, 14]
const THIEVES_EACH = 3
const INNOCENTS_EACH = 5

const percent = (share: number) => `${(100 * share).toFixed(0)} %`.padStart(7)

describe.skipIf(!hasFeederData())('thieves among innocents', { shuffle: false }, () => {
  let half: Half
  let found: Figures

  beforeAll(() => {
    half = halves().scoringWith(INNOCENTS_EACH, 2_018)
    found = figuresOf(half, theftKinds, THIEVES_EACH, SEEDS)
  }, 900_000)

  it('are found with a precision that is told', () => {
    const { thieves, precision, recall, first, firstByDrop, average, averageByDrop } = found
    const shown = [precision, recall, first, firstByDrop, average, averageByDrop].map(percent)
    // The figures are what this test is for.
    process.stdout.write(
      `thieves ${thieves}: precision, recall, first n, by drop, average, by drop\n` +
        `${shown.join('')}\nfirst 20 ${percent(found.twenty)}, by drop ${percent(found.twentyByDrop)}\n`,
    )
    expect(precision).toBeGreaterThanOrEqual(0.8)
    expect(average).toBeGreaterThan(averageByDrop)
  })

  it('are ranked above most of them, whatever their use did', () => {
    const kinds = innocentsOf(half, theftKinds, THIEVES_EACH, SEEDS)
    process.stdout.write(
      `${kinds
        .map(({ kind, count, suspected, below, belowByDrop }) => {
          const shares = [below, belowByDrop].map(percent).join('')
          return `${kind.padEnd(12)}${count} of them, suspected ${suspected}, below a thief${shares}`
        })
        .join('\n')}\n`,
    )
    for (const { kind, below, belowByDrop } of kinds) {
      expect([kind, below > 0.5]).toEqual([kind, true])
      if (kind === 'holiday' || kind === 'moved out') expect(below).toBeGreaterThan(belowByDrop)
    }
  }, 900_000)
})

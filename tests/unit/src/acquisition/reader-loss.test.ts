import { describe, expect, it } from 'vitest'
import { minutes } from '#src/core'
import { field, missesOf, quarterly } from './worker-field.ts'

/** Three meters that are asked for 3 and 4, of which the first loses some answers. */
async function round(lost: { readonly item: number; readonly times: number }) {
  const { clock, asked, outcomes, end } = field({
    plans: [{ ...quarterly, items: ['3', '4'] }],
    lost: { address: 1, ...lost },
  })
  await clock.advance(minutes(5))
  await end()
  const items = asked.filter(([address]) => address === 1).map(([, item]) => item)
  const readings = outcomes.find(({ meter }) => meter.address === '1')?.readout?.readings ?? []
  return { items, readings: readings.length, misses: missesOf(outcomes) }
}

describe('a visit on a line that loses answers', () => {
  it('asks a meter that has just answered again, instead of all anew', async () => {
    const { items, readings, misses } = await round({ item: 4, times: 2 })
    expect(items).toEqual([3, 4, 4, 4])
    expect(readings).toBe(2)
    expect(misses).toEqual([
      [1, null],
      [2, null],
      [3, null],
    ])
  })

  it('ends with the third answer that is lost, and comes again behind the others', async () => {
    const { items } = await round({ item: 4, times: 3 })
    expect(items).toEqual([3, 4, 4, 4, 3, 4])
  })

  it('asks a meter that has not answered yet once a visit', async () => {
    const { items } = await round({ item: 3, times: 1 })
    expect(items).toEqual([3, 3, 4])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Batches } from '#src/acquisition'
import { ManualClock } from '#tests/support'

const trusting = { hopeless: () => false, rejected: () => {} }

describe('batches on their way to the database', () => {
  it('go in order, together, and tell each item once it is stored', async () => {
    const clock = new ManualClock()
    const written: number[][] = []
    const stored: number[] = []
    const batches = new Batches<number>({
      clock,
      write: async (items) => {
        written.push([...items])
      },
      failed: () => {},
      ...trusting,
    })
    for (const item of [1, 2, 3]) await batches.add(item, 1, () => stored.push(item))
    expect(stored).toEqual([])
    await clock.advance(1_000)
    expect(written).toEqual([[1, 2, 3]])
    expect(stored).toEqual([1, 2, 3])
  })

  it('wait a failing database out, keep the order, and acknowledge nothing meanwhile', async () => {
    const clock = new ManualClock()
    const written: number[] = []
    const stored: number[] = []
    let failures = 0
    let down = true
    const batches = new Batches<number>({
      clock,
      write: async (items) => {
        if (down) throw new Error('down')
        written.push(...items)
      },
      failed: () => failures++,
      ...trusting,
    })
    await batches.add(1, 1, () => stored.push(1))
    await clock.advance(600_000)
    await batches.add(2, 1, () => stored.push(2))
    expect(stored).toEqual([])
    expect(failures).toBeGreaterThan(5)
    down = false
    await clock.advance(60_000)
    expect(written).toEqual([1, 2])
    expect(stored).toEqual([1, 2])
  })

  it('give up the one item that can never be written, and store all others', async () => {
    const clock = new ManualClock()
    const written: number[] = []
    const rejected: number[] = []
    const stored: number[] = []
    const batches = new Batches<number>({
      clock,
      write: async (items) => {
        if (items.includes(13)) throw new Error('check violated')
        written.push(...items)
      },
      failed: () => {},
      hopeless: () => true,
      rejected: (item) => rejected.push(item),
    })
    for (let item = 0; item < 20; item++) await batches.add(item, 1, () => stored.push(item))
    await clock.advance(1_000)
    expect(rejected).toEqual([13])
    expect(written).toEqual(Array.from({ length: 20 }, (_, item) => item).filter((i) => i !== 13))
    expect(stored).toHaveLength(20)
  })

  it('make producers wait rather than drop or grow without end', async () => {
    const clock = new ManualClock()
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    let written = 0
    const batches = new Batches<number>({
      clock,
      write: async (items) => {
        await gate
        written += items.length
      },
      failed: () => {},
      ...trusting,
    })
    let taken = 0
    const producing = (async () => {
      for (let item = 0; item < 200; item++) {
        await batches.add(item, 1_000)
        taken++
      }
    })()
    await clock.advance(1_000)
    expect(taken).toBeLessThan(60)
    open()
    await clock.advance(1_000)
    await producing
    await clock.advance(1_000)
    await batches.drain()
    expect(written).toBe(200)
  })

  it('lose and double nothing whatever the sizes and failures', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6_000 }), { maxLength: 30 }),
        fc.array(fc.boolean(), { maxLength: 10 }),
        async (weights, failing) => {
          const clock = new ManualClock()
          const written: number[] = []
          const batches = new Batches<number>({
            clock,
            write: async (items) => {
              if (failing.pop()) throw new Error('down')
              written.push(...items)
            },
            failed: () => {},
            ...trusting,
            ...trusting,
          })
          const adding = (async () => {
            for (const [index, weight] of weights.entries()) await batches.add(index, weight)
          })()
          await clock.advance(600_000)
          await adding
          expect(written).toEqual(weights.map((_, index) => index))
        },
      ),
      { numRuns: 30 },
    )
  })
})

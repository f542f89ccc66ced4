import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Ranges, stretchesOf } from '#src/outbox'

const step = fc.record({
  add: fc.boolean(),
  from: fc.integer({ min: 0, max: 60 }),
  length: fc.integer({ min: 0, max: 12 }),
})

it('a set of stretches holds what a set of numbers does, in as few stretches as can be', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(70), (steps, asked) => {
      const ranges = new Ranges()
      const numbers = new Set<number>()
      for (const { add, from, length } of steps) {
        const to = from + length
        if (add) ranges.add(from, to)
        else ranges.remove(from, to)
        for (let value = from; value < to; value++) {
          if (add) numbers.add(value)
          else numbers.delete(value)
        }
      }
      const sorted = [...numbers].toSorted((a, b) => a - b)
      expect(ranges.stretches).toEqual(stretchesOf(sorted))
      expect(ranges.size).toBe(numbers.size)
      expect(ranges.first).toBe(sorted[0])
      expect(ranges.has(asked)).toBe(numbers.has(asked))
      const near = [asked, asked + 1, asked + 2].some((value) => numbers.has(value))
      expect(ranges.touches(asked, asked + 3)).toBe(near)
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deadline } from '#src/acquisition'
import { milliseconds } from '#src/core'
import { ManualClock } from '#tests/support'

type Step =
  | { readonly kind: 'set'; readonly ms: number }
  | { readonly kind: 'clear' }
  | { readonly kind: 'pass'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), ms: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant('clear' as const) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 40 }) }),
)

describe('the deadline of a line', () => {
  it('comes when the last one that was set does, and at no other time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new ManualClock(0)
        const deadline = new Deadline(clock)
        const came: number[] = []
        const due: number[] = []
        let next: number | null = null
        const waiting = { timeIsUp: () => came.push(clock.now()) }
        for (const one of steps) {
          if (one.kind === 'set') {
            deadline.set(milliseconds(one.ms), waiting)
            next = clock.now() + one.ms
          } else if (one.kind === 'clear') {
            deadline.clear()
            next = null
          } else {
            const until = clock.now() + one.ms
            if (next !== null && next <= until) {
              due.push(next)
              next = null
            }
            await clock.advance(milliseconds(one.ms))
          }
        }
        expect(came).toEqual(due)
      }),
    )
  })

  it('keeps no timer once it has ended', async () => {
    const clock = new ManualClock(0)
    const deadline = new Deadline(clock)
    let came = 0
    deadline.set(milliseconds(5), { timeIsUp: () => came++ })
    deadline.end()
    await clock.advance(milliseconds(10))
    expect(came).toBe(0)
  })
})

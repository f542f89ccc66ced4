import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSilence, SilenceBook } from '#src/acquisition'
import { hours, instant, minutes } from '#src/core'

const cycle = minutes(15)
const METERS = 10

/** A line whose meters all failed so often that their pauses are the longest. */
function muteLine(meters: number, failing = meters) {
  const line = new LineSilence(new SilenceBook<number>(), meters)
  let now = 0
  for (let round = 0; round < 8; round++) {
    for (let meter = 0; meter < failing; meter++) line.failed(meter, instant(now), cycle)
    now += hours(1)
  }
  return { line, now: now - hours(1) }
}

const pausingAt = (line: LineSilence<number>, now: number) =>
  Array.from({ length: METERS }, (_, meter) => meter).filter((one) =>
    line.pausing(one, instant(now)),
  )

describe('the silence of a line', () => {
  it('tries one meter of a mute line after ten minutes, and the next after ten more', () => {
    const { line, now } = muteLine(METERS)
    expect(pausingAt(line, now + minutes(9))).toHaveLength(METERS)
    expect(line.pausing(0, instant(now + minutes(10)))).toBe(false)
    expect(pausingAt(line, now + minutes(10))).toHaveLength(METERS - 1)
    line.failed(0, instant(now + minutes(10)), cycle)
    expect(pausingAt(line, now + minutes(11))).toHaveLength(METERS)
    expect(line.pausing(1, instant(now + minutes(20)))).toBe(false)
  })

  it('ends all pauses with the first answer', () => {
    const { line, now } = muteLine(METERS)
    line.answered(3)
    expect(pausingAt(line, now)).toEqual([])
  })

  it('leaves single meters alone for as long as before where others answer', () => {
    const { line, now } = muteLine(METERS, 3)
    line.answered(9)
    expect(pausingAt(line, now + minutes(30))).toEqual([0, 1, 2])
  })

  it('never leaves a meter alone that the book would not, and asks one at a time', () => {
    const step = fc.record({
      meter: fc.integer({ min: 0, max: METERS - 1 }),
      answers: fc.boolean(),
      after: fc.integer({ min: 0, max: hours(1) }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const book = new SilenceBook<number>()
        const line = new LineSilence(book, METERS)
        let now = 0
        for (const { meter, answers, after } of steps) {
          now += after
          if (answers) line.answered(meter)
          else line.failed(meter, instant(now), cycle)
          const earlier = pausedBy(book, now).filter((one) => !line.pausing(one, instant(now)))
          expect(earlier.length).toBeLessThanOrEqual(1)
          expect(pausingAt(line, now).every((one) => book.pausing(one, instant(now)))).toBe(true)
        }
      }),
    )
  })
})

const pausedBy = (book: SilenceBook<number>, now: number) =>
  Array.from({ length: METERS }, (_, meter) => meter).filter((one) =>
    book.pausing(one, instant(now)),
  )

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Book,
  type LevelChange,
  newBook,
  type PointRules,
  retake,
  type Sample,
  scaledOf,
  scaledReading,
  scaledText,
  settleBook,
  take,
} from '#src/points'

const scaled = (text: string) => {
  const value = scaledOf(text)
  if (value === undefined) throw new Error(text)
  return value
}

function rulesOf(given: Partial<{ delayMs: number; hysteresis: string; deadband: string }> = {}) {
  return {
    limits: {
      'low-low': scaled('180'),
      low: scaled('198'),
      high: scaled('235.4'),
      'high-high': scaled('264'),
    },
    hysteresis: scaled(given.hysteresis ?? '0'),
    deadband: scaled(given.deadband ?? '0'),
    delayMs: given.delayMs ?? 0,
  } satisfies PointRules
}

const HOUR = 3_600_000
const at = (time: number, value: string): Sample => ({ at: time, value: scaled(value) })

/** Takes samples in batches as the store does: in their place where they come late. */
function judged(
  rules: PointRules,
  batches: readonly (readonly Sample[])[],
  ticks: readonly number[] = [],
): { book: Book; changes: LevelChange[]; retakes: number } {
  let book = newBook(0)
  let changes: LevelChange[] = []
  let retakes = 0
  const stored: Sample[] = []
  for (const [nth, batch] of batches.entries()) {
    for (const sample of batch) {
      if (!stored.some((known) => known.at === sample.at)) stored.push(sample)
    }
    let taken = take(rules, book, batch, HOUR)
    if (taken === null) {
      retakes++
      const { from } = book.older
      taken = retake(rules, book, stored, HOUR)
      changes = changes.filter((change) => change.at < from)
    }
    book = taken.book
    changes.push(...taken.changes)
    const settled = settleBook(rules, book, ticks[nth] ?? Number.NEGATIVE_INFINITY)
    book = settled.book
    changes.push(...settled.changes)
  }
  return { book, changes, retakes }
}

const levels = (changes: readonly LevelChange[]) =>
  changes.map(({ at: time, level }) => `${level}@${time}`)

describe('the judgement of a point', () => {
  it('raises and clears at the limit where there is no delay', () => {
    const { changes } = judged(rulesOf(), [
      [at(1, '230'), at(2, '236'), at(3, '265'), at(4, '230')],
    ])
    expect(levels(changes)).toEqual(['high@2', 'high-high@3', 'normal@4'])
  })

  it('does not flutter within the hysteresis', () => {
    const { changes } = judged(rulesOf({ hysteresis: '2' }), [
      [at(1, '236'), at(2, '234'), at(3, '236'), at(4, '233.4'), at(5, '233.5')],
    ])
    expect(levels(changes)).toEqual(['high@1', 'normal@4'])
  })

  it('waits for a delay, also when nothing more comes', () => {
    const rules = rulesOf({ delayMs: 60 })
    const short = judged(rules, [[at(0, '236'), at(59, '230')]], [1_000])
    expect(short.changes).toEqual([])
    const long = judged(rules, [[at(0, '236')]], [59])
    expect(long.changes).toEqual([])
    expect(levels(settleBook(rules, long.book, 60).changes)).toEqual(['high@60'])
  })

  it('clears after the delay, too', () => {
    const { changes } = judged(rulesOf({ delayMs: 60 }), [
      [at(0, '190'), at(100, '220'), at(200, '220')],
    ])
    expect(levels(changes)).toEqual(['low@60', 'normal@160'])
  })

  it('takes back what a late reading disproves', () => {
    const rules = rulesOf({ delayMs: 60 })
    const early = judged(rules, [[at(0, '236')]], [100])
    expect(levels(early.changes)).toEqual(['high@60'])
    const late = judged(rules, [[at(0, '236')], [at(30, '230')]], [100, 100])
    expect(late.changes).toEqual([])
    expect(late.retakes).toBe(1)
  })

  it('notes a value only where it differs by more than the deadband', () => {
    const { book } = judged(rulesOf({ deadband: '0.5' }), [
      [at(1, '230'), at(2, '230.5'), at(3, '229.6'), at(4, '230.6'), at(5, '230.2')],
    ])
    expect(book.now.noted).toEqual(at(4, '230.6'))
    expect(book.now.last).toEqual(at(5, '230.2'))
  })

  it('does not look at what came before it was set', () => {
    const book = newBook(100)
    expect(take(rulesOf(), book, [at(99, '300')], HOUR)).toEqual({ book, changes: [] })
  })

  it('ends as in the order of the times, in whatever order the readings came', () => {
    const series = fc.uniqueArray(
      fc.record({
        at: fc.integer({ min: 1, max: HOUR }),
        value: fc.integer({ min: 170, max: 275 }),
      }),
      { minLength: 1, maxLength: 40, selector: (one) => one.at },
    )
    fc.assert(
      fc.property(
        series,
        fc.infiniteStream(fc.integer({ min: 0, max: 1_000 })),
        fc.constantFrom(0, 5 * 60_000, 20 * 60_000),
        fc.constantFrom('0', '3'),
        fc.integer({ min: 1, max: 7 }),
        (given, keys, delayMs, hysteresis, size) => {
          const rules = rulesOf({ delayMs, hysteresis })
          const samples = given.map((one) => at(one.at, String(one.value)))
          const shuffled = samples
            .map((sample) => ({ sample, key: keys.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ sample }) => sample)
          const batches = []
          for (let from = 0; from < shuffled.length; from += size) {
            batches.push(shuffled.slice(from, from + size))
          }
          const end = 2 * HOUR
          const ticks = batches.map((_, nth) =>
            nth === batches.length - 1 ? end : (keys.next().value ?? 0) * 3_600,
          )
          const sorted = judged(rules, [[...samples].sort((a, b) => a.at - b.at)], [end])
          const mixed = judged(rules, batches, ticks)
          expect(levels(mixed.changes)).toEqual(levels(sorted.changes))
          expect(mixed.book.now).toEqual(sorted.book.now)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('ends so also over many hours, where nothing is later than the longest delay', () => {
    const series = fc.array(
      fc.record({
        gap: fc.integer({ min: 1, max: 30 * 60_000 }),
        value: fc.integer({ min: 170, max: 275 }),
      }),
      { minLength: 5, maxLength: 60 },
    )
    fc.assert(
      fc.property(
        series,
        fc.infiniteStream(fc.integer({ min: 0, max: 50 * 60_000 })),
        fc.constantFrom(0, 10 * 60_000),
        (given, late, delayMs) => {
          const rules = rulesOf({ delayMs })
          let time = 0
          const samples = given.map(({ gap, value }) => {
            time += gap
            return at(time, String(value))
          })
          const arriving = samples
            .map((sample) => ({ sample, arrives: sample.at + (late.next().value ?? 0) }))
            .sort((a, b) => a.arrives - b.arrives)
          const sorted = judged(rules, [samples], [time + HOUR])
          const ticks = arriving.map(({ arrives }) => arrives)
          const mixed = judged(
            rules,
            arriving.map(({ sample }) => [sample]),
            [...ticks.slice(0, -1), time + HOUR],
          )
          expect(levels(mixed.changes)).toEqual(levels(sorted.changes))
          expect(mixed.book.now).toEqual(sorted.book.now)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('decimals of points', () => {
  it('are exact', () => {
    expect(scaledText(scaledReading(12_345n, 2, scaled('0.1'), scaled('-1')))).toBe('11.345')
    expect(scaledText(scaled('230'))).toBe('230')
    expect(scaledText(scaled('-0.50'))).toBe('-0.5')
    expect(scaledText(scaled('0'))).toBe('0')
  })

  it.each(['', '1e3', '1.', '.5', '1.0000000001', '--1', '1234567890123456'])(
    'refuse %j',
    (text) => {
      expect(scaledOf(text)).toBeUndefined()
    },
  )
})

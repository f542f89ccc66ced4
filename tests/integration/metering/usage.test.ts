import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, hours, type Instant, instant, minutes } from '#src/core'
import type { Granularity } from '#src/metering'
import { alone, at, type Field, openField, reading, usageAt, usageOf } from './field.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

const zones = ['Europe/Berlin', 'Asia/Shanghai', 'America/St_Johns'] as const
/** Days around which these zones change their clocks, and one on which none does. */
const mornings = ['2026-03-07', '2026-03-28', '2026-10-24', '2026-11-01', '2026-06-15'] as const
const granularities: readonly Granularity[] = ['15min', 'hour', 'day', 'month']

interface Known {
  readonly at: number
  readonly units: number
}

/**
 * Usage as one would work it out by hand, in 10^-8 kWh so that interpolation needs no rounding to
 * be compared: every boundary on its own, by a search through all readings.
 */
function byHand(all: readonly Known[], start: number, end: number) {
  const boundary = (when: number) => {
    const exact = all.find((known) => known.at === when)
    if (exact !== undefined) return { units: exact.units, isExact: true }
    const before = all.findLast((known) => known.at < when)
    const after = all.find((known) => known.at > when)
    if (before === undefined || after === undefined || after.at - before.at > hours(1)) return
    const share = (when - before.at) / (after.at - before.at)
    return { units: before.units + (after.units - before.units) * share, isExact: false }
  }
  const inside = all.filter((known) => known.at >= start && known.at <= end)
  const from = boundary(start)
  const to = boundary(end)
  if (from !== undefined && to !== undefined) {
    const quality = from.isExact && to.isExact ? 'measured' : 'interpolated'
    return { units: to.units - from.units, quality }
  }
  const first = from ?? inside[0]
  const last = to ?? inside.at(-1)
  if (first === undefined || last === undefined) return undefined
  const firstAt = from === undefined ? (inside[0]?.at ?? 0) : start
  const lastAt = to === undefined ? (inside.at(-1)?.at ?? 0) : end
  return lastAt > firstAt ? { units: last.units - first.units, quality: 'incomplete' } : undefined
}

/** The civil periods of a zone, by walking minute by minute. */
function periodsByHand(zone: string, granularity: Granularity, from: Instant, to: Instant) {
  const civil = civilTime(zone)
  const keyOf = (when: Instant) => {
    const date = civil.dateOf(when)
    if (granularity === 'month') return date.slice(0, 7)
    if (granularity === 'day') return date
    const sinceMidnight = when - civil.startOf(date)
    return `${date} ${Math.floor(sinceMidnight / minutes(granularity === 'hour' ? 60 : 15))}`
  }
  const starts: Instant[] = []
  const step = minutes(15)
  let before = ''
  for (
    let when = instant(from - 35 * hours(24));
    when < to + 35 * hours(24);
    when = instant(when + step)
  ) {
    const key = keyOf(when)
    if (key !== before) starts.push(when)
    before = key
  }
  return starts
    .slice(1)
    .map((end, index) => ({ start: starts[index] ?? end, end }))
    .filter(({ start, end }) => end > from && start < to)
}

const micro = (value: string): bigint => {
  const [whole = '', part = ''] = value.split('.')
  return BigInt(whole + part.padEnd(6, '0'))
}

describe('usage', () => {
  test('is what one works out by hand, in zones whose clocks change, with gaps', async () => {
    const plan = fc.record({
      zone: fc.constantFrom(...zones),
      morning: fc.constantFrom(...mornings),
      granularity: fc.constantFrom(...granularities),
      step: fc.constantFrom(minutes(5), minutes(15), minutes(30), minutes(60), minutes(61)),
      offset: fc.constantFrom(0, 3_000, minutes(7)),
      gaps: fc.array(fc.nat({ max: 120 }), { maxLength: 30 }),
      growth: fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 10 }),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ zone, morning, granularity, step, offset, gaps, growth }) => {
        const meter = await field.newMeter()
        const { readings, metering } = field.in(zone)
        const begin = at(`${morning}T00:00:00Z`)
        const known: Known[] = []
        let digits = 1_000
        for (let index = 0; index < 120; index += 1) {
          digits += growth[index % growth.length] ?? 0
          if (gaps.includes(index)) continue
          known.push({ at: begin + offset + index * step, units: digits })
        }
        await readings.store(
          known.map(({ at: when, units }) => reading(meter, instant(when), units)),
        )
        const to = instant(begin + 48 * hours(1))
        const usage = await usageOf(metering, meter, { from: begin, to, granularity })
        const expected = periodsByHand(zone, granularity, begin, to).flatMap(({ start, end }) => {
          const found = byHand(known, start, end)
          return found === undefined ? [] : [{ start, end, ...found }]
        })
        expect(usage.items.map(({ start, end, quality }) => ({ start, end, quality }))).toEqual(
          expected.map(({ start, end, quality }) => ({ start, end, quality })),
        )
        for (const [index, { value }] of usage.items.entries()) {
          // Each boundary is cut to the ten-thousandth.
          expect(Math.abs(Number(value) - (expected[index]?.units ?? 0) / 100)).toBeLessThan(2e-4)
        }
      }),
      { numRuns: 15 },
    )
  })

  test('of neighbouring periods adds up to that of the whole', async () => {
    const meter = await field.newMeter()
    const begin = at('2026-10-24T22:00:00Z')
    const { readings, metering } = field.in('Europe/Berlin')
    await readings.store(
      Array.from({ length: 400 }, (_, index) =>
        reading(meter, instant(begin + 7_123 + index * minutes(7)), 1_000 + index ** 2),
      ),
    )
    const range = { from: instant(begin + hours(1)), to: instant(begin + hours(24)) }
    const sum = async (granularity: Granularity) => {
      const { items } = await usageOf(metering, meter, { ...range, granularity })
      return items.slice(1, granularity === '15min' ? 93 : 24)
    }
    const quarters = await sum('15min')
    for (const hour of await sum('hour')) {
      const own = quarters.filter(({ start }) => start >= hour.start && start < hour.end)
      if (own.length < 4) continue
      const total = own.reduce((units, { value }) => units + micro(value), 0n)
      expect(total).toBe(micro(hour.value))
    }
  })

  test('is primary energy, exactly, for any ratio of transformers', async () => {
    const begin = at('2026-11-10T00:00:00+08:00')
    const values = async (numerator: bigint, denominator: bigint) => {
      const place = await field.newPlace()
      const own = await field.newMeter()
      await field.install(place, { meter: own, from: instant(0), ct: [numerator, denominator] })
      await field.readings.store(
        [0, 1, 2, 3].map((day) => reading(own, instant(begin + day * hours(24)), 1_234 + day * 11)),
      )
      const { items } = await usageAt(
        field.metering,
        [{ meterId: own, usagePointId: place, from: instant(0), to: null }],
        { from: begin, to: instant(begin + 3 * hours(24)), granularity: 'day' },
      )
      return items.map(({ value }) => value)
    }
    expect(await values(80n, 1n)).toEqual(['8.80', '8.80', '8.80'])
    expect(await values(4000n * 100n, 1n)).toEqual(['44000.00', '44000.00', '44000.00'])
    expect(await values(3n, 2n)).toEqual(['0.165', '0.165', '0.165'])
    // No decimal ends here; the days still add up to the whole.
    expect(await values(2n, 3n)).toEqual(['0.073334', '0.073333', '0.073333'])
  })

  test('never comes from a register that fell, and counts such periods', async () => {
    const begin = at('2026-11-10T00:00:00+08:00')
    const hour = (values: readonly number[]) => async () => {
      const meter = await field.newMeter()
      await field.readings.store(
        values.map((digits, index) => reading(meter, instant(begin + index * hours(1)), digits)),
      )
      const to = instant(begin + (values.length - 1) * hours(1))
      const usage = await usageOf(field.metering, meter, { from: begin, to, granularity: 'hour' })
      return [
        usage.items.map(({ start, value }) => [(start - begin) / hours(1), value]),
        usage.fallen,
      ]
    }
    const same = [3, '0.01'] as const
    // One wrong zero: neither a fall below nothing nor a jump from nothing is energy.
    expect(await hour([100, 101, 0, 102, 103])()).toEqual([[[0, '0.01'], same], 2])
    // One wrong value far above.
    expect(await hour([100, 101, 53_700, 102, 103])()).toEqual([[[0, '0.01'], same], 2])
    // A reset: what follows it counts again.
    expect(await hour([100, 101, 0, 1, 2])()).toEqual([
      [
        [0, '0.01'],
        [2, '0.01'],
        [3, '0.01'],
      ],
      1,
    ])
    // A freeze with fewer decimals than the curve does not fall.
    const meter = await field.newMeter()
    await field.readings.store([
      reading(meter, instant(begin - minutes(15)), 1_000_057, 4),
      reading(meter, begin, 10_000, 2, { dataClass: 'daily' }),
      reading(meter, instant(begin + minutes(15)), 1_000_157, 4),
    ])
    const range = { from: instant(begin - minutes(15)), to: instant(begin + minutes(15)) }
    const usage = await usageOf(field.metering, meter, { ...range, granularity: '15min' })
    expect(usage.fallen).toBe(0)
    expect(usage.items).toHaveLength(2)
  })

  test('prefers the freeze at midnight, and says when a reading is doubtful', async () => {
    const meter = await field.newMeter()
    const begin = at('2026-11-10T00:00:00+08:00')
    const days = (count: number) => instant(begin + count * hours(24))
    await field.readings.store([
      reading(meter, days(0), 1_000, 2, { dataClass: 'daily' }),
      reading(meter, days(0), 1_001),
      reading(meter, days(1), 1_500, 2, { dataClass: 'daily' }),
      reading(meter, days(2), 1_700, 2, { dataClass: 'daily', quality: 'clock-doubtful' }),
      // Kept apart from the wide rows, and still known.
      reading(meter, days(3), 1_800_000, 5, { dataClass: 'monthly' }),
    ])
    const range = { from: days(0), to: days(3) }
    const usage = await usageOf(field.metering, meter, { ...range, granularity: 'day' })
    expect(usage.items.map(({ value, quality }) => [value, quality])).toEqual([
      ['5.00', 'measured'],
      ['2.00', 'suspect'],
      ['1.00', 'suspect'],
    ])
  })

  test('of the running day is what is known so far', async () => {
    const meter = await field.newMeter()
    const begin = at('2026-11-10T00:00:00+08:00')
    await field.readings.store([
      reading(meter, begin, 1_000),
      reading(meter, instant(begin + hours(5)), 1_100),
      reading(meter, instant(begin + hours(5) + minutes(20)), 1_110),
    ])
    const range = { from: begin, to: instant(begin + hours(48)) }
    expect((await usageOf(field.metering, meter, { ...range, granularity: 'day' })).items).toEqual([
      { start: begin, end: instant(begin + hours(24)), value: '1.10', quality: 'incomplete' },
    ])
    const byHour = await usageOf(field.metering, meter, { ...range, granularity: 'hour' })
    // The gap of five hours is not spread over its hours; the hour begun is incomplete.
    expect(byHour.items).toEqual([
      {
        start: instant(begin + hours(5)),
        end: instant(begin + hours(6)),
        value: '0.10',
        quality: 'incomplete',
      },
    ])
  })

  test('is refused for what is not energy and for endless lists', async () => {
    const meter = await field.newMeter()
    const installations = [alone(meter)]
    const range = { from: instant(0), to: at('2026-01-01T00:00:00Z') }
    const query = { installations, ...range, granularity: '15min' } as const
    expect(await field.metering.usage({ ...query, register: '32.7.0' })).toMatchObject({
      error: { kind: 'not-a-register' },
    })
    expect(await field.metering.usage({ ...query, register: '1.8.0' })).toMatchObject({
      error: { kind: 'too-many-periods' },
    })
  })
})

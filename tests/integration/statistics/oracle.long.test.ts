import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BusinessDate, civilTime, hours, instant, parseBusinessDate } from '#src/core'
import { createMetering } from '#src/metering'
import {
  createStatistics,
  createStatisticsFollower,
  dimensions,
  loadDimensions,
  periods,
  qualityDimensions,
  type Statistics,
} from '#src/statistics'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { makeNetwork } from './network.ts'
import { type Day, daysOf, type PointDay } from './oracle.ts'
import { lifeOf } from './oracle-life.ts'
import { archive, read } from './oracle-store.ts'
import { energySums, keyOf, loadSums, periodStart, qualitySums } from './oracle-sums.ts'

function dayOf(text: string): BusinessDate {
  const parsed = parseBusinessDate(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

/** Around the ends of a month and a year, and the nights on which the clocks change. */
const lives = [
  { seed: 1, zone: 'Europe/Berlin', from: '2026-10-23', count: 4 },
  { seed: 2, zone: 'Europe/Berlin', from: '2026-03-27', count: 6 },
  { seed: 3, zone: 'Asia/Shanghai', from: '2026-12-30', count: 4 },
  { seed: 103, zone: 'Europe/Berlin', from: '2026-04-02', count: 6 },
  { seed: 114, zone: 'Australia/Lord_Howe', from: '2026-10-02', count: 7 },
  { seed: 116, zone: 'Asia/Shanghai', from: '2026-03-27', count: 4 },
] as const
const page = { offset: 0, limit: 10_000 }

describe.each(lives)('what seed $seed brings about in $zone', ({ seed, zone, from, count }) => {
  const civil = civilTime(zone)
  const dates = Array.from({ length: count }, (_, index) => civil.addDays(dayOf(from), index))
  const wall = (date: BusinessDate, hour: number) => {
    const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
    return civil.toInstant({ year, month, day, hour, minute: 0, second: 0 })
  }
  const days = dates.map((date): Day => {
    const [start, end] = [civil.startOf(date), civil.startOf(civil.addDays(date, 1))]
    // On the night that has no hour between two and three, five comes three hours after midnight.
    const night = [wall(date, 2) ?? wall(date, 3) ?? start, wall(date, 5) ?? start] as const
    return { date, start, end, night }
  })
  const first = dates[0] ?? dayOf(from)
  const last = dates.at(-1) ?? first
  const begin = civil.startOf(first)
  const end = civil.startOf(civil.addDays(last, 1))
  const life = lifeOf(seed, begin, end)
  let database: TestDatabase
  let statistics: Statistics
  let known: readonly PointDay[]

  beforeAll(async () => {
    database = await migratedDatabase()
    const { db } = database
    const clock = new ManualClock(instant(end + hours(26)))
    statistics = createStatistics({ db, civil, clock, readings: { latest: async () => [] } })
    await makeNetwork(db, 0)
    await archive(db, life)
    const follow = async () => {
      await createMetering(db, civil).rollUp(clock.now())
      await createStatisticsFollower(db, civil).follow()
    }
    await read(
      db,
      life.samples.filter(({ isLate }) => !isLate),
    )
    await follow()
    await read(
      db,
      life.samples.filter(({ isLate }) => isLate),
    )
    await follow()
    known = daysOf(life, days)
  })
  afterAll(() => database.close())

  const spans: readonly (readonly [BusinessDate, BusinessDate])[] = [
    [first, last],
    [dates[1] ?? first, dates[2] ?? last],
    [last, last],
  ]
  const within = (span: readonly [BusinessDate, BusinessDate]) =>
    known.filter(({ date }) => date >= span[0] && date <= span[1])

  test.each(dimensions)('energy by %s is its sums by hand', async (by) => {
    for (const period of periods) {
      for (const [from, to] of spans) {
        const query = { by, period, from, to, register: '1.8.0', roles: ['receive'] } as const
        const found = await statistics.energy({ ...query, node: null, group: null }, page)
        if (!found.ok) throw new Error(found.error.message)
        const told = found.value.items.map(({ key, from: starts, energy, pointDays }) => {
          const { known, incomplete, expected } = pointDays
          return [starts, key, energy, known, incomplete, expected]
        })
        expect(told, `${by} ${period} ${from} ${to}`).toEqual(
          energySums(within([from, to]), keyOf(by), periodStart(period, from), from),
        )
      }
    }
  })

  test.each(loadDimensions)('load by %s is its sums by hand', async (by) => {
    for (const period of periods) {
      for (const [from, to] of spans) {
        const query = { by, period, from, to, node: null, compare: null } as const
        const found = await statistics.load(query, page)
        if (!found.ok) throw new Error(found.error.message)
        const told = found.value.items.map(
          ({ node: _, name: _n, before: _b, energyGrowth: _e, peakGrowth: _p, within, ...sum }) => {
            // No region of these worlds lies in another.
            expect(within).toBeNull()
            return sum
          },
        )
        expect(told, `${by} ${period} ${from} ${to}`).toEqual(
          loadSums(within([from, to]), keyOf(by), periodStart(period, from)),
        )
      }
    }
  })

  test('the load of a usage point tells what always runs at night, also where clocks change', async () => {
    for (let point = 1; point <= 8; point++) {
      const told = await statistics.pointLoad(`P${point}`, first, last)
      if (!told.ok) throw new Error(told.error.message)
      const expected = known
        .filter((day) => day.point === point && day.quarters.size > 0)
        .map(({ date, night }) => [
          date,
          night.length === 0
            ? null
            : meanOf(
                night.reduce((a, b) => a + b, 0n),
                night.length,
              ),
        ])
      expect(told.value.map(({ date, nightBase }) => [date, nightBase])).toEqual(expected)
    }
  })

  test.each(qualityDimensions)('quality by %s is its sums by hand', async (by) => {
    for (const period of periods) {
      for (const [from, to] of spans) {
        const query = { by, period, from, to, node: null, point: null } as const
        const asked = { ...query, sustainedMinutes: 3, below: null }
        const found = await statistics.quality(asked, page)
        if (!found.ok) throw new Error(found.error.message)
        const told = found.value.items.map(({ name: _, to: _t, ...sum }) => sum)
        expect(told, `${by} ${period} ${from} ${to}`).toEqual(
          qualitySums(within([from, to]), keyOf(by), periodStart(period, from), [from, to]),
        )
      }
    }
  })

  test('a page of the quality of usage points is a part of the whole list', async () => {
    for (const period of periods) {
      const query = { by: 'point', period, from: last, to: last, node: null, point: null } as const
      const asked = { ...query, sustainedMinutes: 3, below: null }
      const all = await statistics.quality(asked, page)
      const part = await statistics.quality(asked, { offset: 1, limit: 3 })
      expect(all.ok && part.ok && part.value.items).toEqual(all.ok && all.value.items.slice(1, 4))
      expect(part.ok && part.value.next).toBe(4)
    }
  })
})

const meanOf = (energy: bigint, quarters: number) => {
  const thousandths = (energy * 4n * 2n + 1_000n * BigInt(quarters)) / (2_000n * BigInt(quarters))
  return `${thousandths / 1_000n}.${String(thousandths % 1_000n).padStart(3, '0')}`
}

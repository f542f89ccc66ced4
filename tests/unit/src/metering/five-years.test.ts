import { expect, test } from 'vitest'
import { civilTime, hours, instant, minutes } from '#src/core'
import { energyOf, type Metered, periodsOf, type RegisterPoint } from '#src/metering'

const from = Date.UTC(2023, 0, 1, 12)
const to = Date.UTC(2028, 0, 1, 12)
const halfHours = (to - from) / minutes(30)
const width = 10n ** 10n

/** A register that is read every half hour: never the same step twice in a row, and full now and then. */
const flowed: readonly bigint[] = (() => {
  let sum = 9_900_000_000n
  return Array.from({ length: halfHours + 97 }, (_, nth) => {
    const now = sum
    sum += BigInt(50_000 + ((nth * 7_919) % 3_001) * 400)
    return now
  })
})()
const points: readonly RegisterPoint[] = flowed.map((sum, nth) => ({
  at: instant(from - hours(24) + nth * minutes(30)),
  ...{ micro: sum % width, scale: 6, quality: 'measured' },
}))
const meter: Metered = {
  ...{ meterId: 1, from: instant(0), to: null, numerator: 30n, denominator: 1n },
  ...{ width, perHour: 60_000_000n },
}

/** What each half hour adds to the day or month that the calendar of the zone says it is of. */
function byCalendar(zone: string, length: 7 | 10): ReadonlyMap<string, bigint> {
  const calendar = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
  })
  const sums = new Map<string, bigint>()
  for (const [nth, { at }] of points.slice(0, -1).entries()) {
    const key = calendar.format(at).slice(0, length)
    const more = ((flowed[nth + 1] ?? 0n) - (flowed[nth] ?? 0n)) * 30n
    sums.set(key, (sums.get(key) ?? 0n) + more)
  }
  return sums
}

test.each(['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'])(
  'five years of energy in %s belong to the days and months of its calendar, and sum to the whole',
  (zone) => {
    const civil = civilTime(zone)
    for (const [granularity, length] of [
      ['day', 10],
      ['month', 7],
    ] as const) {
      const expected = byCalendar(zone, length)
      const [first, last] = [instant(from + hours(24 * 32)), instant(to - hours(24 * 32))]
      const periods = periodsOf(civil, granularity, first, last, 10_000) ?? []
      const energies = energyOf(meter, points, periods)
      let sum = 0n
      for (const [nth, { start }] of periods.entries()) {
        const one = energies[nth]
        const key = civil.dateOf(start).slice(0, length)
        expect(one, key).toMatchObject({ energy: expected.get(key), quality: 'measured' })
        if (one?.kind === 'energy') sum += one.energy
      }
      const [start, end] = [periods[0]?.start ?? first, periods.at(-1)?.end ?? last]
      const whole = energyOf(meter, points, [{ start, end }])[0]
      expect(whole).toMatchObject({ energy: sum })
      expect(periods.length).toBe(granularity === 'day' ? 1_763 : 58)
    }
  },
)

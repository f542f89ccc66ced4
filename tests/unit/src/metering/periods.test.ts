import { describe, expect, test } from 'vitest'
import { civilTime, hours, type Instant, instant } from '#src/core'
import { periodsOf } from '#src/metering'

const from = instant(Date.UTC(2023, 0, 1, 12))
const to = instant(Date.UTC(2028, 0, 1, 12))
const endless = 1_000_000

/** How many days of a length, in hours, five years have. */
function lengths(zone: string): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const { start, end } of periodsOf(civilTime(zone), 'day', from, to, endless) ?? []) {
    const length = String((end - start) / hours(1))
    counted[length] = (counted[length] ?? 0) + 1
  }
  return counted
}

describe('five years of days', () => {
  test('have the hours that their zone gives them', () => {
    // 1,827 days from the one of the first noon to the one of the last, in every zone.
    expect(lengths('Asia/Shanghai')).toEqual({ 24: 1_827 })
    expect(lengths('Europe/Berlin')).toEqual({ 23: 5, 24: 1_817, 25: 5 })
    expect(lengths('America/St_Johns')).toEqual({ 23: 5, 24: 1_817, 25: 5 })
    expect(lengths('Australia/Lord_Howe')).toEqual({ '23.5': 5, 24: 1_817, '24.5': 5 })
  })

  test.each(['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'])(
    'in %s follow each other without a gap, and leave nothing out',
    (zone) => {
      const civil = civilTime(zone)
      for (const granularity of ['day', 'month'] as const) {
        const periods = periodsOf(civil, granularity, from, to, endless) ?? []
        const gaps = periods.filter(({ start }, index) => {
          const before: Instant | undefined = periods[index - 1]?.end
          return before !== undefined && before !== start
        })
        expect(gaps).toEqual([])
        const total = periods.reduce((sum, { start, end }) => sum + (end - start), 0)
        expect(total).toBe((periods.at(-1)?.end ?? 0) - (periods[0]?.start ?? 0))
      }
    },
  )
})

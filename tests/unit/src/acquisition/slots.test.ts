import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slotAfter, slotAt } from '#src/acquisition'
import { civilTime, hours, type Instant, instant, minutes, seconds } from '#src/core'

const at = (iso: string): Instant => instant(Date.parse(iso))
const quarter = { cycle: minutes(15), offset: seconds(0) }
const daily = { cycle: hours(24), offset: minutes(30) }

describe('slots of a plan', () => {
  it('count from civil midnight, also in a zone of half hours', () => {
    const india = civilTime('Asia/Kolkata')
    const hourly = { cycle: hours(1), offset: seconds(0) }
    expect(slotAt(hourly, at('2026-11-22T04:59:00Z'), india)).toBe(at('2026-11-22T04:30:00Z'))
    expect(slotAfter(hourly, at('2026-11-22T04:30:00Z'), india)).toBe(at('2026-11-22T05:30:00Z'))
  })

  it('give one daily slot a day, 30 minutes after midnight', () => {
    const china = civilTime('Asia/Shanghai')
    expect(slotAt(daily, at('2026-11-22T04:00:00Z'), china)).toBe(at('2026-11-21T16:30:00Z'))
    expect(slotAt(daily, at('2026-11-21T16:29:59Z'), china)).toBe(at('2026-11-20T16:30:00Z'))
    expect(slotAfter(daily, at('2026-11-22T04:00:00Z'), china)).toBe(at('2026-11-22T16:30:00Z'))
  })

  it('are 92 or 100 quarters on the days when clocks change', () => {
    const berlin = civilTime('Europe/Berlin')
    const count = (from: string, to: string) => {
      let slots = 0
      let now = slotAt(quarter, at(from), berlin)
      while (now < at(to)) {
        slots++
        now = slotAfter(quarter, now, berlin)
      }
      return slots
    }
    expect(count('2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toBe(92)
    expect(count('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toBe(100)
  })

  it('come each exactly once in five years, however the time is parted', () => {
    const zones = ['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe']
    for (const zone of zones) {
      const civil = civilTime(zone)
      const first = at('2024-01-01T00:00:00Z')
      const last = at('2029-01-01T00:00:00Z')
      for (const duty of [daily, { cycle: hours(6), offset: minutes(2) }]) {
        const walked = new Set<Instant>()
        for (let slot = slotAt(duty, first, civil); slot < last; ) {
          expect(walked.has(slot)).toBe(false)
          walked.add(slot)
          slot = slotAfter(duty, slot, civil)
        }
        // Looked for from any moment on, the slots are the same.
        for (let moment = first; moment < last; moment = instant(moment + hours(121))) {
          expect(walked.has(slotAt(duty, moment, civil))).toBe(true)
        }
        const days = 5 * 365 + 2
        const isDaily = duty === daily
        expect(walked.size).toBeGreaterThanOrEqual(isDaily ? days - 1 : 4 * days - 1)
        expect(walked.size).toBeLessThanOrEqual((isDaily ? days : 4 * days + 5) + 1)
      }
    }
  })

  it('follow each other without gap or overlap in any zone', () => {
    const zones = fc.constantFrom(
      ...['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'],
    )
    const cycles = fc.constantFrom(minutes(1), minutes(15), hours(1), hours(24))
    const moments = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2028, 0, 1) })
    fc.assert(
      fc.property(zones, cycles, moments, (zone, cycle, moment) => {
        const civil = civilTime(zone)
        const duty = { cycle, offset: minutes(5) }
        const now = instant(moment)
        const slot = slotAt(duty, now, civil)
        const next = slotAfter(duty, now, civil)
        expect(slot).toBeLessThanOrEqual(now)
        expect(next).toBeGreaterThan(now)
        expect(slotAfter(duty, slot, civil)).toBe(next)
        expect(slotAt(duty, next, civil)).toBe(next)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isClear, suitsBroadcast, verdictOf } from '#src/clocks'
import { civilTime, type Instant, instant } from '#src/core'

const MINUTE = 60_000

/** Minutes of the hour that a wall clock shows, by another calendar than ours. */
function minutesIn(zone: string): (at: Instant) => number {
  const parts = new Intl.DateTimeFormat('en', { minute: '2-digit', timeZone: zone })
  return (at) => Number(parts.format(at))
}

describe('a moment at which a clock may be moved', () => {
  const zones = ['Asia/Shanghai', 'Asia/Kathmandu', 'Europe/Berlin', 'Australia/Lord_Howe']
  const offsets = [-899, -301, 61, 299, 600, 3_600]
  // A plain day, and the days on which Berlin and Lord Howe change their clocks.
  const days = ['2026-11-22', '2026-03-29', '2026-10-25', '2026-04-05', '2026-10-04']

  it.each(zones)('is never within five minutes of a full hour of either clock in %s', (zone) => {
    const civil = civilTime(zone)
    const minuteOf = minutesIn(zone)
    let clear = 0
    for (const day of days) {
      for (let minute = 0; minute < 1_440; minute += 11) {
        const now = instant(Date.parse(`${day}T00:00:00Z`) + minute * MINUTE + 30_000)
        for (const seconds of offsets) {
          if (!isClear(now, seconds * 1_000, civil)) continue
          clear++
          for (const at of [now, instant(now + seconds * 1_000)]) {
            const shown = minuteOf(at)
            if (shown < 5 || shown >= 55) expect.fail(`${civil.iso(at)} for ${seconds} s`)
          }
        }
      }
    }
    expect(clear).toBeGreaterThan(200)
  })

  it('leaves no full hour between the two clocks, and none of a quarter hour where it can', () => {
    const civil = civilTime('Asia/Shanghai')
    const day = Date.parse('2026-11-22T00:00:00Z')
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 86_400_000 }),
        fc.integer({ min: -2_900_000, max: 2_900_000 }),
        (at, off) => {
          const now = instant(day + at)
          if (!isClear(now, off, civil)) return true
          const hours = [now, now + off].map((ms) => Math.floor(ms / 3_600_000))
          const quarters = [now, now + off].map((ms) => Math.floor(ms / 900_000))
          return hours[0] === hours[1] && (Math.abs(off) >= 780_000 || quarters[0] === quarters[1])
        },
      ),
    )
  })

  it('comes every hour for every offset that one person may decide', () => {
    const civil = civilTime('Asia/Shanghai')
    const day = Date.parse('2026-11-22T06:00:00Z')
    for (let off = -14 * MINUTE; off <= 14 * MINUTE; off += 2 * MINUTE) {
      const open = Array.from({ length: 120 }, (_, step) => instant(day + step * 30_000))
      expect(
        open.some((now) => isClear(now, off, civil)),
        String(off),
      ).toBe(true)
    }
  })
})

describe('what an offset comes to', () => {
  it.each([
    ['meter', 0, 500, 'good'],
    ['meter', 10_000, 0, 'good'],
    ['meter', -10_001, 0, 'watched'],
    ['terminal', 5_001, 0, 'watched'],
    ['meter', 60_000, 500, 'watched'],
    ['meter', 60_600, 500, 'correctable'],
    // A minute that may as well be none is no reason.
    ['meter', 70_000, 20_000, 'watched'],
    ['meter', -899_000, 500, 'correctable'],
    ['meter', -899_600, 500, 'needs-two'],
    ['terminal', 900_000, 0, 'needs-two'],
    ['meter', null, 500, 'impossible'],
  ] as const)('%s %s ms ± %s is %s', (kind, offsetMs, uncertaintyMs, verdict) => {
    expect(verdictOf(kind, { offsetMs, uncertaintyMs })).toBe(verdict)
  })

  it('suits a broadcast below five minutes, where meters take one', () => {
    expect(suitsBroadcast('dlt645-2007', 299_999)).toBe(true)
    expect(suitsBroadcast('dlt645-2007', -300_000)).toBe(false)
    expect(suitsBroadcast('dlt698', 1_000)).toBe(false)
  })
})

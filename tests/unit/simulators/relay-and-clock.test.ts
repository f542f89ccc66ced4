import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, meterOf, NOON_MS } from './field.ts'

describe('the relay', () => {
  const hourMs = 3_600_000

  it('stops consumption while it is open and lets nothing be caught up', () => {
    const free = meterOf()
    const cut = meterOf()
    cut.openRelay(NOON_MS)
    cut.closeRelay(NOON_MS + 2 * hourMs)
    const at = (meter: typeof free, ms: number) => meter.registersAt(ms, 1).import.total
    expect(at(cut, NOON_MS - 1)).toBe(at(free, NOON_MS - 1))
    expect(at(cut, NOON_MS + hourMs)).toBe(at(cut, NOON_MS))
    expect(cut.isClosedAt(NOON_MS + hourMs)).toBe(false)
    expect(cut.momentaryAt(NOON_MS + hourMs)).toMatchObject({ totalActiveDeciW: 0 })
    expect(cut.momentaryAt(NOON_MS + hourMs).voltageDeciV[0]).toBeGreaterThan(2_000)
    const missed = at(free, NOON_MS + 2 * hourMs) - at(free, NOON_MS)
    expect(missed).toBeGreaterThan(0)
    expect(at(cut, NOON_MS + 5 * hourMs)).toBe(at(free, NOON_MS + 5 * hourMs) - missed)
  })

  it('stays as it was over a restart that keeps the memory', () => {
    const before = meterOf()
    before.openRelay(NOON_MS)
    const after = meterOf({ memory: before.memory })
    expect(after.isClosedAt(NOON_MS + hourMs)).toBe(false)
    expect(after.registersAt(NOON_MS + hourMs, 1)).toEqual(before.registersAt(NOON_MS + hourMs, 1))
  })
})

describe('the clock', () => {
  it('drifts by its ppm', () => {
    const meter = meterOf({ offsetMs: 1_000, ppm: 10 })
    const anchor = Date.UTC(2026, 0, 1)
    expect(meter.clock.shownAt(anchor) - anchor).toBe(1_000)
    expect(meter.clock.shownAt(anchor + DAY_MS) - anchor - DAY_MS).toBe(1_000 + 864)
  })

  it('knows when it showed a time, also across settings', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -300, max: 300 }),
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 0, max: 400 * DAY_MS }),
        (offsetS, ppm, afterMs) => {
          const meter = meterOf({ offsetMs: offsetS * 1_000, ppm })
          const ms = Date.UTC(2026, 0, 1) + afterMs
          expect(Math.abs(meter.clock.momentShowing(meter.clock.shownAt(ms)) - ms)).toBeLessThan(3)
        },
      ),
    )
    const meter = meterOf({ offsetMs: -60_000 })
    meter.clock.set({ year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }, NOON_MS)
    expect(meter.clock.shownAt(NOON_MS)).toBe(NOON_MS)
    // The half minute that was jumped over was reached at the jump.
    expect(meter.clock.momentShowing(NOON_MS - 30_000)).toBe(NOON_MS)
    expect(meter.clock.shownAt(NOON_MS - 1)).toBe(NOON_MS - 60_001)
  })

  it('obeys a broadcast once a day and by five minutes at most', () => {
    const meter = meterOf({ offsetMs: 120_000 })
    const right = { year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }
    expect(meter.clock.setByBroadcast({ ...right, minute: 15 }, NOON_MS)).toBe(false)
    expect(meter.clock.setByBroadcast(right, NOON_MS)).toBe(true)
    expect(meter.clock.setByBroadcast({ ...right, minute: 8 }, NOON_MS + 60_000)).toBe(false)
    const tomorrow = { ...right, day: 23, second: 14 }
    expect(meter.clock.setByBroadcast(tomorrow, NOON_MS + DAY_MS)).toBe(true)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classes, DAY_MS, meterOf, NOON_MS, SLOT_MS } from './field.ts'

const WH = 1_000
const CENTIKWH = 10_000
const moments = fc.integer({ min: Date.UTC(2021, 5, 1), max: Date.UTC(2099, 11, 31) })
const anyClass = fc.constantFrom(...classes)
const seeds = fc.integer({ min: 0, max: 0xffff_ffff })

describe('registers', () => {
  it('never fall', () => {
    fc.assert(
      fc.property(
        anyClass,
        seeds,
        moments,
        fc.integer({ min: 0, max: 400 * DAY_MS }),
        (...drawn) => {
          const [customerClass, seed, from, step] = drawn
          const meter = meterOf({ customerClass, seed })
          const before = meter.registersAt(from, WH)
          const after = meter.registersAt(Math.min(from + step, Date.UTC(2100, 0, 1)), WH)
          const pairs = [
            [before.import, after.import],
            [before.export, after.export],
            ...before.quadrants.map(
              (quadrant, index) => [quadrant, after.quadrants[index]] as const,
            ),
            [before.apparentImport, after.apparentImport],
          ] as const
          for (const [earlier, later] of pairs) {
            expect(later?.total).toBeGreaterThanOrEqual(earlier.total)
            for (const [index, rate] of earlier.rates.entries()) {
              expect(later?.rates[index]).toBeGreaterThanOrEqual(rate)
            }
          }
          for (const [phase, energy] of before.phaseImport.entries()) {
            expect(after.phaseImport[phase]).toBeGreaterThanOrEqual(energy)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('never fall across a quarter hour, a midnight, a month, a year or a change of the clock', () => {
    const zone = 'Europe/Berlin'
    const boundaries = [
      Date.UTC(2026, 5, 3, 10, 15),
      Date.UTC(2026, 5, 2, 22),
      Date.UTC(2026, 5, 30, 22),
      Date.UTC(2025, 11, 31, 23),
      Date.UTC(2026, 2, 29, 1),
      Date.UTC(2026, 9, 25, 1),
    ]
    for (const customerClass of classes) {
      const meter = meterOf({ zone, customerClass })
      for (const boundary of boundaries) {
        let last = 0
        for (let ms = boundary - 3_000; ms <= boundary + 3_000; ms += 250) {
          const { total } = meter.registersAt(ms, 1).import
          expect(total).toBeGreaterThanOrEqual(last)
          last = total
        }
      }
    }
  })

  it('show as total what their rates add up to, in every resolution', () => {
    fc.assert(
      fc.property(anyClass, seeds, moments, fc.constantFrom(1, WH, CENTIKWH), (...drawn) => {
        const [customerClass, seed, ms, unit] = drawn
        const all = meterOf({ customerClass, seed }).registersAt(ms, unit)
        const rated = [all.import, all.export, all.combined, ...all.reactive, ...all.quadrants]
        for (const { total, rates } of rated) {
          expect(total).toBe(rates.reduce((sum, rate) => sum + rate, 0))
          expect(Number.isSafeInteger(total)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('are the same after a restart', () => {
    for (const customerClass of classes) {
      const before = meterOf({ customerClass, offsetMs: 3_000, ppm: 2 })
      // Another order of questions must not matter either.
      before.demandsBetween(NOON_MS - 3 * DAY_MS, NOON_MS)
      const after = meterOf({ customerClass, offsetMs: 3_000, ppm: 2 })
      for (const ms of [NOON_MS, NOON_MS - 400 * DAY_MS, NOON_MS + 7]) {
        expect(after.registersAt(ms, 1)).toEqual(before.registersAt(ms, 1))
        expect(after.momentaryAt(ms)).toEqual(before.momentaryAt(ms))
      }
    }
  })

  it('do not depend on which other meters share the site', () => {
    const alone = meterOf({ seed: 1 }).registersAt(NOON_MS, 1)
    const meter = meterOf({ seed: 1 })
    for (let seed = 2; seed < 40; seed++) meterOf({ seed }).registersAt(NOON_MS, 1)
    expect(meter.registersAt(NOON_MS, 1)).toEqual(alone)
  })

  it('are zero before the first year', () => {
    const { import: imported } = meterOf().registersAt(Date.UTC(2021, 6, 1), 1)
    expect(imported.total).toBe(0)
  })

  it('count a plausible year for each class of customer', () => {
    const yearKwh = (customerClass: (typeof classes)[number]) => {
      const meter = meterOf({ customerClass })
      const from = meter.registersAt(Date.UTC(2024, 11, 31, 16), WH).import.total
      return (meter.registersAt(Date.UTC(2025, 11, 31, 16), WH).import.total - from) / 1_000
    }
    expect(yearKwh('household')).toBeGreaterThan(1_300)
    expect(yearKwh('household')).toBeLessThan(5_200)
    expect(yearKwh('workshop')).toBeGreaterThan(yearKwh('shop'))
  })
})

describe('load shapes', () => {
  const kwhBetween = (customerClass: (typeof classes)[number], from: number, to: number) => {
    const meter = meterOf({ customerClass })
    return (
      (meter.registersAt(to, WH).import.total - meter.registersAt(from, WH).import.total) / 1_000
    )
  }
  /** Local hours of 2026-11-18, a Wednesday. */
  const hour = (local: number) => Date.UTC(2026, 10, 18, local - 8)

  it('light the street at night only', () => {
    expect(kwhBetween('street-light', hour(10), hour(16))).toBe(0)
    expect(kwhBetween('street-light', hour(20), hour(24))).toBeGreaterThan(0)
  })

  it('let the workshop work in the day and rest on Sundays', () => {
    const workday = kwhBetween('workshop', hour(8), hour(17))
    expect(workday).toBeGreaterThan(4 * kwhBetween('workshop', hour(20), hour(24)))
    const sunday = kwhBetween('workshop', hour(8 + 96), hour(17 + 96))
    expect(workday).toBeGreaterThan(3 * sunday)
  })

  it('never import and export in the same quarter hour', () => {
    const meter = meterOf({ customerClass: 'prosumer' })
    let exportingSlots = 0
    for (let slot = 0; slot < 96; slot++) {
      const from = meter.registersAt(hour(0) + slot * SLOT_MS, 1)
      const to = meter.registersAt(hour(0) + (slot + 1) * SLOT_MS, 1)
      const imported = to.import.total - from.import.total
      const exported = to.export.total - from.export.total
      expect(Math.min(imported, exported)).toBe(0)
      if (exported > 0) exportingSlots++
    }
    expect(exportingSlots).toBeGreaterThan(20)
  })

  it('move sharp hours with the season', () => {
    const meter = meterOf({ customerClass: 'factory' })
    const sharp = (ms: number) => meter.registersAt(ms, 1).import.rates[0] ?? 0
    const july = (local: number) => Date.UTC(2026, 6, 15, local - 8)
    expect(sharp(july(19)) - sharp(july(18))).toBe(0)
    expect(sharp(july(21)) - sharp(july(20))).toBeGreaterThan(0)
    expect(sharp(hour(19)) - sharp(hour(18))).toBeGreaterThan(0)
  })
})

describe('momentary values', () => {
  it('obey P = U·I·cos φ in each phase and add up to the total', () => {
    fc.assert(
      fc.property(anyClass, seeds, moments, (customerClass, seed, ms) => {
        const now = meterOf({ customerClass, seed }).momentaryAt(ms)
        const phases = now.activeDeciW.length
        for (let phase = 0; phase < phases; phase++) {
          const volts = (now.voltageDeciV[phase] ?? 0) / 10
          const amperes = Math.abs(now.currentMilliA[phase] ?? 0) / 1_000
          const factor = Math.abs(now.powerFactorPermille[phase] ?? 0) / 1_000
          const watts = Math.abs(now.activeDeciW[phase] ?? 0) / 10
          // Half a milliampere and half a permille of the power factor are what rounding may cost.
          expect(Math.abs(volts * amperes * factor - watts)).toBeLessThan(0.2 + watts * 0.002)
        }
        const sum = now.activeDeciW.reduce((total, each) => total + each, 0)
        expect(now.totalActiveDeciW).toBe(sum)
      }),
      { numRuns: 100 },
    )
  })

  it('average to what the register counts', () => {
    const meter = meterOf({ customerClass: 'factory' })
    const from = Math.floor(NOON_MS / SLOT_MS) * SLOT_MS
    let sumDeciW = 0
    for (let second = 0; second < 900; second++) {
      sumDeciW += meter.momentaryAt(from + second * 1_000).totalActiveDeciW
    }
    const counted =
      meter.registersAt(from + SLOT_MS, 1).import.total - meter.registersAt(from, 1).import.total
    expect(sumDeciW / 900 / (counted / 25)).toBeCloseTo(1, 2)
  })
})

describe('freezes, profile and settlements', () => {
  it('hold the register of the instant when the clock showed midnight', () => {
    for (const offsetMs of [0, 90_000, -240_000]) {
      const meter = meterOf({ offsetMs })
      for (let nth = 1; nth <= 62; nth++) {
        const frozen = meter.dailyFreeze(nth, NOON_MS)
        const midnight = Date.UTC(2026, 10, 21, 16) - (nth - 1) * DAY_MS
        expect(frozen?.ms).toBe(midnight - offsetMs)
        expect(frozen?.wall).toMatchObject({ hour: 0, minute: 0, second: 0 })
      }
      expect(meter.dailyFreeze(63, NOON_MS)).toBeNull()
    }
  })

  it('follow days of 23 and 25 hours', () => {
    const meter = meterOf({ zone: 'Europe/Berlin' })
    const lengthOfDayBefore = (nowMs: number) => {
      const end = meter.dailyFreeze(1, nowMs)?.ms ?? 0
      return (end - (meter.dailyFreeze(2, nowMs)?.ms ?? 0)) / 3_600_000
    }
    expect(lengthOfDayBefore(Date.UTC(2026, 2, 30, 12))).toBe(23)
    expect(lengthOfDayBefore(Date.UTC(2026, 9, 26, 12))).toBe(25)
    expect(meter.profileAfter(Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 26), 100)).toHaveLength(
      100,
    )
  })

  it('give a profile whose intervals add up to the difference of the registers', () => {
    const meter = meterOf({ offsetMs: 5_000, ppm: 3 })
    const records = meter.profileAfter(NOON_MS - DAY_MS, NOON_MS, 1_000)
    expect(records).toHaveLength(96)
    const totals = records.map(({ ms }) => meter.registersAt(ms, 1).import.total)
    const intervals = totals.slice(1).map((total, index) => total - (totals[index] ?? 0))
    expect(intervals.every((energy) => energy > 0)).toBe(true)
    const sum = intervals.reduce((total, energy) => total + energy, 0)
    expect(sum).toBe((totals.at(-1) ?? 0) - (totals[0] ?? 0))
    for (const { wall } of records) expect([wall.minute % 15, wall.second]).toEqual([0, 0])
  })

  it('settle at the first of each month', () => {
    const meter = meterOf()
    const walls = [0, 1, 2, 11].map((nth) => meter.settlement(nth, NOON_MS)?.wall)
    expect(walls.map((wall) => [wall?.year, wall?.month, wall?.day])).toEqual([
      [2026, 11, 1],
      [2026, 10, 1],
      [2026, 9, 1],
      [2025, 12, 1],
    ])
  })
})

describe('maximum demand', () => {
  it('is the highest quarter hour of all, with the moment it ended', () => {
    const meter = meterOf({ customerClass: 'workshop' })
    const from = Date.UTC(2026, 10, 15, 16)
    const to = from + 3 * DAY_MS + 5 * SLOT_MS
    let highest = 0
    let endedAt = 0
    for (let ms = from; ms + SLOT_MS <= to; ms += SLOT_MS) {
      const start = meter.registersAt(ms, 1).import.total
      const energy = meter.registersAt(ms + SLOT_MS, 1).import.total - start
      if (energy > highest) [highest, endedAt] = [energy, ms + SLOT_MS]
    }
    const demands = meter.demandsBetween(from, to)
    expect(demands.import.deciW).toBe(Math.trunc(highest / 25))
    expect(demands.import.wall).toEqual(meter.clock.wallAt(endedAt))
    expect(Math.max(...demands.importRates.map(({ deciW }) => deciW))).toBe(demands.import.deciW)
  })
})

import { type BusinessDate, type CivilTime, instant } from '#src/core'
import { type Expect, FINER, type Known, partOf } from './spread.ts'

/** What flowed in each step of each civil day, as far as it is known. */
export interface History {
  /** Milliseconds of a step; a day where nothing finer is known. */
  readonly step: number
  readonly days: ReadonlyMap<BusinessDate, readonly (bigint | undefined)[]>
}

/** Steps that meters have, and the day. */
export const DAY = 86_400_000

/**
 * The steps of which both ends are known. `points` grow in time; one that lies off the steps says
 * nothing about a single one.
 */
export function historyOf(civil: CivilTime, points: readonly Known[], step: number): History {
  const days = new Map<BusinessDate, (bigint | undefined)[]>()
  let date: BusinessDate | undefined
  let start = 0
  let end = 0
  for (const [index, { at, value }] of points.entries()) {
    const before = points[index - 1]
    if (before === undefined || value < before.value) continue
    if (date === undefined || before.at < start || before.at >= end) {
      date = civil.dateOf(before.at)
      start = civil.startOf(date)
      end = civil.startOf(civil.addDays(date, 1))
    }
    const slot = (before.at - start) / step
    const isDay = step === DAY && before.at === start && at === end
    const isStep = Number.isInteger(slot) && at - before.at === step
    if (!isDay && !(isStep && step !== DAY)) continue
    const slots = days.get(date) ?? []
    slots[isDay ? 0 : slot] = value - before.value
    days.set(date, slots)
  }
  return { step, days }
}

export interface Similarity {
  /** How many of the nearest days are taken. */
  readonly days: number
  /** Working days for working days, the rest for the rest. */
  readonly byKind: boolean
  readonly holidays: ReadonlySet<BusinessDate>
  /** How much more or less than usual flowed on a day, in millionths; of a reference. */
  readonly change?: ReadonlyMap<BusinessDate, bigint>
}

/** Days since 1970-01-01, by the Gregorian calendar; March begins its year. */
function dayNumber(date: BusinessDate): number {
  const [year = 1970, month = 1, day = 1] = date.split('-').map(Number)
  const shifted = month > 2 ? year : year - 1
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const leaps =
    Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400) - 719_468
  return shifted * 365 + leaps + ofYear
}

/** Days that are no working days; the first of 1970 was a Thursday. */
const isOff = (date: BusinessDate, holidays: ReadonlySet<BusinessDate>): boolean =>
  holidays.has(date) || [0, 6].includes((dayNumber(date) + 4) % 7)

/** Undefined where no day is like it. */
export function likeDays(
  civil: CivilTime,
  history: History,
  similarity: Similarity,
): Expect | undefined {
  const { step, days } = history
  if (days.size === 0) return undefined
  const known = [...days.keys()].toSorted()
  const off = new Map(known.map((date) => [date, isOff(date, similarity.holidays)]))
  const profiles = new Map<BusinessDate, readonly bigint[]>()

  /** What is usual in each step of such a day, in millionths. */
  function profileOf(date: BusinessDate): readonly bigint[] {
    const made = profiles.get(date)
    if (made !== undefined) return made
    const kind = isOff(date, similarity.holidays)
    const others = known.filter((one) => one !== date)
    const alike = others.filter((one) => off.get(one) === kind)
    const candidates = (similarity.byKind && alike.length > 0 ? alike : others).toSorted(
      (a, b) =>
        Math.abs(dayNumber(a) - dayNumber(date)) - Math.abs(dayNumber(b) - dayNumber(date)) ||
        (a < b ? -1 : 1),
    )
    const steps = Math.max(1, Math.round(DAY / step))
    const profile = Array.from({ length: steps }, (_, slot) => {
      let sum = 0n
      let count = 0n
      for (const other of candidates) {
        const energy = days.get(other)?.[slot]
        if (energy === undefined) continue
        sum += energy
        count += 1n
        if (count >= BigInt(similarity.days)) break
      }
      return count === 0n ? undefined : (sum * FINER) / count
    })
    const usual = profile.filter((one) => one !== undefined)
    const mean = usual.reduce((sum, one) => sum + one, 0n) / BigInt(Math.max(usual.length, 1))
    const filled = profile.map((one) => one ?? mean)
    const change = similarity.change?.get(date)
    const changed = change === undefined ? filled : filled.map((one) => (one * change) / FINER)
    profiles.set(date, changed)
    return changed
  }

  return (from, to) => {
    let sum = 0n
    for (let at = from; at < to; ) {
      const date = civil.dateOf(at)
      const start = civil.startOf(date)
      const end = civil.startOf(civil.addDays(date, 1))
      const length = step === DAY ? end - start : step
      const profile = profileOf(date)
      // An hour that is repeated goes on as its day ended.
      const slot = Math.min(Math.floor((at - start) / length), profile.length - 1)
      const begun = start + Math.floor((at - start) / length) * length
      const ends = Math.min(to, end, begun + length)
      sum += partOf(profile[slot] ?? 0n, at - begun, ends - begun, BigInt(length))
      at = instant(ends)
    }
    return sum
  }
}

/** November 2026 in Asia/Shanghai. */
export const DAYS = 30
export const ALWAYS = { from: -10_000, to: 10_000 }

export const dateOfDay = (day: number) => `2026-11-${String(day + 1).padStart(2, '0')}`

/** What a seed decides, the same for the same seed. */
export function dice(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (count: number) => Math.floor(next() * count),
    is: (share: number) => next() < share,
    of: <T>(some: readonly T[]): T => {
      const one = some[Math.floor(next() * some.length)]
      if (one === undefined) throw new Error('nothing to choose from')
      return one
    },
  }
}

/** Midnight in Asia/Shanghai. */
export const START = Date.UTC(2026, 9, 31, 16)
const HOUR_MS = 3_600_000

/** When an hour of the month begins; null: it never ends. */
export const at = (hour: number) =>
  Math.abs(hour) === ALWAYS.to ? null : new Date(START + hour * HOUR_MS).toISOString()

/** Who uses other than before, and takes nothing. */
export const innocentKinds = [
  'holiday',
  'moved out',
  'moved in',
  'solar',
  'new shop',
  'new meter',
] as const
export type InnocentKind = (typeof innocentKinds)[number]

const QUARTERS = 4
const PER_DAY = 96

/** What is really used, once something changed. */
export function changed(
  used: Float64Array,
  kind: InnocentKind,
  draw: () => number,
): Float64Array<ArrayBuffer> {
  const day = 10 + Math.floor(draw() * 26)
  const from = day * PER_DAY
  const base = 0.02
  switch (kind) {
    case 'holiday': {
      // Two to four weeks away; what always runs goes on.
      const until = from + (14 + Math.floor(draw() * 15)) * PER_DAY
      return used.map((kWh, at) => (at >= from && at < until ? Math.min(kWh, base) : kWh))
    }
    case 'new meter':
      return Float64Array.from(used)
    case 'moved out':
      return used.map((kWh, at) => (at < from ? kWh : 0))
    case 'moved in':
      return used.map((kWh, at) => (at < from ? 0 : kWh))
    case 'solar': {
      const peak = 0.5 + draw()
      return used.map((kWh, at) => {
        const hour = (at % PER_DAY) / QUARTERS
        const sun = Math.max(0, Math.sin(((hour - 8) / 9) * Math.PI)) * (0.3 + 0.7 * draw())
        return at < from || hour < 8 || hour > 17 ? kWh : kWh - peak * sun
      })
    }
    case 'new shop':
      // Open on all days from nine to eight, from a day on.
      return used.map((kWh, at) => {
        const hour = (at % PER_DAY) / QUARTERS
        return at < from || hour < 9 || hour >= 20 ? kWh : kWh + 0.8 + 0.4 * draw()
      })
  }
}

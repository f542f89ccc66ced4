import type { Duration, Instant } from '#src/core'
import { hours, instant, minutes } from '#src/core'

/** A frame that could take supply away, as it was let through. */
export interface Cut {
  readonly at: Instant
  /** The channel: a concentrator or a line. */
  readonly via: string
}

/** How many may pass within any stretch of this length. */
export interface Budget {
  readonly name: string
  readonly window: Duration
  readonly scope: 'fleet' | 'channel'
  readonly max: number
  /** Of each thousand meters; the larger of both limits holds. */
  readonly perThousandMeters: number
}

/** In code and not in a table: nobody who can write to the database can raise them. */
export const budgets: readonly Budget[] = [
  { name: 'a minute', window: minutes(1), scope: 'fleet', max: 30, perThousandMeters: 0 },
  { name: 'an hour', window: hours(1), scope: 'fleet', max: 300, perThousandMeters: 0 },
  { name: 'a day', window: hours(24), scope: 'fleet', max: 50, perThousandMeters: 2 },
  {
    name: 'a minute per channel',
    window: minutes(1),
    scope: 'channel',
    max: 5,
    perThousandMeters: 0,
  },
]

/** The longest that a cut is remembered for. */
export const budgetMemory: Duration = hours(24)

/** The budgets that one more cut would exceed. Cuts of a future, after a clock fell back, count. */
export function exceeded(
  cuts: readonly Cut[],
  next: Cut,
  fleet: number,
): readonly (Budget & { readonly limit: number; readonly used: number })[] {
  return budgets.flatMap((budget) => {
    const since = instant(next.at - budget.window)
    const limit = Math.max(budget.max, Math.floor((fleet * budget.perThousandMeters) / 1_000))
    const used = cuts.filter(
      ({ at, via }) => at > since && (budget.scope === 'fleet' || via === next.via),
    ).length
    return used < limit ? [] : [{ ...budget, limit, used }]
  })
}

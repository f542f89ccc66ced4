import type { BusinessDate, CivilTime, Instant } from '#src/core'
import type { Errand } from './backlog.ts'
import type { PollPlan } from './rounds.ts'
import type { Cycle } from './slots.ts'
import { recordedAt } from './slots.ts'

/** What a meter is asked on an errand. */
export function itemsOf({ plan, slots }: Errand, now: Instant, civil: CivilTime): string[] {
  return plan.catchUp ? written(plan.catchUp.items, plan, slots, now, civil) : []
}

/** What a meter is asked in a round. */
export function itemsAt(
  plan: PollPlan,
  slot: Instant,
  now: Instant,
  civil: CivilTime,
): readonly string[] {
  // Most plans say the same at any time.
  if (!plan.items.some((item) => item.includes('{'))) return plan.items
  return written(plan.items, plan, [slot], now, civil)
}

/**
 * Items with their words filled in: `{from}` is the meter's wall clock of the first record, `{to}`
 * that of the last, `{count}` how many records, `{nth}` how many freezes ago, as two hex digits, and
 * `{day}` the day that ended with the first record, by which some protocols name a freeze:
 * `20261121`.
 */
function written(
  items: readonly string[],
  plan: Cycle,
  [first, ...others]: readonly Instant[],
  now: Instant,
  civil: CivilTime,
): string[] {
  if (first === undefined) return []
  const words: Readonly<Record<string, () => string>> = {
    '{from}': () => wallText(recordedAt(plan, first), civil),
    '{to}': () => wallText(recordedAt(plan, others.at(-1) ?? first), civil),
    '{count}': () => String(others.length + 1),
    '{nth}': () => nthText(plan, first, now, civil),
    '{day}': () => dayText(plan, first, civil),
  }
  return items.map((item) => item.replaceAll(/\{[a-z]+\}/g, (name) => words[name]?.() ?? name))
}

function wallText(at: Instant, civil: CivilTime): string {
  const { year, month, day, hour, minute } = civil.toWall(at)
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${year}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}`
}

function dayText(plan: Cycle, slot: Instant, civil: CivilTime): string {
  return civil.addDays(civil.dateOf(recordedAt(plan, slot)), -1).replaceAll('-', '')
}

/** The freeze of today's midnight is the first one ago. */
function nthText(plan: Cycle, slot: Instant, now: Instant, civil: CivilTime): string {
  const frozenOn = civil.dateOf(recordedAt(plan, slot))
  const today = civil.dateOf(now)
  let nth = 1
  for (let date: BusinessDate = frozenOn; date < today; date = civil.addDays(date, 1)) nth++
  return nth.toString(16).toUpperCase().padStart(2, '0')
}

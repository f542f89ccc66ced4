import type { BusinessDate, CivilTime, Duration, Instant } from '#src/core'
import type { Errand } from './backlog.ts'
import type { Cycle } from './slots.ts'
import { recordedAt } from './slots.ts'

/** How the past of a plan is asked for (补采): part of a row of the table `poll_plan`. */
export interface CatchUp {
  /** How far back a meter still has the values. */
  readonly span: Duration
  /**
   * Items in which `{from}` stands for the meter's wall clock of the first record, `{count}` for
   * how many records and `{nth}` for how many freezes ago, as two hex digits.
   */
  readonly items: readonly string[]
  /** Neighbouring slots that one visit may fetch. */
  readonly slotsMax: number
}

/** What a meter is asked on an errand. */
export function itemsOf({ plan, slots }: Errand, now: Instant, civil: CivilTime): string[] {
  const [first] = slots
  if (!plan.catchUp || first === undefined) return []
  const words: Readonly<Record<string, string>> = {
    '{from}': wallText(recordedAt(plan, first), civil),
    '{count}': String(slots.length),
    '{nth}': nthText(plan, first, now, civil),
  }
  return plan.catchUp.items.map((item) =>
    item.replaceAll(/\{[a-z]+\}/g, (name) => words[name] ?? name),
  )
}

function wallText(at: Instant, civil: CivilTime): string {
  const { year, month, day, hour, minute } = civil.toWall(at)
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${year}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}`
}

/** The freeze of today's midnight is the first one ago. */
function nthText(plan: Cycle, slot: Instant, now: Instant, civil: CivilTime): string {
  const frozenOn = civil.dateOf(recordedAt(plan, slot))
  const today = civil.dateOf(now)
  let nth = 1
  for (let date: BusinessDate = frozenOn; date < today; date = civil.addDays(date, 1)) nth++
  return nth.toString(16).toUpperCase().padStart(2, '0')
}

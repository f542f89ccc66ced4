import type { RoundSummary } from '#src/acquisition'
import type { RoundReport } from '#src/api'
import { type CivilTime, type Clock, instant } from '#src/core'

/** What the rounds of all channels added up to, for the terminal and the live page. */
export interface RoundLog {
  add(summary: RoundSummary): void
  /** Of every plan together. */
  last(): RoundReport | null
}

/** Says a line per round and slot: what was due, what came, and why the rest did not. */
export function roundLog(clock: Clock, civil: CivilTime, say: (text: string) => void): RoundLog {
  const latest = new Map<string, RoundReport>()
  return {
    last: () => sumOf([...latest.values()]),
    add(summary) {
      const { expected, received, slot, plan, readings, missed } = summary
      latest.set(plan, { startedAt: slot, finishedAt: clock.now(), expected, answered: received })
      const time = civil.iso(slot).slice(11, 19)
      const share = expected === 0 ? '–' : `${((100 * received) / expected).toFixed(1)} %`
      const reasons = Object.entries(missed).map(([reason, count]) => `${count} ${reason}`)
      const rest = reasons.length === 0 ? '' : `; missing: ${reasons.join(', ')}`
      say(
        `${time}  ${plan}: ${received} of ${expected} meters (${share}), ${readings} readings${rest}`,
      )
    },
  }
}

/** The last round of every plan as one: a figure that does not jump from plan to plan. */
function sumOf(reports: readonly RoundReport[]): RoundReport | null {
  const [first, ...others] = reports
  if (!first) return null
  return others.reduce(
    (sum, one) => ({
      startedAt: instant(Math.min(sum.startedAt, one.startedAt)),
      finishedAt: instant(Math.max(sum.finishedAt, one.finishedAt)),
      expected: sum.expected + one.expected,
      answered: sum.answered + one.answered,
    }),
    first,
  )
}

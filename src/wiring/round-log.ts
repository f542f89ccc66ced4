import type { RoundSummary } from '#src/acquisition'
import type { RoundReport } from '#src/api'
import type { CivilTime, Clock } from '#src/core'

/** What the rounds of all channels added up to, for the terminal and the live page. */
export interface RoundLog {
  add(summary: RoundSummary): void
  last(): RoundReport | null
}

/** Says a line per round and slot: what was due, what came, and why the rest did not. */
export function roundLog(clock: Clock, civil: CivilTime, say: (text: string) => void): RoundLog {
  let last: RoundReport | null = null
  return {
    last: () => last,
    add(summary) {
      const { expected, received, slot, plan, readings, missed } = summary
      last = { startedAt: slot, finishedAt: clock.now(), expected, answered: received }
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

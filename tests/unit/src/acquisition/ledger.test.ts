import { expect, it } from 'vitest'
import { Ledger, type PollPlan } from '#src/acquisition'
import { civilTime, hours, type Instant, instant, minutes, seconds } from '#src/core'
import { createLogger } from '#src/observe'
import { ManualClock } from '#tests/support'
import { quarterly } from './worker-field.ts'

/** How far the ledger of a plan was written, each time that it was, and what was complained of. */
async function written(plan: PollPlan) {
  const clock = new ManualClock()
  const reached: Instant[] = []
  const complaints: string[] = []
  const stop = new AbortController()
  const unused = () => {
    throw new Error('nobody visits a meter here')
  }
  const ledger = new Ledger({
    intake: { visited: unused },
    happenings: { placed: unused },
    collection: {
      follow: async () => {},
      advance: async (_task, to) => {
        reached.push(to)
        return to
      },
      close: async () => 0,
    },
    clock,
    civil: civilTime('Asia/Shanghai'),
    log: createLogger(
      { level: 'error', pretty: false },
      { write: (line) => complaints.push(line) },
    ),
  })
  const startedAt = clock.now()
  await ledger.follow([plan])
  const keeping = ledger.keep({ grown: () => {}, dayBegan: async () => {} }, stop.signal)
  await clock.advance(minutes(1))
  stop.abort()
  await clock.advance(minutes(2))
  await keeping
  return { ahead: (reached.at(-1) ?? startedAt) - startedAt, reached, complaints }
}

it.each([seconds(10), seconds(7), seconds(60), hours(24)])(
  'writes slots down before they are due, whatever the cycle: %i ms',
  async (cycle) => {
    const { reached, ahead, complaints } = await written({ ...quarterly, cycle })
    expect(complaints).toEqual([])
    expect(reached.filter((to) => instant(Math.floor(to)) !== to)).toEqual([])
    // Of a short cycle no later than it is due; of a long one the next slot is far away.
    if (cycle <= minutes(1)) expect(ahead).toBeGreaterThan(minutes(1) - cycle)
    else expect(reached).toHaveLength(1)
  },
)

import { nodeNetwork } from '#drivers/tcp'
import { pacedClock, startRegionPart } from '#simulators/region'
import { milliseconds, systemClock } from '#src/core'
import type { FieldSpec } from './spec.ts'

/** A share of the field in a process of its own. */
const { region, pace, heartbeatMs, port, nth, of }: FieldSpec = JSON.parse(process.argv[2] ?? '')
const clock = pacedClock(
  { now: () => systemClock.now(), after: (ms, run) => systemClock.after(milliseconds(ms), run) },
  pace,
)
const part = startRegionPart(
  region,
  { nth, of },
  { host: '127.0.0.1', port, heartbeatMs },
  { clock, network: nodeNetwork },
)
process.on('message', (asked) => {
  if (asked === 'stats') process.send?.({ ...part.stats(), rssBytes: process.memoryUsage.rss() })
  if (asked === 'stop') void part.stop().then(() => process.exit())
})
process.send?.('playing')

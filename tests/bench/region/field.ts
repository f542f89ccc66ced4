import { nodeNetwork } from '#drivers/tcp'
import { pacedClock, startRegionPart } from '#simulators/region'
import { milliseconds, systemClock } from '#src/core'
import { startPublishers } from './publishers.ts'
import type { FieldSpec } from './spec.ts'

/** A share of the field in a process of its own. */
const spec: FieldSpec = JSON.parse(process.argv[2] ?? '')
const { region, pace, heartbeatMs, port, nth, of, publishers, mqttUrl } = spec
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
const devices =
  nth === 0 && mqttUrl !== null
    ? startPublishers(region, publishers, mqttUrl, { clock, network: nodeNetwork })
    : []
const stop = () => Promise.all([part.stop(), ...devices.map((device) => device.stop())])
process.on('message', (asked) => {
  if (asked === 'stats') process.send?.({ ...part.stats(), rssBytes: process.memoryUsage.rss() })
  if (asked === 'stop') void stop().then(() => process.exit())
})
process.send?.('playing')

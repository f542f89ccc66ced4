import { numberIn, Part, pause } from './door-parts.ts'
import type { Measured } from './measure.ts'

const SESSIONS = 10_000
const HEARTBEAT_S = 60
const KIB_MAX = 10
const CORE_SHARE_MAX = 5
const SETTLE_MS = 20_000
const MEASURE_MS = 60_000

/**
 * Ten thousand concentrators that are connected and beat their hearts, a third each of transparent
 * gateways, 376.1 and 698.45: the product's engine in a process of its own, its callers in another.
 */
export async function run(): Promise<readonly Measured[]> {
  const empty = new Part('door-head-end.ts', [0])
  await empty.said()
  const base = await empty.ask('footprint')
  empty.end()
  const headEnd = new Part('door-head-end.ts', [SESSIONS])
  const { port = 0 } = await headEnd.said()
  const offline = await headEnd.ask('footprint')
  const clients = new Part('idle-clients.ts', [port, SESSIONS, HEARTBEAT_S])
  await clients.said()
  await pause(SETTLE_MS)
  const online = await headEnd.ask('footprint')
  const begin = await headEnd.ask('use')
  await pause(MEASURE_MS)
  const end = await headEnd.ask('use')
  clients.end()
  headEnd.end()
  if (end.online !== SESSIONS) throw new Error(`only ${end.online} of ${SESSIONS} are online`)
  const kib = (name: string, more: typeof base, less: typeof base) =>
    (numberIn(more, name) - numberIn(less, name)) / SESSIONS / 1024
  const processorMs = (numberIn(end, 'processorUs') - numberIn(begin, 'processorUs')) / 1_000
  const memory = (name: string, ours: number): Measured => {
    return { name, ours, limit: KIB_MAX, unit: 'KiB', against: 'goal' }
  }
  return [
    memory('an idle session with its channel, resident', kib('rss', online, base)),
    memory('an idle session, resident', kib('rss', online, offline)),
    memory('an idle session, of the heap', kib('heapUsed', online, offline)),
    memory('its channel, resident', kib('rss', offline, base)),
    memory('its channel, of the heap', kib('heapUsed', offline, base)),
    {
      name: `${SESSIONS} idle sessions, heartbeats every ${HEARTBEAT_S} s`,
      ours: (processorMs * 100) / MEASURE_MS,
      limit: CORE_SHARE_MAX,
      unit: '% of a core',
      against: 'goal',
    },
  ]
}

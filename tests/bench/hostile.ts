import { numberIn, Part, pause } from './door-parts.ts'
import type { Measured } from './measure.ts'

const HOSTILE = 10_000
const HONEST = 500
const MEASURE_MS = 60_000
const SETTLE_MS = 10_000
const MIB = 1_048_576

/** Ten thousand hostile sockets, and five hundred honest terminals that must not notice. */
export async function run(): Promise<readonly Measured[]> {
  const headEnd = new Part('door-head-end.ts', [3 * HONEST])
  const { port = 0 } = await headEnd.said()
  const honest = new Part('honest-clients.ts', [port, HONEST])
  await honest.said()
  await pause(SETTLE_MS)
  const calm = await headEnd.ask('use')
  const before = await honest.ask('count')
  const hostile = new Part('hostile-clients.ts', [port, HOSTILE])
  await hostile.said()
  await pause(MEASURE_MS)
  const after = await honest.ask('count')
  const stormy = await headEnd.ask('use')
  for (const part of [hostile, honest, headEnd]) part.end()
  const during = (name: string) => numberIn(after, name) - numberIn(before, name)
  // Those that are on the line now have neither succeeded nor failed.
  const ended = during('tries')
  const against = 'goal'
  return [
    {
      name: 'honest terminals that come in and stay',
      ours: (100 * during('successes')) / ended,
      limit: 99.9,
      unit: '%',
      against,
    },
    { name: 'login, p99', ours: numberIn(after, 'p99Ms'), limit: 2_000, unit: 'ms', against },
    {
      name: 'more memory under 10,000 hostile sockets',
      ours: (numberIn(stormy, 'rssMax') - numberIn(calm, 'rssMax')) / MIB,
      limit: 128,
      unit: 'MiB',
      against,
    },
  ]
}

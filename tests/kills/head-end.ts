import { protocolNames } from '#protocols/model'
import { loadSettings } from '#src/config'
import { type Clock, instant, seconds, systemClock } from '#src/core'
import { openDatabase } from '#src/db'
import { createLogger, createMetrics } from '#src/observe'
import { startHeadEnd } from '#src/wiring'
import { freePorts } from '../system/world.ts'

/**
 * A whole head-end that is there to be killed: `node tests/kills/head-end.ts SHIFT-MS FOLDER`. Its clock is
 * ahead by so much, so that what a dead one had taken is free again. Says where it is on stdout.
 */
const shiftMs = Number(process.argv[2])
const clock: Clock = {
  now: () => instant(systemClock.now() + shiftMs),
  after: (duration, run) => systemClock.after(duration, run),
}
const env = { ...freePorts, HES_DATA_DIR: process.argv[3] ?? '' }
const loaded = loadSettings({ env, readFile: () => '' })
if (!loaded.ok) throw new Error(loaded.error.mistakes.join('\n'))
const opened = await openDatabase({ dataDir: loaded.value.settings.dataDir, clock })
if (!opened.ok) throw new Error(opened.error.message)
const started = await startHeadEnd({
  loaded: loaded.value,
  clock,
  log: createLogger(
    { level: 'warn', pretty: false },
    { write: (line) => process.stderr.write(line) },
  ),
  metrics: createMetrics(),
  db: opened.value,
  presentCycles: Object.fromEntries(protocolNames.map((name) => [name, seconds(900)])),
  say: () => {},
  seed: async () => {},
})
if (!started.ok) throw new Error(started.error.message)
const { url, ports } = started.value
process.stdout.write(`${JSON.stringify({ url, dialin: ports.dialin })}\n`)

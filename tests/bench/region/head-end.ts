import { pacedClock } from '#simulators/region'
import { loadSettings } from '#src/config'
import { type Clock, instant, systemClock } from '#src/core'
import { openDatabase } from '#src/db'
import { createLogger, createMetrics } from '#src/observe'
import { startHeadEnd } from '#src/wiring'
import type { HeadEndSpec, Used } from './spec.ts'

/** The head-end in a process of its own, on the clock of the field that it reads. */
const spec: HeadEndSpec = JSON.parse(process.argv[2] ?? '')
const paced = pacedClock(systemClock, spec.pace)
const clock: Clock = {
  now: () => instant(Math.floor(paced.now())),
  after: (duration, run) => paced.after(duration, run),
}
const log = createLogger({ level: spec.logLevel, pretty: false })
const { databaseUrl, dataDir, mqttUrl } = spec
const opened = await openDatabase({
  ...(databaseUrl === null ? {} : { url: databaseUrl }),
  dataDir,
  clock: systemClock,
  log,
})
if (!opened.ok) throw new Error(opened.error.message)
const db = opened.value
const loaded = loadSettings({
  env: {
    HES_HTTP_PORT: '0',
    HES_DIALIN_PORT: '0',
    HES_DIALIN_HOST: '127.0.0.1',
    HES_MQTT_PORT: '0',
    HES_TIMEZONE: spec.region.zone,
    HES_ADMIN_PASSWORD: 'bench-of-a-region',
    HES_DATA_DIR: dataDir,
    ...(mqttUrl === null ? {} : { HES_MQTT_URL: mqttUrl }),
  },
  readFile: () => '',
})
if (!loaded.ok) throw new Error(loaded.error.mistakes.join('\n'))
const started = await startHeadEnd({
  loaded: loaded.value,
  clock,
  log,
  metrics: createMetrics(),
  db,
  presentCycles: {},
  say: (text) => process.stderr.write(`${text}\n`),
  seed: async () => {},
})
if (!started.ok) throw new Error(started.error.message)
const headEnd = started.value
process.send?.({ dialin: headEnd.ports.dialin, url: headEnd.url })

process.on('message', (asked) => {
  if (asked === 'used') {
    const { user, system } = process.cpuUsage()
    const used: Used = {
      cpuMs: (user + system) / 1_000,
      rssBytes: process.memoryUsage.rss(),
      rssMaxBytes: process.resourceUsage().maxRSS * 1_024,
    }
    process.send?.(used)
  }
  if (asked === 'stop') {
    void headEnd
      .stop()
      .then(() => db.close())
      .then(() => process.exit())
  }
})

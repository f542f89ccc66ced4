import { nodeNetwork } from '#drivers/tcp'
import { protocolNames } from '#protocols/model'
import { type Fleet, parseScenario, type Scenario, startFleet } from '#simulators/fleet'
import { loadSettings } from '#src/config'
import { type Clock, instant, seconds } from '#src/core'
import type { Database } from '#src/db'
import { createLogger, createMetrics } from '#src/observe'
import type { Registry } from '#src/registry'
import { type HeadEnd, type HeadEndPorts, startHeadEnd } from '#src/wiring'
import { temporaryFolder } from '#tests/support'
import { type Api, signIn } from './api.ts'

export const PASSWORD = 'system-test-password'
export const ZONE = 'Asia/Shanghai'

/** One line of the log, as a program would read it. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: string }

export interface World {
  readonly headEnd: HeadEnd
  readonly api: Api
  readonly log: readonly LogLine[]
  /** What a person at the terminal was told. */
  readonly said: readonly string[]
  stop(): Promise<void>
}

export interface WorldOptions {
  readonly db: Database
  readonly clock: Clock
  readonly cycleSeconds?: number
  /** Enters meters in the archive before anything is polled. */
  readonly seed?: (registry: Registry, ports: HeadEndPorts) => Promise<void>
  readonly env?: Readonly<Record<string, string>>
  /** Of the admin; that of a first start if it is absent. */
  readonly password?: string
}

/** The head-end over an open database, listening on free ports. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { db, clock, cycleSeconds = 10, seed = async () => {}, env } = options
  const log: LogLine[] = []
  const said: string[] = []
  const folder = temporaryFolder()
  const own = { ...freePorts, HES_DATA_DIR: folder.path }
  const loaded = loadSettings({ env: { ...own, ...env }, readFile: () => '' })
  if (!loaded.ok) throw new Error(loaded.error.mistakes.join('\n'))
  const started = await startHeadEnd({
    loaded: loaded.value,
    clock,
    log: createLogger(
      { level: 'debug', pretty: false },
      { write: (line) => void log.push(JSON.parse(line)) },
    ),
    metrics: createMetrics(),
    db,
    presentCycles: Object.fromEntries(protocolNames.map((name) => [name, seconds(cycleSeconds)])),
    say: (text) => void said.push(text),
    seed,
  })
  if (!started.ok) throw new Error(`${started.error.code}: ${started.error.message}`)
  const headEnd = started.value
  return {
    headEnd,
    api: await signIn(headEnd.url, options.password ?? headEnd.adminPassword ?? PASSWORD),
    log,
    said,
    async stop() {
      await headEnd.stop()
      folder.remove()
    },
  }
}

export const freePorts = {
  HES_HTTP_PORT: '0',
  HES_DIALIN_PORT: '0',
  HES_DIALIN_HOST: '127.0.0.1',
  HES_MQTT_PORT: '0',
  HES_TIMEZONE: ZONE,
  HES_ADMIN_PASSWORD: PASSWORD,
}

/** A field as plain data, for a head-end that listens there. */
export function scenarioFor(
  { dialin, mqttUrl }: HeadEndPorts,
  seed: number,
  groups: readonly Readonly<Record<string, unknown>>[],
): Scenario {
  const parsed = parseScenario({
    name: 'system test',
    seed,
    zone: ZONE,
    firstYear: 2021,
    headEnd: { host: '127.0.0.1', dialInPort: dialin ?? 0, mqttUrl },
    listenHost: '127.0.0.1',
    faults: {},
    groups,
  })
  if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'))
  return parsed.scenario
}

export function startField(scenario: Scenario, clock: Clock): Promise<Fleet> {
  return startFleet(scenario, { clock, network: nodeNetwork })
}

/** Enters a field's meters in the archive, as the demo does. */
export async function enter(fleet: Fleet, registry: Registry): Promise<void> {
  const rows = fleet.archive().map((row) => ({ ...row, validFrom: instant(row.validFrom) }))
  const entered = await registry.importArchive(rows)
  if (!entered.ok) throw new Error(entered.error.map(({ message }) => message).join('\n'))
}

import { type CliFailure, exitCodes, type Run } from '#src/cli'
import { fail, ok, type Result, seconds, systemClock } from '#src/core'
import { openDatabase } from '#src/db'
import { createLogger, createMetrics } from '#src/observe'
import { databaseFailure } from './failures.ts'
import { type HeadEnd, startHeadEnd } from './head-end.ts'
import type { HeadEndOptions } from './head-end-options.ts'
import { stopInOrder } from './stopping.ts'

/** So quick that a newcomer sees the field move; a utility reads every 15 minutes. */
const demoCycles: HeadEndOptions['presentCycles'] = {
  modbus: seconds(10),
  // Ten meters behind one radio link take most of this.
  'dlt645-2007': seconds(30),
}

/** `hes serve`: the head-end over whatever the archive holds, until the signal aborts. */
export function serve(run: Run): Promise<Result<void, CliFailure>> {
  return keepRunning(run, { presentCycles: {}, seed: async () => {}, stopField: async () => {} })
}

/** `hes demo`: the same head-end over a simulated field of its own. */
export async function demo(run: Run): Promise<Result<void, CliFailure>> {
  const { startDemoField } = await import('./demo-field.ts')
  let stopField = async () => {}
  return keepRunning(run, {
    presentCycles: demoCycles,
    seed: async (registry, ports) => {
      stopField = await startDemoField(run, registry, ports)
    },
    stopField: () => stopField(),
  })
}

interface Kind extends Pick<HeadEndOptions, 'presentCycles' | 'seed'> {
  /** Ends what `seed` has started, if it has. */
  stopField(): Promise<void>
}

/** The roles that one process can take today: all of them. */
const ROLES = 4

/** Settings that are understood and cannot be followed yet; better refused than ignored. */
function unfollowed({ loaded }: Run): CliFailure | null {
  const { natsUrl, role } = loaded.settings
  const refused = (setting: string, way: string): CliFailure => ({
    exit: exitCodes.usage,
    code: 'setting.not-available',
    message: `${setting}: sharing the work between several nodes is not available yet`,
    next: way,
  })
  if (natsUrl !== null) return refused('HES_NATS_URL', 'leave it out: one process does everything')
  if (role.length < ROLES) return refused('HES_ROLE', 'leave it out: one process takes all roles')
  return null
}

async function keepRunning(run: Run, kind: Kind): Promise<Result<void, CliFailure>> {
  const refused = unfollowed(run)
  if (refused) return fail(refused)
  const { loaded, signal } = run
  const { databaseUrl, dataDir, logLevel } = loaded.settings
  const log = createLogger({ level: logLevel, pretty: process.stderr.isTTY })
  const metrics = createMetrics()
  if (databaseUrl === null) run.progress('opening the embedded database …')
  const opened = await openDatabase({
    ...(databaseUrl === null ? {} : { url: databaseUrl }),
    dataDir,
    clock: systemClock,
    log,
  })
  if (!opened.ok) return fail(databaseFailure(opened.error))
  const db = opened.value
  try {
    const started = await startHeadEnd({
      ...kind,
      loaded,
      clock: systemClock,
      log,
      metrics,
      db,
      say: run.say,
    })
    if (!started.ok) return started
    welcome(run, started.value)
    await untilAborted(signal)
    run.say('stopping …')
    await started.value.stop()
    return ok(undefined)
  } finally {
    const parts = [
      { part: 'database', stop: () => db.close() },
      { part: 'field', stop: () => kind.stopField() },
    ]
    await stopInOrder(parts, { clock: systemClock, log })
  }
}

function welcome(run: Run, { url, adminPassword, ports }: HeadEnd): void {
  run.say('')
  run.say(`OpenHES is running at ${url}`)
  run.say(`  API          ${url}/api/docs`)
  if (ports.dialin !== null) run.say(`  concentrators dial in on port ${ports.dialin}`)
  run.say(`  MQTT         ${ports.mqttUrl}`)
  run.say(
    adminPassword === null
      ? '  sign in      as admin, with the password you have'
      : `  sign in      as admin, password ${adminPassword} (shown this once)`,
  )
  run.say('')
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

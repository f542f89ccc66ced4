import { type CliActions, processIo, runCli } from '#src/cli'
import type { Settings } from '#src/config'
import { processSources } from '#src/config/process'

const clock = async () => (await import('#src/core')).systemClock

/** The world as field tools touch it: real sockets and ports. */
async function world({ timezone, dataDir }: Settings) {
  const [{ nodeNetwork }, { nodeSerialPorts }, { civilTime, systemClock }, field] =
    await Promise.all([
      import('#drivers/tcp'),
      import('#drivers/serial'),
      import('#src/core'),
      import('#src/acquisition/field'),
    ])
  const civil = civilTime(timezone)
  return {
    network: nodeNetwork,
    serialPorts: nodeSerialPorts,
    clock: systemClock,
    civil,
    gate: field.benchGate(dataDir, systemClock, civil),
  }
}

const storage = () => import('./wiring/storage.ts')
const registerMaps = () => import('#src/acquisition/register-maps')

const LEFT_BEHIND_MS = 5_000

/**
 * A part that did not end has been named and left behind: it does not keep the process. Unlike a
 * Clock's timer this one keeps nobody either.
 */
function leave(): void {
  AbortSignal.timeout(LEFT_BEHIND_MS).addEventListener('abort', () => process.exit())
}

/** What the commands do. Each loads only what it needs, so that small commands start at once. */
const actions: CliActions = {
  frameTools: async (protocol) => (await import('#src/acquisition/frames')).frameTools(protocol),
  frameEncoder: async (protocol, maps) =>
    (await import('#src/acquisition/frames')).frameEncoder(protocol, maps),
  registerMap: async (given, { settings }) =>
    (await registerMaps()).chooseRegisterMap(given, settings.dataDir),
  lintRegisterMap: async (path) => (await registerMaps()).lintRegisterMap(path),
  async openBench(channel, protocol, { settings }, signal, maps = []) {
    const { openBench } = await import('#src/acquisition/field')
    return openBench(channel, protocol, { ...(await world(settings)), registerMaps: maps }, signal)
  },
  async openRelayBench(channel, protocol, { settings }, signal) {
    const { openRelayBench } = await import('#src/acquisition/field')
    return openRelayBench(channel, protocol, await world(settings), signal)
  },
  async openTap(channel, { settings }, signal) {
    const { openTap } = await import('#src/acquisition/field')
    return openTap(channel, await world(settings), signal)
  },
  serve: async (run) => (await import('./wiring/run.ts')).serve(run).finally(leave),
  demo: async (run) => (await import('./wiring/run.ts')).demo(run).finally(leave),
  simulate: async (spec, run) => (await import('./wiring/simulate.ts')).simulate(spec, run),
  migrate: async (run) => (await storage()).runMigrations(run),
  migrationStatus: async (run) => (await storage()).showMigrations(run),
  importArchive: async (...call) => (await storage()).importArchiveFile(...call),
  resetPassword: async (reset, run) =>
    (await import('./wiring/people.ts')).resetPassword(reset, run),
  exportAll: async (directory, run) => (await storage()).runExport(directory, run),
  importAll: async (directory, run) => (await storage()).runImport(directory, run),
  inspect: async (run) => (await import('./wiring/inspect.ts')).inspect(run),
}

process.exitCode = await runCli(
  process.argv.slice(2),
  processIo(clock, processSources.env),
  actions,
)

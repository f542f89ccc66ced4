import { type CliActions, exitCodes, processIo, runCli } from '#src/cli'
import { processSources } from '#src/config/process'

const later = async () => ({
  ok: false as const,
  error: { exit: exitCodes.failed, code: 'cli.unavailable', message: 'not wired yet' },
})

const clock = async () => (await import('#src/core')).systemClock

const world = async (zone: string) => {
  const [{ nodeNetwork }, { nodeSerialPorts }, { civilTime, systemClock }] = await Promise.all([
    import('#drivers/tcp'),
    import('#drivers/serial'),
    import('#src/core'),
  ])
  return {
    network: nodeNetwork,
    serialPorts: nodeSerialPorts,
    clock: systemClock,
    civil: civilTime(zone),
  }
}

const actions: CliActions = {
  frameTools: async () => (await import('#src/acquisition/frames')).frameTools(),
  frameEncoder: async (protocol) =>
    (await import('#src/acquisition/frames')).frameEncoder(protocol),
  modbusProfiles: async () => (await import('#protocols/modbus')).profiles.map(({ name }) => name),
  async openBench(channel, protocol, { settings }, signal) {
    const { openBench } = await import('#src/acquisition/field')
    return openBench(channel, protocol, await world(settings.timezone), signal)
  },
  async openTap(channel, { settings }, signal) {
    const { openTap } = await import('#src/acquisition/field')
    return openTap(channel, await world(settings.timezone), signal)
  },
  serve: later,
  demo: later,
  simulate: later,
  migrate: later,
  migrationStatus: later,
  importArchive: later,
  exportAll: later,
  importAll: later,
  async inspect() {
    const [{ nodeInspection }, { listSerialPorts }] = await Promise.all([
      import('#src/cli'),
      import('#drivers/serial'),
    ])
    return nodeInspection({
      now: (await clock()).now(),
      database: later,
      lockHolder: async () => null,
      serialPorts: async () =>
        (await listSerialPorts()).map(({ path, stablePath }) => stablePath ?? path),
    })
  },
}

process.exitCode = await runCli(
  process.argv.slice(2),
  processIo(clock, processSources.env),
  actions,
)

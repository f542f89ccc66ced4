import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { nodeSerialPorts } from '#drivers/serial'
import { nodeNetwork } from '#drivers/tcp'
import {
  demoScenario,
  type Fleet,
  parseScenario,
  type Scenario,
  startFleet,
} from '#simulators/fleet'
import { gcm } from '#src/acquisition'
import type { RegisterMap } from '#src/acquisition/register-maps'
import { type CliFailure, exitCodes, type Run, type SimulateSpec } from '#src/cli'
import { fail, ok, type Result, seconds, sleep, systemClock } from '#src/core'
import { simulateRegion } from './simulate-region.ts'

const STATS_EVERY = seconds(5)
const FIRST_YEAR = 2021
const LOOPBACK = '127.0.0.1'

/** `hes simulate`: plays devices until the signal aborts. */
export async function simulate(spec: SimulateSpec, run: Run): Promise<Result<void, CliFailure>> {
  if (spec.kind === 'region') return simulateRegion(spec, run)
  const scenario = await scenarioOf(spec, run)
  if (!scenario.ok) return scenario
  const maps = spec.kind === 'modbus' ? spec.maps : []
  const started = await start(scenario.value, maps)
  if (!started.ok) return started
  const fleet = started.value
  for (const row of placesOf(fleet)) run.say(row)
  while (await sleep(systemClock, STATS_EVERY, run.signal)) run.progress(progressOf(fleet))
  await fleet.stop()
  return ok(undefined)
}

async function start(
  scenario: Scenario,
  maps: readonly RegisterMap[],
): Promise<Result<Fleet, CliFailure>> {
  const ports = { clock: systemClock, network: nodeNetwork, serial: nodeSerialPorts, gcm }
  try {
    return ok(await startFleet(scenario, ports, {}, maps))
  } catch (error) {
    // A taken port or a missing serial line: the person named it and can name another.
    const message = error instanceof Error ? error.message : String(error)
    return fail({ exit: exitCodes.failed, code: 'simulate.failed', message })
  }
}

function scenarioOf(spec: FieldSpec, run: Run): Promise<Result<Scenario, CliFailure>> {
  return spec.kind === 'fleet'
    ? fleetScenario(spec, run)
    : Promise.resolve(deviceScenario(spec, run))
}

type SpecOf<Kind extends SimulateSpec['kind']> = Extract<SimulateSpec, { kind: Kind }>

async function fleetScenario(
  spec: SpecOf<'fleet'>,
  { loaded }: Run,
): Promise<Result<Scenario, CliFailure>> {
  const { dialin, mqttUrl, meters, scenario, seed } = spec
  if (scenario !== null) return scenarioFile(scenario)
  const place = { dialInPort: dialin.port, mqttUrl, zone: loaded.settings.timezone }
  const demo = demoScenario(meters, place)
  const headEnd = { ...demo.headEnd, host: dialin.host }
  return ok({ ...demo, seed, headEnd, faults: { ...demo.faults, ...faultsOf(spec) } })
}

type FieldSpec = Exclude<SimulateSpec, { kind: 'region' }>
type DeviceSpec = Exclude<FieldSpec, { kind: 'fleet' }>

function deviceScenario(spec: DeviceSpec, { loaded }: Run): Result<Scenario, CliFailure> {
  const { host, dialInPort, mqttUrl, listenHost } = placeOf(spec)
  const maps = spec.kind === 'modbus' ? spec.maps : []
  const scenario = {
    name: `simulated ${spec.kind}`,
    seed: spec.seed,
    zone: loaded.settings.timezone,
    firstYear: FIRST_YEAR,
    headEnd: { host, dialInPort, mqttUrl },
    listenHost,
    faults: faultsOf(spec),
    groups: [groupOf(spec)],
  }
  return checked(`simulate ${spec.kind}`, scenario, maps)
}

/** Whom a device calls and where it waits; what it does not do stays at the default. */
function placeOf(spec: DeviceSpec) {
  const nowhere = { host: LOOPBACK, dialInPort: 0, mqttUrl: null, listenHost: LOOPBACK }
  switch (spec.kind) {
    case 'concentrator':
      return spec.listens
        ? { ...nowhere, listenHost: spec.host }
        : { ...nowhere, host: spec.host, dialInPort: spec.port }
    case 'mqtt':
      return { ...nowhere, mqttUrl: spec.url }
    case 'meter':
    case 'modbus':
      return spec.on.kind === 'serial' ? nowhere : { ...nowhere, listenHost: spec.on.host }
  }
}

function groupOf(spec: DeviceSpec): Readonly<Record<string, unknown>> {
  switch (spec.kind) {
    case 'meter': {
      const { addresses, protocol, framing, access, controlAnswers } = spec
      const { password, encryptionKey, authenticationKey } = access ?? {}
      const speech = {
        protocol,
        ...(framing === null ? {} : { framing }),
        ...(controlAnswers === null ? {} : { controlAnswers }),
        ...(access === null ? {} : { access: { password, encryptionKey, authenticationKey } }),
      }
      return { ...lineOf('', 'tcp', spec.on), ...speech, meters: addresses.length, addresses }
    }
    case 'modbus': {
      const { units, profile } = spec
      const addresses = units.map(String)
      const line = lineOf('modbus-', spec.on.kind, spec.on)
      return { ...line, meters: units.length, addresses, profiles: [profile] }
    }
    case 'concentrator': {
      const { protocol, meters, heartbeatSeconds } = spec
      const one = { meters, identities: [spec.address], heartbeatS: heartbeatSeconds }
      if (protocol === 'dlt645-2007') {
        return { kind: 'dialin', concentrators: 1, ...one, hangUpAfterS: null }
      }
      const waiting = spec.listens ? { port: spec.port } : {}
      return { kind: 'terminal', protocol, terminals: 1, ...one, ...waiting, hangUpAfterS: null }
    }
    case 'mqtt':
      return {
        kind: 'mqtt',
        meters: spec.meters,
        everyS: spec.intervalSeconds,
        families: [spec.form],
        backlogHours: 0,
      }
  }
}

function lineOf(prefix: string, listening: string, on: SpecOf<'meter' | 'modbus'>['on']) {
  if (on.kind !== 'serial') return { kind: `${prefix}${listening}`, port: on.port }
  const { path, baud, parity } = on
  return { kind: `${prefix}serial`, path, baud, parity }
}

async function scenarioFile(path: string): Promise<Result<Scenario, CliFailure>> {
  let value: unknown
  try {
    value = parse(await readFile(path, 'utf8'))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return fail({ exit: exitCodes.notFound, code: 'scenario.unreadable', message })
  }
  return checked(path, value)
}

function checked(
  source: string,
  value: unknown,
  maps: readonly RegisterMap[] = [],
): Result<Scenario, CliFailure> {
  const parsed = parseScenario(value, maps)
  if (parsed.ok) return ok(parsed.scenario)
  const message = `${source}: ${parsed.mistakes.join('; ')}`
  return fail({ exit: exitCodes.usage, code: 'scenario.wrong', message })
}

function faultsOf({ faults }: FieldSpec): Scenario['faults'] {
  return { loss: faults.drop, bitFlip: faults.corrupt, delayMs: faults.delayMs }
}

/** Where each device is to be found, once each. */
function placesOf(fleet: Fleet): readonly string[] {
  const rows = Map.groupBy(fleet.archive(), ({ channel }) => channel)
  return [...rows].map(([channel, meters]) => {
    const { channelKind, channelSettings } = meters[0] ?? { channelKind: '', channelSettings: {} }
    const where = Object.entries(channelSettings).map(([key, value]) => `${key} ${value}`)
    const who = meters.map(({ meterAddress }) => meterAddress)
    const shown = who.length > 8 ? `${who.slice(0, 8).join(', ')} …` : who.join(', ')
    return `${channel} (${[channelKind, ...where].join(', ')}): ${shown}`
  })
}

function progressOf(fleet: Fleet): string {
  const { connected, devices, counts } = fleet.stats()
  return `${connected} of ${devices} devices connected, ${counts.answers} answers`
}

import type { ModbusProfile } from '#protocols/modbus'
import { sumOfCounts } from '#simulators/line'
import { type SimulatedMeter, Site } from '#simulators/meter'
import type { FieldRow } from './archive.ts'
import type { Device } from './device.ts'
import { buildGroup } from './groups.ts'
import type { Builder, Built, FleetMemory } from './moving-in.ts'
import type { FieldPorts } from './ports.ts'
import type { Scenario } from './scenario.ts'

interface FleetStats {
  readonly meters: number
  readonly devices: number
  /** Devices with a connection at this moment. */
  readonly connected: number
  /** What became of the answers on all lines together. */
  readonly counts: Device['counts']
}

/** A field that runs until it is stopped. */
export interface Fleet {
  readonly scenario: Scenario
  /** Every meter with the channel that reaches it: what the registry has to know. */
  archive(): readonly FieldRow[]
  /** The meter of a usage point of the archive, e.g. to open its relay. */
  meterAt(usagePoint: string): SimulatedMeter | undefined
  stats(): FleetStats
  /** To be handed to the next start, so that clocks that were set stay set. */
  memory(): FleetMemory
  stop(): Promise<void>
}

/**
 * Starts N meters on M channels. The same scenario gives the same meters with the same registers
 * at every start; only ports that were left open (0) may differ. `maps` are register maps beside
 * those of the product.
 */
export async function startFleet(
  scenario: Scenario,
  ports: FieldPorts,
  memory: FleetMemory = {},
  maps: readonly ModbusProfile[] = [],
): Promise<Fleet> {
  const site = new Site(scenario.zone, scenario.seed)
  const built: Built[] = []
  const stop = async () => {
    await Promise.all(built.flatMap(({ devices }) => devices.map((device) => device.stop())))
  }
  const builder: Builder = { scenario, site, ports, memory, maps, firstNumber: 1, firstArea: 1 }
  try {
    for (const group of scenario.groups) {
      const before = built.reduce((sum, { rows }) => sum + rows.length, 0)
      const areas = built.reduce((sum, each) => sum + each.areas, 0)
      const place = { ...builder, firstNumber: before + 1, firstArea: areas + 1 }
      built.push(await buildGroup(group, place))
    }
  } catch (error) {
    await stop()
    throw error
  }
  const devices = built.flatMap((each) => each.devices)
  const residents = new Map(
    built.flatMap(({ meters, rows }) =>
      meters.map((meter, index) => [rows[index]?.usagePoint ?? '', meter] as const),
    ),
  )
  return {
    scenario,
    archive: () => built.flatMap(({ rows }) => rows),
    stats: () => ({
      meters: residents.size,
      devices: devices.length,
      connected: devices.filter((device) => device.connections() > 0).length,
      counts: sumOfCounts(devices.map(({ counts }) => counts)),
    }),
    meterAt: (usagePoint) => residents.get(usagePoint),
    memory: () => Object.fromEntries(Array.from(residents, ([at, { memory }]) => [at, memory])),
    stop,
  }
}

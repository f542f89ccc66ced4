import type { ModbusProfile } from '#protocols/modbus'
import { type MeterMemory, SimulatedMeter, type Site } from '#simulators/meter'
import type { FieldRow } from './archive.ts'
import type { Device } from './device.ts'
import { type Need, type Resident, residentOf } from './population.ts'
import type { FieldPorts } from './ports.ts'
import type { Scenario, ScenarioGroup } from './scenario.ts'

/** What happened to the meters and cannot be computed again, by usage point. */
export type FleetMemory = Readonly<Record<string, MeterMemory>>

export interface Builder {
  readonly scenario: Scenario
  readonly site: Site
  readonly ports: FieldPorts
  readonly memory: FleetMemory
  /** Register maps beside those of the product. */
  readonly maps: readonly ModbusProfile[]
  /** Numbers go on through the groups, so that no two customers share one. */
  readonly firstNumber: number
  readonly firstArea: number
}

/** What became of one group. */
export interface Built {
  readonly devices: readonly Device[]
  readonly meters: readonly SimulatedMeter[]
  readonly rows: readonly FieldRow[]
  /** Transformer areas used up. */
  readonly areas: number
}

export interface Moved extends Resident {
  readonly meter: SimulatedMeter
}

export function moveIn(
  builder: Builder,
  group: ScenarioGroup,
  phases: Need['phases'],
  address: Need['address'],
): readonly Moved[] {
  const { firstNumber, firstArea } = builder
  const own = named(group, firstNumber, address)
  return move(builder, firstNumber, group.meters, { phases, address: own, area: firstArea })
}

/** Addresses that the scenario gives come before those that are made up. */
export function named(
  group: ScenarioGroup,
  firstNumber: number,
  address: Need['address'],
): Need['address'] {
  return (number) => group.addresses?.[number - firstNumber] ?? address(number)
}

export function move(
  { scenario, site, memory }: Builder,
  firstNumber: number,
  count: number,
  need: Need,
): readonly Moved[] {
  return Array.from({ length: count }, (_, index) => {
    const resident = residentOf(scenario, firstNumber + index, need)
    const kept = memory[resident.archive.usagePoint]
    return { ...resident, meter: new SimulatedMeter(site, resident.spec, kept) }
  })
}

type Reached = Pick<FieldRow, 'channel' | 'channelKind' | 'channelSettings' | 'protocol'> &
  Partial<Pick<FieldRow, 'concentrator' | 'concentratorName'>>

export function settle(
  devices: readonly Device[],
  residents: readonly Moved[],
  areas: number,
  reached: Reached,
  profileFor: (index: number) => string | null = () => null,
): Built {
  return {
    devices,
    meters: residents.map(({ meter }) => meter),
    areas,
    rows: residents.map(({ archive, spec }, index) => ({
      concentrator: null,
      concentratorName: null,
      ...archive,
      ...reached,
      profile: profileFor(index),
      model: spec.phases === 1 ? 'SIM-1P' : 'SIM-3P',
    })),
  }
}

export function joinBuilt(all: readonly Built[]): Built {
  return {
    devices: all.flatMap(({ devices }) => devices),
    meters: all.flatMap(({ meters }) => meters),
    rows: all.flatMap(({ rows }) => rows),
    areas: all.reduce((sum, { areas }) => sum + areas, 0),
  }
}

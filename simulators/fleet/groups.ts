import { profileOf } from '#protocols/modbus'
import type { PublisherFamily } from '#protocols/mqtt'
import {
  dlt645Face,
  foreignDlt645,
  type ModbusUnit,
  modbusRtuFace,
  modbusTcpFace,
} from '#simulators/faces'
import { type MeterMemory, noise, SimulatedMeter, type Site } from '#simulators/meter'
import { areaName, type FieldRow } from './archive.ts'
import { startConcentrator } from './concentrator.ts'
import type { Device } from './device.ts'
import { startListening, startSerialLine } from './listening.ts'
import { type Need, type Resident, residentOf } from './population.ts'
import type { FieldPorts } from './ports.ts'
import { startPublisher } from './publisher.ts'
import { faultsOf, type Scenario, type ScenarioGroup } from './scenario.ts'

/** What happened to the meters and cannot be computed again, by usage point. */
export type FleetMemory = Readonly<Record<string, MeterMemory>>

export interface Builder {
  readonly scenario: Scenario
  readonly site: Site
  readonly ports: FieldPorts
  readonly memory: FleetMemory
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

type Group<Kind extends ScenarioGroup['kind']> = Extract<ScenarioGroup, { kind: Kind }>

const CONCENTRATOR_PREFIX = '330100'
const METER_PREFIX = '33012'

export function buildGroup(group: ScenarioGroup, builder: Builder): Promise<Built> {
  switch (group.kind) {
    case 'dialin':
      return buildDialIns(group, builder)
    case 'tcp':
      return buildSerialServer(group, builder)
    case 'serial':
      return buildSerialLine(group, builder)
    case 'modbus-tcp':
    case 'modbus-rtu-tcp':
      return buildModbus(group, builder)
    case 'mqtt':
      return buildMqtt(group, builder)
  }
}

async function buildDialIns(group: Group<'dialin'>, builder: Builder): Promise<Built> {
  const { scenario, ports, firstArea, firstNumber } = builder
  const built: Built[] = []
  let number = firstNumber
  for (let nth = 0; nth < group.concentrators; nth++) {
    const meters = Math.ceil((group.meters - (number - firstNumber)) / (group.concentrators - nth))
    const area = firstArea + nth
    const address = group.identities?.[nth] ?? CONCENTRATOR_PREFIX + String(area).padStart(6, '0')
    const meterAddress = named(group, firstNumber, stateGrid)
    const residents = move(builder, number, meters, { phases: null, address: meterAddress, area })
    const device = startConcentrator(
      {
        address,
        host: scenario.headEnd.host,
        port: scenario.headEnd.dialInPort,
        face: dlt645Face(residents.map(({ meter }) => meter)),
        faults: faultsOf(scenario, group.faults),
        seed: seedOf(scenario, area),
        heartbeatMs: group.heartbeatS * 1_000,
        hangUpAfterMs: group.hangUpAfterS === null ? null : group.hangUpAfterS * 1_000,
      },
      ports,
    )
    built.push(
      settle([device], residents, 1, {
        concentrator: address,
        concentratorName: `${areaName(area - 1)}集中器`,
        channel: `dialin-${address}`,
        channelKind: 'dialin',
        channelSettings: { identity: address },
        protocol: 'dlt645-2007',
      }),
    )
    number += meters
  }
  return joinBuilt(built)
}

async function buildSerialServer(group: Group<'tcp'>, builder: Builder): Promise<Built> {
  const { scenario, ports, firstArea } = builder
  const residents = moveIn(builder, group, null, stateGrid)
  const meters = residents.map(({ meter }) => meter)
  const device = await startListening(
    {
      name: `serial server ${firstArea}`,
      host: scenario.listenHost,
      port: group.port,
      face: () => dlt645Face(meters),
      faults: faultsOf(scenario, group.faults),
      seed: seedOf(scenario, firstArea),
      disguise: foreignDlt645,
    },
    ports,
  )
  return settle([device], residents, 1, {
    channel: `tcp-bus-${firstArea}`,
    channelKind: 'tcp',
    channelSettings: { host: scenario.listenHost, port: device.port },
    protocol: 'dlt645-2007',
  })
}

async function buildSerialLine(group: Group<'serial'>, builder: Builder): Promise<Built> {
  const { scenario, ports, firstArea } = builder
  const { path, baud, parity } = group
  const residents = moveIn(builder, group, null, stateGrid)
  const settings = { path, baud, parity, dataBits: 8, stopBits: 1 } as const
  const device = await startSerialLine(
    {
      name: `serial ${path}`,
      settings,
      face: dlt645Face(residents.map(({ meter }) => meter)),
      faults: faultsOf(scenario, group.faults),
      seed: seedOf(scenario, firstArea),
      disguise: foreignDlt645,
    },
    ports,
  )
  return settle([device], residents, 1, {
    channel: `serial-${firstArea}`,
    channelKind: 'serial',
    channelSettings: settings,
    protocol: 'dlt645-2007',
  })
}

async function buildModbus(
  group: Group<'modbus-tcp' | 'modbus-rtu-tcp'>,
  builder: Builder,
): Promise<Built> {
  const { scenario, ports, firstArea, firstNumber } = builder
  const unitOf = (number: number) => String(number - firstNumber + 1)
  const residents = moveIn(builder, group, 3, unitOf)
  const profileFor = (index: number) => group.profiles[index % group.profiles.length] ?? ''
  const units = residents.map(({ meter }, index): ModbusUnit => {
    const profile = profileOf(profileFor(index))
    if (!profile) throw new Error(`no Modbus profile is called ${profileFor(index)}`)
    return { unit: Number(meter.spec.address), profile, meter }
  })
  const isRtu = group.kind === 'modbus-rtu-tcp'
  const device = await startListening(
    {
      name: `${group.kind} ${firstArea}`,
      host: scenario.listenHost,
      port: group.port,
      face: () => (isRtu ? modbusRtuFace(units) : modbusTcpFace(units)),
      // TCP neither loses nor turns bits; what goes wrong behind a gateway is silence.
      faults: isRtu
        ? faultsOf(scenario, group.faults)
        : { ...faultsOf(scenario, group.faults), bitFlip: 0, noise: 0, wrongChecksum: 0 },
      seed: seedOf(scenario, firstArea),
    },
    ports,
  )
  return settle(
    [device],
    residents,
    1,
    {
      channel: `${group.kind}-${firstArea}`,
      channelKind: group.kind,
      channelSettings: { host: scenario.listenHost, port: device.port },
      protocol: 'modbus',
    },
    profileFor,
  )
}

async function buildMqtt(group: Group<'mqtt'>, builder: Builder): Promise<Built> {
  const { scenario, ports, firstNumber } = builder
  const url = scenario.headEnd.mqttUrl
  if (url === null) throw new Error('the scenario has MQTT meters but no headEnd.mqttUrl')
  const familyFor = (index: number) => group.families[index % group.families.length] ?? 'openhes'
  const residents = Array.from({ length: group.meters }, (_, index) => {
    const family = familyFor(index)
    const phases = family === 'shelly' ? 3 : null
    const address = named(group, firstNumber, (number) => deviceId(family, number))
    return move(builder, firstNumber + index, 1, { phases, address, area: null })
  }).flat()
  const devices = residents.map(({ meter }, index) =>
    startPublisher(
      {
        url,
        meter,
        family: familyFor(index),
        everyMs: group.everyS * 1_000,
        backlogHours: group.backlogHours,
      },
      ports.clock,
    ),
  )
  return settle(
    devices,
    residents,
    0,
    { channel: 'mqtt', channelKind: 'mqtt', channelSettings: {}, protocol: 'mqtt' },
    familyFor,
  )
}

interface Moved extends Resident {
  readonly meter: SimulatedMeter
}

function moveIn(
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
function named(
  group: ScenarioGroup,
  firstNumber: number,
  address: Need['address'],
): Need['address'] {
  return (number) => group.addresses?.[number - firstNumber] ?? address(number)
}

function move(
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

function settle(
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

function joinBuilt(all: readonly Built[]): Built {
  return {
    devices: all.flatMap(({ devices }) => devices),
    meters: all.flatMap(({ meters }) => meters),
    rows: all.flatMap(({ rows }) => rows),
    areas: all.reduce((sum, { areas }) => sum + areas, 0),
  }
}

function stateGrid(number: number): string {
  return METER_PREFIX + String(number).padStart(7, '0')
}

function deviceId(family: PublisherFamily, number: number): string {
  const hex = number.toString(16).padStart(6, '0').toUpperCase()
  switch (family) {
    case 'openhes':
      return stateGrid(number)
    case 'tasmota':
      return `tasmota_${hex}`
    case 'shelly':
      return `shellypro3em-80646f${hex.toLowerCase()}`
    case 'neuron-values':
    case 'neuron-tags':
      return `neuron-${number}`
  }
}

function seedOf(scenario: Scenario, place: number): number {
  return Math.floor(noise(scenario.seed, place, 7) * 0x1_0000_0000)
}

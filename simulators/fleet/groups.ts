import { profileOf } from '#protocols/modbus'
import {
  dlt645Face,
  foreignDlt645,
  type ModbusUnit,
  modbusRtuFace,
  modbusTcpFace,
} from '#simulators/faces'
import { noise } from '#simulators/meter'
import { areaName } from './archive.ts'
import { gatewayCaller, startConcentrator } from './concentrator.ts'
import { withGateway } from './gateway.ts'
import { startListening, startSerialLine } from './listening.ts'
import { speakerOf } from './meter-faces.ts'
import { type Builder, type Built, joinBuilt, move, moveIn, named, settle } from './moving-in.ts'
import { startPublisher } from './publisher.ts'
import { faultsOf, type Scenario, type ScenarioGroup } from './scenario.ts'
import { buildTerminals } from './terminals.ts'

type ModbusKind = 'modbus-tcp' | 'modbus-rtu-tcp' | 'modbus-serial'

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
    case 'modbus-serial':
      return buildModbusSerial(group, builder)
    case 'modbus-tcp':
    case 'modbus-rtu-tcp':
      return buildModbus(group, builder)
    case 'mqtt':
      return buildMqtt(group, builder)
    case 'terminal':
      return buildTerminals(group, builder, {
        meterAddress: stateGrid,
        seedOf: (place) => seedOf(builder.scenario, place),
      })
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
    const customers = move(builder, number, meters, { phases: null, address: meterAddress, area })
    const residents = group.gateways === true ? withGateway(builder, customers, area) : customers
    const device = startConcentrator(
      {
        address,
        host: scenario.headEnd.host,
        port: scenario.headEnd.dialInPort,
        face: gatewayCaller(dlt645Face(residents.map(({ meter }) => meter)), address),
        disguise: foreignDlt645,
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
  const { residents, speaker, line } = moveMetersIn(group, builder)
  const meters = residents.map(({ meter }) => meter)
  const device = await startListening(
    {
      ...line,
      name: `serial server ${firstArea}`,
      host: scenario.listenHost,
      port: group.port,
      face: () => speaker.faceOf(meters),
    },
    ports,
  )
  const reached = {
    channel: `tcp-bus-${firstArea}`,
    channelKind: 'tcp',
    channelSettings: { host: scenario.listenHost, port: device.port },
    protocol: speaker.protocol,
  } as const
  return settle([device], residents, 1, reached, () => speaker.profile)
}

async function buildSerialLine(group: Group<'serial'>, builder: Builder): Promise<Built> {
  const { ports, firstArea } = builder
  const { path, baud, parity } = group
  const { residents, speaker, line } = moveMetersIn(group, builder)
  const settings = { path, baud, parity, dataBits: 8, stopBits: 1 } as const
  const face = speaker.faceOf(residents.map(({ meter }) => meter))
  const device = await startSerialLine({ ...line, name: `serial ${path}`, settings, face }, ports)
  const reached = {
    channel: `serial-${firstArea}`,
    channelKind: 'serial',
    channelSettings: settings,
    protocol: speaker.protocol,
  } as const
  return settle([device], residents, 1, reached, () => speaker.profile)
}

/** The meters of a bus, and how they speak on it. */
function moveMetersIn(group: Group<'tcp' | 'serial'>, builder: Builder) {
  const { scenario, ports, firstNumber, firstArea } = builder
  const speaker = speakerOf(group, ports.gcm)
  const { addressOf, disguise } = speaker
  const address = addressOf ? (number: number) => addressOf(number - firstNumber) : stateGrid
  const residents = moveIn(builder, group, null, address)
  const line = {
    faults: faultsOf(scenario, group.faults),
    seed: seedOf(scenario, firstArea),
    ...(disguise ? { disguise } : {}),
  }
  return { residents, speaker, line }
}

/** The units of a Modbus bus or gateway, and which register map each has. */
function moveUnitsIn(group: Group<ModbusKind>, builder: Builder) {
  const unitOf = (number: number) => String(number - builder.firstNumber + 1)
  const residents = moveIn(builder, group, 3, unitOf)
  const profileFor = (index: number) => group.profiles[index % group.profiles.length] ?? ''
  const units = residents.map(({ meter }, index): ModbusUnit => {
    const name = profileFor(index)
    const profile = builder.maps.find((map) => map.name === name) ?? profileOf(name)
    if (!profile) throw new Error(`no Modbus profile is called ${name}`)
    return { unit: Number(meter.spec.address), profile, meter }
  })
  return { residents, profileFor, units }
}

async function buildModbusSerial(group: Group<'modbus-serial'>, builder: Builder): Promise<Built> {
  const { scenario, ports, firstArea } = builder
  const { path, baud, parity } = group
  const { residents, profileFor, units } = moveUnitsIn(group, builder)
  const settings = { path, baud, parity, dataBits: 8, stopBits: 1 } as const
  const device = await startSerialLine(
    {
      name: `modbus ${path}`,
      settings,
      face: modbusRtuFace(units),
      faults: faultsOf(scenario, group.faults),
      seed: seedOf(scenario, firstArea),
    },
    ports,
  )
  const reached = {
    channel: `modbus-serial-${firstArea}`,
    channelKind: group.kind,
    channelSettings: settings,
    protocol: 'modbus',
  } as const
  return settle([device], residents, 1, reached, profileFor)
}

async function buildModbus(
  group: Group<'modbus-tcp' | 'modbus-rtu-tcp'>,
  builder: Builder,
): Promise<Built> {
  const { scenario, ports, firstArea } = builder
  const { residents, profileFor, units } = moveUnitsIn(group, builder)
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
        family: payloadOf(familyFor(index)),
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
    () => null,
  )
}

function stateGrid(number: number): string {
  return METER_PREFIX + String(number).padStart(7, '0')
}

type Family = Group<'mqtt'>['families'][number]

/** Neuron writes its values as a dictionary unless it is told to write a list of tags. */
function payloadOf(family: Family) {
  return family === 'neuron' ? 'neuron-values' : family
}

function deviceId(family: Family, number: number): string {
  const hex = number.toString(16).padStart(6, '0').toUpperCase()
  switch (family) {
    case 'openhes':
      return stateGrid(number)
    case 'tasmota':
      return `tasmota_${hex}`
    case 'shelly':
      return `shellypro3em-80646f${hex.toLowerCase()}`
    case 'neuron':
    case 'neuron-tags':
      return `neuron-${number}`
  }
}

function seedOf(scenario: Scenario, place: number): number {
  return Math.floor(noise(scenario.seed, place, 7) * 0x1_0000_0000)
}

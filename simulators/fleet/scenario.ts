import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { type ModbusProfile, profileOf } from '#protocols/modbus'
import { cleanLine, type LineFaults } from '#simulators/line'

const share = Type.Number({ minimum: 0, maximum: 1 })
const milliseconds = Type.Number({ minimum: 0 })
const count = Type.Integer({ minimum: 1, maximum: 1_000_000 })
const port = Type.Integer({ minimum: 0, maximum: 65_535 })
const closed = { additionalProperties: false }

const faultsSchema = Type.Partial(
  Type.Object({
    loss: share,
    bitFlip: share,
    noise: share,
    wrongChecksum: share,
    foreignAddress: share,
    late: share,
    lateMs: milliseconds,
    split: share,
    merge: share,
    silence: share,
    silenceMs: milliseconds,
    halfOpen: share,
    echo: Type.Boolean(),
    delayMs: milliseconds,
    jitterMs: milliseconds,
    baud: Type.Union([Type.Integer({ minimum: 300, maximum: 115_200 }), Type.Null()]),
  }),
  closed,
)

const group = {
  meters: count,
  /** Of the first meters; the others get some that are free. */
  addresses: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  faults: Type.Optional(faultsSchema),
}

const meterProtocol = Type.Union([
  Type.Literal('dlt645-2007'),
  Type.Literal('dlt645-1997'),
  Type.Literal('dlt698'),
  Type.Literal('dlms'),
])
/** What the meters of a bus speak, DL/T 645-2007 unless it is said. */
export type MeterProtocol = Static<typeof meterProtocol>

const access = {
  password: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** 16 or 32 bytes in hex: high-level security 5 and ciphering. */
  encryptionKey: Type.Optional(Type.String()),
  authenticationKey: Type.Optional(Type.String()),
}

const speech = {
  protocol: Type.Optional(meterProtocol),
  /** How DLMS is framed: HDLC unless it is said. */
  framing: Type.Optional(Type.Union([Type.Literal('hdlc'), Type.Literal('wrapper')])),
  /** How DL/T 645-2007 answers a relay order: as the standard does, or by State Grid's words. */
  controlAnswers: Type.Optional(Type.Union([Type.Literal('standard'), Type.Literal('words')])),
  /** What a DLMS meter asks for before it answers; it is open to all unless something is said. */
  access: Type.Optional(Type.Object(access, closed)),
}

const serialLine = {
  path: Type.String({ minLength: 1 }),
  baud: Type.Integer({ minimum: 300 }),
  parity: Type.Union([Type.Literal('none'), Type.Literal('even'), Type.Literal('odd')]),
}

/** Unit numbers from 1 unless addresses are given, profiles taken in turn. */
const units = {
  meters: Type.Integer({ minimum: 1, maximum: 247 }),
  profiles: Type.Array(Type.String(), { minItems: 1 }),
}

const groupSchema = Type.Union([
  /** Concentrators that dial in to the head-end. */
  Type.Object(
    {
      kind: Type.Literal('dialin'),
      ...group,
      concentrators: count,
      /** What the first of them say when they register. */
      identities: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9]{8,15}$' }))),
      /** The last meter of each measures what goes into its area (关口表). */
      gateways: Type.Optional(Type.Boolean()),
      heartbeatS: Type.Number({ minimum: 1 }),
      hangUpAfterS: Type.Union([Type.Number({ minimum: 1 }), Type.Null()]),
    },
    closed,
  ),
  /** Terminals that dial in by the login of their protocol, meters at their metering points. */
  Type.Object(
    {
      kind: Type.Literal('terminal'),
      ...group,
      protocol: Type.Union([Type.Literal('gdw376'), Type.Literal('dlt698')]),
      terminals: count,
      /** Of the first of them: `3301-0001`, or twelve digits of DL/T 698.45. */
      identities: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9]{4}-?[0-9A-F]{4,8}$' }))),
      heartbeatS: Type.Number({ minimum: 1 }),
      hangUpAfterS: Type.Union([Type.Number({ minimum: 1 }), Type.Null()]),
      /** Where the first of them waits for a master instead of calling; the others follow it. */
      port: Type.Optional(port),
    },
    closed,
  ),
  /** One serial server: a bus of meters behind a TCP port that waits. */
  Type.Object({ kind: Type.Literal('tcp'), ...group, ...speech, port }, closed),
  /** A serial port given by its path: meters share it. */
  Type.Object({ kind: Type.Literal('serial'), ...group, ...speech, ...serialLine }, closed),
  /** The same with Modbus RTU units. */
  Type.Object({ kind: Type.Literal('modbus-serial'), ...group, ...serialLine, ...units }, closed),
  /** A gateway. */
  Type.Object(
    {
      kind: Type.Union([Type.Literal('modbus-tcp'), Type.Literal('modbus-rtu-tcp')]),
      ...group,
      ...units,
      port,
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('mqtt'),
      meters: count,
      addresses: group.addresses,
      everyS: Type.Number({ minimum: 1 }),
      /** How the devices write, taken in turn. */
      families: Type.Array(
        Type.Union([
          Type.Literal('openhes'),
          Type.Literal('tasmota'),
          Type.Literal('shelly'),
          Type.Literal('neuron'),
          Type.Literal('neuron-tags'),
        ]),
        { minItems: 1 },
      ),
      /** How many hours of stored registers a device sends when it first connects. */
      backlogHours: Type.Number({ minimum: 0, maximum: 24 * 62 }),
    },
    closed,
  ),
])

const scenarioSchema = Type.Object(
  {
    name: Type.String(),
    /** Everything that is drawn by chance follows from it. */
    seed: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
    zone: Type.String(),
    /** In January of this year or of one of the next three the meters began to count. */
    firstYear: Type.Integer({ minimum: 2000, maximum: 2099 }),
    /** Where concentrators call and what MQTT devices connect to. */
    headEnd: Type.Object(
      { host: Type.String(), dialInPort: port, mqttUrl: Type.Union([Type.String(), Type.Null()]) },
      closed,
    ),
    /** Where what waits for the head-end listens. */
    listenHost: Type.String(),
    faults: faultsSchema,
    groups: Type.Array(groupSchema),
  },
  closed,
)

/** A simulated field as plain data: what there is, how much of it, and what goes wrong. */
export type Scenario = Static<typeof scenarioSchema>
export type ScenarioGroup = Static<typeof groupSchema>

export type ParsedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly mistakes: readonly string[] }

/**
 * A scenario from what a YAML or JSON file holds, or everything that is wrong with it. `maps` are
 * register maps that are known beside those of the product.
 */
export function parseScenario(value: unknown, maps: readonly ModbusProfile[] = []): ParsedScenario {
  if (!Value.Check(scenarioSchema, value)) {
    const errors = [...Value.Errors(scenarioSchema, value)]
    return { ok: false, mistakes: errors.map((error) => `${error.path || '/'}: ${error.message}`) }
  }
  const mistakes = value.groups.flatMap((each, index) =>
    mistakesIn(each, maps).map((mistake) => `/groups/${index}/${mistake}`),
  )
  if (mistakes.length > 0) return { ok: false, mistakes }
  return { ok: true, scenario: value }
}

function mistakesIn(group: ScenarioGroup, maps: readonly ModbusProfile[]): readonly string[] {
  if ('profiles' in group) {
    return group.profiles
      .filter((name) => !maps.some((map) => map.name === name) && !profileOf(name))
      .map((profile) => `profiles: no profile is called ${profile}`)
  }
  if (!('access' in group) || !group.access) return []
  const { encryptionKey, authenticationKey } = group.access
  const keys = [encryptionKey, authenticationKey].filter((key) => key !== undefined)
  const areKeys = keys.every((key) => /^([\dA-F]{32}|[\dA-F]{64})$/i.test(key))
  const arePaired = encryptionKey?.length === authenticationKey?.length
  return [
    ...(group.protocol === 'dlms' ? [] : ['access: only DLMS meters have one']),
    ...(areKeys && arePaired
      ? []
      : ['access: allowed: no keys, or two of 16 or of 32 bytes, in hex']),
  ]
}

/** What the group says, else what the scenario says, else a clean line. */
export function faultsOf(scenario: Scenario, own: Scenario['faults'] | undefined): LineFaults {
  return { ...cleanLine, ...scenario.faults, ...own }
}

export interface DemoPlace {
  readonly dialInPort: number
  readonly mqttUrl: string | null
  readonly zone: string
}

/** The field of `npm start`: mostly concentrators, some of everything else, mild faults. */
export function demoScenario(meters: number, place: DemoPlace): Scenario {
  const part = (percent: number) => Math.round((meters * percent) / 100)
  const mqtt = place.mqttUrl === null ? 0 : part(15)
  const gateway = Math.min(247, part(11))
  const rtuGateway = Math.min(247, part(4))
  const bus = part(5)
  const dialIn = Math.max(0, meters - mqtt - gateway - rtuGateway - bus)
  const groups: ScenarioGroup[] = [
    {
      kind: 'dialin',
      meters: dialIn,
      concentrators: Math.min(7, dialIn) || 1,
      gateways: true,
      heartbeatS: 60,
      hangUpAfterS: 1_800,
      // A radio link: half a second there and back.
      faults: { loss: 0.01, noise: 0.01, split: 0.05, delayMs: 80, jitterMs: 250, baud: null },
    },
    { kind: 'tcp', meters: bus, port: 0, faults: { loss: 0.01, baud: 9_600 } },
    { kind: 'modbus-tcp', meters: gateway, port: 0, profiles: demoProfiles },
    { kind: 'modbus-rtu-tcp', meters: rtuGateway, port: 0, profiles: ['sdm120', 'dtsu666'] },
    { kind: 'mqtt', meters: mqtt, everyS: 10, families: demoFamilies, backlogHours: 48 },
  ]
  return {
    name: `demo of ${meters} meters`,
    seed: 20_261_122,
    zone: place.zone,
    firstYear: 2021,
    headEnd: { host: '127.0.0.1', dialInPort: place.dialInPort, mqttUrl: place.mqttUrl },
    listenHost: '127.0.0.1',
    faults: { loss: 0.01, bitFlip: 0.002, delayMs: 20, jitterMs: 30 },
    groups: groups.filter((each) => each.meters > 0),
  }
}

const demoProfiles = ['sdm630', 'iem3155', 'adw300', 'dtsu666', 'sunspec-203', 'dtsd1352']
const demoFamilies: Extract<ScenarioGroup, { kind: 'mqtt' }>['families'] = [
  'openhes',
  'openhes',
  'tasmota',
  'openhes',
  'shelly',
  'openhes',
  'neuron',
]

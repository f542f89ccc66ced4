import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { isTimeZone } from '#src/core'
import { keptDays, keptDaysSchemas } from './kept-days.ts'
import { isUrlOf, maskUrl } from './urls.ts'

const roleNames = ['acquisition', 'storage', 'services', 'api'] as const
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const port = Type.Integer({ minimum: 0, maximum: 65_535 })
const text = Type.String({ minLength: 1, maxLength: 4_096 })
const orNone = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
const oneOf = <const Names extends readonly string[]>(names: Names) =>
  Type.Unsafe<Names[number]>(Type.String({ enum: [...names], pattern: `^(${names.join('|')})$` }))

const portAllowed = 'a port number from 1 to 65535, or 0 for any free one'

/** What a valid set of settings looks like; the type of `Settings` follows from it. */
export const settingsSchema = Type.Object({
  databaseUrl: orNone(text),
  dataDir: text,
  mqttUrl: orNone(text),
  httpPort: port,
  httpHost: text,
  dialinPort: port,
  dialinHost: text,
  dialinConnectionsMax: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  mqttPort: port,
  mqttHost: text,
  timezone: text,
  natsUrl: orNone(text),
  adminPassword: orNone(Type.String({ minLength: 8, maxLength: 128 })),
  logLevel: oneOf(logLevels),
  outboxMaxMib: Type.Integer({ minimum: 16, maximum: 1_048_576 }),
  ...keptDaysSchemas,
  demoMeters: Type.Integer({ minimum: 1, maximum: 10_000 }),
  smsFile: orNone(text),
  smsSecret: orNone(text),
  role: Type.Array(oneOf(roleNames), { minItems: 1, uniqueItems: true }),
  server: text,
  token: orNone(text),
  username: orNone(text),
  password: orNone(text),
})

export type Settings = Readonly<Static<typeof settingsSchema>>
export type SettingKey = keyof Settings

/** How a setting's text becomes its value, and what a person is told about it. */
export interface Definition<Key extends SettingKey> {
  readonly default: Settings[Key]
  /** Shown instead of the default where the default is the absence of a value. */
  readonly defaultText?: string
  readonly meaning: string
  /** Completes "allowed: …". */
  readonly allowed: string
  readonly kind: 'text' | 'integer' | 'list'
  /** What the schema cannot say; runs after it. */
  readonly accepts?: (value: string) => boolean
  /** How the value is shown to others; absent where it is no secret. */
  readonly mask?: (value: string) => string
  /** `client` settings serve the CLI as a client of a running head-end. */
  readonly group: 'server' | 'client'
  /** What `--the-setting` takes in help texts; null where a command line would give it away. */
  readonly flag: string | null
}

const hidden = () => '***'
const postgres = ['postgres:', 'postgresql:']
const mqtt = ['mqtt:', 'mqtts:', 'ws:', 'wss:']
const nats = ['nats:', 'tls:', 'ws:', 'wss:']
const http = ['http:', 'https:']
const host = (value: string) => /^[\w.:-]+$/.test(value)

/** Every setting, in the order of the documentation. */
export const definitions: { readonly [Key in SettingKey]: Definition<Key> } = {
  databaseUrl: {
    default: null,
    defaultText: 'none: an embedded TimescaleDB under HES_DATA_DIR',
    meaning: 'PostgreSQL 15 or newer with the Community features of TimescaleDB',
    allowed: 'postgres://user:password@host:port/database',
    kind: 'text',
    accepts: (value) => isUrlOf(value, postgres),
    mask: maskUrl,
    group: 'server',
    flag: 'URL',
  },
  dataDir: {
    default: './.hes',
    meaning: 'embedded database, broker state, generated secrets',
    allowed: 'a path',
    kind: 'text',
    group: 'server',
    flag: 'DIR',
  },
  mqttUrl: {
    default: null,
    defaultText: 'none: an embedded broker on HES_MQTT_PORT',
    meaning: 'the MQTT broker meters publish to',
    allowed: 'mqtt://[user:password@]host:port (or mqtts://, ws://, wss://)',
    kind: 'text',
    accepts: (value) => isUrlOf(value, mqtt),
    mask: maskUrl,
    group: 'server',
    flag: 'URL',
  },
  httpPort: {
    default: 8080,
    meaning: 'port of the API and the console',
    allowed: portAllowed,
    kind: 'integer',
    group: 'server',
    flag: 'PORT',
  },
  httpHost: {
    default: '127.0.0.1',
    meaning: 'address the API and the console listen on',
    allowed: 'a host name or an IP address; 0.0.0.0 listens on every network',
    kind: 'text',
    accepts: host,
    group: 'server',
    flag: 'HOST',
  },
  dialinPort: {
    default: 9700,
    meaning: 'port where concentrators dial in over GPRS (TCP)',
    allowed: portAllowed,
    kind: 'integer',
    group: 'server',
    flag: 'PORT',
  },
  dialinHost: {
    default: '0.0.0.0',
    meaning: 'address the dial-in port listens on',
    allowed: 'a host name or an IP address; 0.0.0.0 listens on every network',
    kind: 'text',
    accepts: host,
    group: 'server',
    flag: 'HOST',
  },
  dialinConnectionsMax: {
    default: 15_000,
    meaning: 'connections that devices may hold; each takes one open file',
    allowed: 'a whole number from 1 to 1000000, and 1000 below the limit of open files',
    kind: 'integer',
    group: 'server',
    flag: 'N',
  },
  mqttPort: {
    default: 1883,
    meaning: 'port of the embedded broker',
    allowed: portAllowed,
    kind: 'integer',
    group: 'server',
    flag: 'PORT',
  },
  mqttHost: {
    default: '127.0.0.1',
    meaning: 'address the embedded broker listens on',
    allowed: 'a host name or an IP address; 0.0.0.0 listens on every network',
    kind: 'text',
    accepts: host,
    group: 'server',
    flag: 'HOST',
  },
  timezone: {
    default: 'Asia/Shanghai',
    meaning: "the utility's civil time: days, months, tariffs, freezes",
    allowed: 'a time zone of the IANA database, such as Asia/Shanghai or UTC',
    kind: 'text',
    accepts: isTimeZone,
    group: 'server',
    flag: 'ZONE',
  },
  natsUrl: {
    default: null,
    defaultText: 'none: one process',
    meaning: 'several nodes share the work over NATS JetStream',
    allowed: 'nats://host:port (or tls://, ws://, wss://)',
    kind: 'text',
    accepts: (value) => isUrlOf(value, nats),
    mask: maskUrl,
    group: 'server',
    flag: 'URL',
  },
  adminPassword: {
    default: null,
    defaultText: 'none: one is made at the first start and printed once',
    meaning: 'password of the first user, admin',
    allowed: '8 to 128 characters',
    kind: 'text',
    mask: hidden,
    group: 'server',
    flag: null,
  },
  logLevel: {
    default: 'info',
    meaning: 'how much is logged, as JSON lines on stderr',
    allowed: logLevels.join(', '),
    kind: 'text',
    group: 'server',
    flag: 'LEVEL',
  },
  outboxMaxMib: {
    default: 4_096,
    meaning:
      'disk for what devices sent and the database has not taken; full, nothing is acknowledged',
    allowed: 'mebibytes, from 16 to 1048576',
    kind: 'integer',
    group: 'server',
    flag: 'MIB',
  },
  ...keptDays,
  demoMeters: {
    default: 100,
    meaning: 'meters in the simulated field of the demo',
    allowed: 'a whole number from 1 to 10000',
    kind: 'integer',
    group: 'server',
    flag: 'COUNT',
  },
  smsFile: {
    default: null,
    defaultText: 'none: messages wait in the outbox',
    meaning: 'how the provider of short messages is spoken to',
    allowed: 'a path to a YAML file; see docs/recipes/send-messages.md',
    kind: 'text',
    group: 'server',
    flag: 'FILE',
  },
  smsSecret: {
    default: null,
    defaultText: 'none',
    meaning: 'the key that signs requests to that provider and checks its receipts',
    allowed: 'a secret',
    kind: 'text',
    mask: hidden,
    group: 'server',
    flag: null,
  },
  role: {
    default: [...roleNames],
    defaultText: 'all of them in one process',
    meaning: 'what this process does',
    allowed: `one or more of ${roleNames.join(', ')}, separated by commas`,
    kind: 'list',
    group: 'server',
    flag: 'ROLE,…',
  },
  server: {
    default: 'http://127.0.0.1:8080',
    meaning: 'the running head-end that read --concentrator asks',
    allowed: 'http://host:port or https://host:port',
    kind: 'text',
    accepts: (value) => isUrlOf(value, http),
    mask: maskUrl,
    group: 'client',
    flag: 'URL',
  },
  token: {
    default: null,
    defaultText: 'none',
    meaning: 'session token or API key for HES_SERVER',
    allowed: 'a token of POST /api/v1/sessions or an API key',
    kind: 'text',
    mask: hidden,
    group: 'client',
    flag: 'TOKEN',
  },
  username: {
    default: null,
    defaultText: 'none',
    meaning: 'who signs in at HES_SERVER where there is no token',
    allowed: 'a user name',
    kind: 'text',
    group: 'client',
    flag: 'NAME',
  },
  password: {
    default: null,
    defaultText: 'none',
    meaning: 'the password of HES_USERNAME',
    allowed: 'a password',
    kind: 'text',
    mask: hidden,
    group: 'client',
    flag: null,
  },
}

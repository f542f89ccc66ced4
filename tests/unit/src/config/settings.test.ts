import { describe, expect, test } from 'vitest'
import { explainSettings, loadSettings, type SettingsInput, viewSettings } from '#src/config'

const load = (
  env: Record<string, string>,
  files: Record<string, string> = {},
  flags: NonNullable<SettingsInput['flags']> = {},
) =>
  loadSettings({
    env,
    flags,
    readFile: (path) => {
      const text = files[path]
      if (text === undefined) {
        throw new Error(`ENOENT: no such file or directory, open '${path}'`)
      }
      return text
    },
  })

const mistakesOf = (...input: Parameters<typeof load>) => {
  const loaded = load(...input)
  return loaded.ok ? [] : loaded.error.mistakes
}

const valuesOf = (...input: Parameters<typeof load>) => {
  const loaded = load(...input)
  if (!loaded.ok) throw new Error(loaded.error.mistakes.join('\n'))
  return loaded.value
}

const portAllowed = 'allowed: a port number from 1 to 65535, or 0 for any free one'
const hostAllowed = 'allowed: a host name or an IP address; 0.0.0.0 listens on every network'

/** One broken environment and the line it gets. */
const brokenVariables: readonly (readonly [string, string, string])[] = [
  ['HES_HTTP_PORT', 'eighty', `"eighty" is not allowed; ${portAllowed}`],
  ['HES_HTTP_PORT', '65536', `"65536" is not allowed; ${portAllowed}`],
  ['HES_HTTP_PORT', '-1', `"-1" is not allowed; ${portAllowed}`],
  ['HES_HTTP_PORT', '80.5', `"80.5" is not allowed; ${portAllowed}`],
  ['HES_HTTP_PORT', '8e3', `"8e3" is not allowed; ${portAllowed}`],
  ['HES_HTTP_PORT', '0x50', `"0x50" is not allowed; ${portAllowed}`],
  ['HES_HTTP_PORT', '99999999999999', `"99999999999999" is not allowed; ${portAllowed}`],
  ['HES_DIALIN_PORT', 'all', `"all" is not allowed; ${portAllowed}`],
  ['HES_MQTT_PORT', '1883/tcp', `"1883/tcp" is not allowed; ${portAllowed}`],
  ['HES_HTTP_HOST', 'my host', `"my host" is not allowed; ${hostAllowed}`],
  ['HES_DIALIN_HOST', 'http://x', `"http://x" is not allowed; ${hostAllowed}`],
  ['HES_MQTT_HOST', 'a,b', `"a,b" is not allowed; ${hostAllowed}`],
  [
    'HES_DATABASE_URL',
    'mysql://u:secret@db/hes',
    'this value is not allowed; allowed: postgres://user:password@host:port/database',
  ],
  [
    'HES_DATABASE_URL',
    'db:5432',
    'this value is not allowed; allowed: postgres://user:password@host:port/database',
  ],
  [
    'HES_MQTT_URL',
    'tcp://broker:1883',
    'this value is not allowed; allowed: mqtt://[user:password@]host:port (or mqtts://, ws://, wss://)',
  ],
  [
    'HES_NATS_URL',
    'nats',
    'this value is not allowed; allowed: nats://host:port (or tls://, ws://, wss://)',
  ],
  [
    'HES_TIMEZONE',
    'Beijing',
    '"Beijing" is not allowed; allowed: a time zone of the IANA database, such as Asia/Shanghai or UTC',
  ],
  ['HES_ADMIN_PASSWORD', 'short', 'this value is not allowed; allowed: 8 to 128 characters'],
  [
    'HES_LOG_LEVEL',
    'verbose',
    '"verbose" is not allowed; allowed: trace, debug, info, warn, error, fatal, silent',
  ],
  ['HES_DEMO_METERS', '0', '"0" is not allowed; allowed: a whole number from 1 to 10000'],
  ['HES_DEMO_METERS', 'many', '"many" is not allowed; allowed: a whole number from 1 to 10000'],
  [
    'HES_ROLE',
    'api,web',
    '"api,web" is not allowed; allowed: one or more of acquisition, storage, services, api, separated by commas',
  ],
  [
    'HES_ROLE',
    'api,api',
    '"api,api" is not allowed; allowed: one or more of acquisition, storage, services, api, separated by commas',
  ],
  [
    'HES_SERVER',
    'localhost:8080',
    'this value is not allowed; allowed: http://host:port or https://host:port',
  ],
  ['HES_HTTP_PROT', '1', 'no such setting; did you mean HES_HTTP_PORT?'],
  ['HES_DATABSE_URL', 'x', 'no such setting; did you mean HES_DATABASE_URL?'],
  ['HES_TIME_ZONE', 'UTC', 'no such setting; did you mean HES_TIMEZONE?'],
  ['HES_XYZZY', '1', 'no such setting; hes doctor --settings lists all'],
  ['HES_HTTP_PORT_FILE', '/run/port', 'no such setting; hes doctor --settings lists all'],
]

/** One broken settings file and its lines. */
const brokenFiles: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a wrong value',
    'http_port: eighty',
    [`http_port (hes.yaml): "eighty" is not allowed; ${portAllowed}`],
  ],
  [
    'a value of another kind',
    'http_port: [1]',
    [`http_port (hes.yaml): [1] is not allowed; ${portAllowed}`],
  ],
  ['a fraction', 'http_port: 80.5', [`http_port (hes.yaml): 80.5 is not allowed; ${portAllowed}`]],
  [
    'an unknown key',
    'htp_port: 1',
    ['htp_port (hes.yaml): no such setting; did you mean http_port?'],
  ],
  [
    'the same setting in two spellings',
    'http_port: 1\nHES_HTTP_PORT: 2',
    ['HES_HTTP_PORT (hes.yaml): is there already, as http_port'],
  ],
  ['a list instead of a mapping', '- 1', ['hes.yaml: allowed: lines such as "http_port: 8080"']],
  ['a bare word', 'hello', ['hes.yaml: allowed: lines such as "http_port: 8080"']],
  [
    'the same key twice',
    'http_port: 1\nhttp_port: 2',
    ['hes.yaml: line 2 is not YAML (Map keys must be unique)'],
  ],
]

describe('settings', () => {
  test.each(['http_port', 'HES_HTTP_PORT', 'httpPort', 'http-port'])(
    'of a file may be written %s',
    (name) => {
      const files = { 'hes.yaml': `${name}: 1001` }
      expect(valuesOf({ HES_CONFIG: 'hes.yaml' }, files).settings.httpPort).toBe(1001)
    },
  )

  test('without anything given are the defaults of the contract', () => {
    expect(valuesOf({}).settings).toEqual({
      databaseUrl: null,
      dataDir: './.hes',
      mqttUrl: null,
      httpPort: 8080,
      httpHost: '127.0.0.1',
      dialinPort: 9700,
      dialinHost: '0.0.0.0',
      dialinConnectionsMax: 15_000,
      mqttPort: 1883,
      mqttHost: '127.0.0.1',
      timezone: 'Asia/Shanghai',
      natsUrl: null,
      adminPassword: null,
      logLevel: 'info',
      outboxMaxMib: 4_096,
      evidenceDays: 7,
      clockDays: 400,
      parameterDays: 1_100,
      gateDays: 1_100,
      demoMeters: 100,
      role: ['acquisition', 'storage', 'services', 'api'],
      server: 'http://127.0.0.1:8080',
      smsFile: null,
      smsSecret: null,
      token: null,
      username: null,
      password: null,
    })
  })

  test('yield from file to environment to flag', () => {
    const files = { 'hes.yaml': 'http_port: 1001\ndialin_port: 1002\nmqtt_port: 1003' }
    const env = { HES_CONFIG: 'hes.yaml', HES_DIALIN_PORT: '2002', HES_MQTT_PORT: '2003' }
    const loaded = valuesOf(env, files, { mqttPort: '3003' })
    expect(loaded.settings).toMatchObject({ httpPort: 1001, dialinPort: 2002, mqttPort: 3003 })
    expect(loaded.sources).toMatchObject({
      httpPort: 'file',
      dialinPort: 'environment',
      mqttPort: 'flag',
      httpHost: 'default',
    })
  })

  test('are frozen', () => {
    const { settings } = valuesOf({ HES_ROLE: 'api, storage' })
    expect(Object.isFrozen(settings)).toBe(true)
    expect(Object.isFrozen(settings.role)).toBe(true)
    expect(settings.role).toEqual(['api', 'storage'])
  })

  test('treat an empty variable as one that is not set', () => {
    expect(valuesOf({ HES_HTTP_PORT: '', HES_CONFIG: '' }).settings.httpPort).toBe(8080)
  })

  test('take a secret from a file without its last line break', () => {
    const files = { '/run/secrets/admin': 'correct horse\n' }
    const loaded = valuesOf({ HES_ADMIN_PASSWORD_FILE: '/run/secrets/admin' }, files)
    expect(loaded.settings.adminPassword).toBe('correct horse')
  })

  test.each(brokenVariables)('refuse %s=%s', (name, value, line) => {
    expect(mistakesOf({ [name]: value })).toEqual([`${name}: ${line}`])
  })

  test.each(brokenFiles)('refuse a file with %s', (_, text, lines) => {
    expect(mistakesOf({ HES_CONFIG: 'hes.yaml' }, { 'hes.yaml': text })).toEqual(lines)
  })

  test('refuse a file that cannot be read', () => {
    expect(mistakesOf({ HES_CONFIG: 'gone.yaml' })).toEqual([
      'HES_CONFIG: gone.yaml cannot be read (ENOENT: no such file or directory); allowed: a YAML file',
    ])
  })

  test('refuse a secret file that cannot be read', () => {
    expect(mistakesOf({ HES_TOKEN_FILE: '/gone' })).toEqual([
      'HES_TOKEN_FILE (/gone): cannot be read (ENOENT: no such file or directory); name a readable file',
    ])
  })

  test('refuse a flag by its own name', () => {
    expect(mistakesOf({}, {}, { httpPort: 'x' })).toEqual([
      `--http-port: "x" is not allowed; ${portAllowed}`,
    ])
  })

  test('refuse two listeners on one port', () => {
    expect(mistakesOf({ HES_HTTP_PORT: '9700' })).toEqual([
      'HES_DIALIN_PORT: 9700 is already taken by HES_HTTP_PORT; allowed: another port',
    ])
    expect(mistakesOf({ HES_MQTT_PORT: '9700' })).toHaveLength(1)
    const elsewhere = { HES_MQTT_PORT: '9700', HES_MQTT_URL: 'mqtt://broker' }
    expect(mistakesOf(elsewhere)).toEqual([])
    expect(mistakesOf({ HES_HTTP_PORT: '0', HES_DIALIN_PORT: '0' })).toEqual([])
  })

  test('report all mistakes of all sources in one go', () => {
    const files = { 'hes.yaml': 'http_port: x\nnope: 1' }
    const env = { HES_CONFIG: 'hes.yaml', HES_LOG_LEVEL: 'loud', HES_HTTP_PORT: '8081' }
    expect(mistakesOf(env, files, { demoMeters: '-' })).toHaveLength(4)
  })

  test('never repeat a secret in a mistake or a view', () => {
    const secret = 'p4ss'
    const url = `postgres://hes:${secret}@db/hes?password=${secret}`
    expect(mistakesOf({ HES_ADMIN_PASSWORD: secret }).join()).not.toContain(secret)
    expect(mistakesOf({ HES_DATABASE_URL: `x${url}` }).join()).not.toContain(secret)
    const view = viewSettings(valuesOf({ HES_DATABASE_URL: url, HES_TOKEN: secret }))
    expect(JSON.stringify(view)).not.toContain(secret)
    expect(view[0]).toMatchObject({
      name: 'HES_DATABASE_URL',
      value: 'postgres://hes:***@db/hes?password=***',
      source: 'environment',
    })
  })

  test('are explained, each with what is allowed', () => {
    const rows = explainSettings()
    expect(rows.map((row) => row.variable)).toContain('HES_DIALIN_PORT')
    for (const row of rows) {
      expect(row.meaning).not.toBe('')
      expect(row.allowed).not.toBe('')
      expect(row.flag === null).toBe(/(PASSWORD|SECRET)$/.test(row.variable))
    }
  })
})

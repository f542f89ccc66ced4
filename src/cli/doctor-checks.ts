import type { FileFault, RegisterMap, RegisterMaps } from '#src/acquisition/register-maps'
import type { Settings } from '#src/config'
import type { Result } from '#src/core'
import type { DirectoryFacts, Inspection } from './actions.ts'
import type { CliFailure } from './exit.ts'

/** What one look at the installation found. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** What to do about it; null where nothing is to be done. */
  readonly advice: string | null
  /** Every mistake, where there are several. */
  readonly mistakes?: readonly string[]
}

const NODE_MAJOR_MIN = 22
const NODE_MINOR_MIN = 18
const FREE_BYTES_MIN = 1_000_000_000
/** 2026 to 2100: a machine that runs this release at another time has no set clock. */
const EARLIEST_NOW = 1_767_225_600_000
const LATEST_NOW = 4_102_444_800_000

/** Looks at everything a start needs, in the order in which a start needs it. */
export async function* checkInstallation(
  settings: Settings,
  look: Inspection,
  looking: (text: string) => void,
): AsyncIterable<Finding> {
  yield ok('settings', 'all understood (hes doctor --settings shows them)')
  yield node(look.nodeVersion)
  yield clock(look.now, settings.timezone)
  const directory = await look.directory(settings.dataDir)
  yield dataDirectory(settings, directory)
  yield registerMaps(await look.registerMaps(settings.dataDir))
  looking('database …')
  yield database(await look.database(), settings, directory)
  for (const [name, host, port, setting] of listeners(settings)) {
    looking(`${name} …`)
    yield listener(name, setting, `${host}:${port}`, await look.portProblem(host, port))
  }
  for (const [name, text, setting] of [
    ['broker', settings.mqttUrl, 'HES_MQTT_URL'],
    ['nats', settings.natsUrl, 'HES_NATS_URL'],
  ] as const) {
    const url = text === null ? null : URL.parse(text)
    if (url === null) continue
    const port = Number(url.port) || defaultPorts[url.protocol] || 0
    looking(`${name} …`)
    yield reachable(name, setting, url, port, await look.reachProblem(url.hostname, port))
  }
  yield serial(await look.serialPorts())
}

const defaultPorts: Readonly<Record<string, number>> = {
  'mqtt:': 1_883,
  'mqtts:': 8_883,
  'ws:': 80,
  'wss:': 443,
  'nats:': 4_222,
  'tls:': 4_222,
}

function ok(name: string, message: string): Finding {
  return { name, status: 'ok', message, advice: null }
}

function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor >= NODE_MINOR_MIN)) {
    return ok('node', `Node.js ${version}`)
  }
  return {
    name: 'node',
    status: 'fail',
    message: `Node.js ${version} is too old`,
    advice: `install Node.js ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} or newer`,
  }
}

function clock(now: number, zone: string): Finding {
  const shown = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(now)
  if (now >= EARLIEST_NOW && now < LATEST_NOW) return ok('clock', `${shown} in ${zone}`)
  return {
    name: 'clock',
    status: 'fail',
    message: `this machine believes it is ${shown} in ${zone}`,
    advice: 'set its clock (timedatectl set-ntp true): readings are stamped with it',
  }
}

function dataDirectory(settings: Settings, facts: DirectoryFacts): Finding {
  const name = 'data directory'
  const { dataDir } = settings
  if (!facts.writable) {
    const what = facts.exists ? 'cannot be written' : 'cannot be made'
    return {
      name,
      status: 'fail',
      message: `${dataDir} ${what}`,
      advice: 'give its owner the right to write, or set HES_DATA_DIR to another folder',
    }
  }
  if (facts.freeBytes !== null && facts.freeBytes < FREE_BYTES_MIN) {
    return {
      name,
      status: 'warn',
      message: `${dataDir} has ${Math.floor(facts.freeBytes / 1_000_000)} MB left`,
      advice: 'make room: a full disk stops the storing of readings',
    }
  }
  return ok(name, facts.exists ? `${dataDir}, writable` : `${dataDir}, made at the first start`)
}

/** The user's own; those of the product are tested where they are written. */
function registerMaps({ folder, maps, refused, passedOver }: RegisterMaps): Finding {
  const name = 'register maps'
  const names = maps.map((map) => map.name).join(', ')
  if (refused.length > 0) {
    return {
      name,
      status: 'fail',
      message: `${folder}: ${refused.length} not read; read: ${names || 'none'}`,
      advice: 'mend them and start the head-end again: meters that name such a map are not read',
      mistakes: refused.flatMap(({ mistakes }) => mistakes),
    }
  }
  if (passedOver.length > 0) {
    return {
      name,
      status: 'warn',
      message: `${folder}: ${passedOver.join(', ')} is passed over`,
      advice: 'a register map is a file that ends in .yaml, .yml or .json',
    }
  }
  return ok(name, maps.length === 0 ? `none of your own in ${folder}` : `${names} in ${folder}`)
}

/** One file, as it would be read from the folder or by `--profile`. */
export function registerMapFile(path: string, read: Result<RegisterMap, FileFault>): Finding {
  const name = 'register map'
  if (read.ok) {
    const { title, points } = read.value
    return ok(name, `${path}: ${read.value.name} (${title}), ${points.length} quantities`)
  }
  const { kind, mistakes } = read.error
  if (kind === 'unreadable') {
    return { name, status: 'fail', message: mistakes.join(), advice: 'name a file you may read' }
  }
  const message = `${path}: ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}`
  const advice = 'docs/recipes/add-modbus-profile.md says what a map may hold'
  return { name, status: 'fail', message, advice, mistakes }
}

function database(
  opened: Result<string, CliFailure>,
  settings: Settings,
  directory: DirectoryFacts,
): Finding {
  if (opened.ok) return ok('database', opened.value)
  if (settings.databaseUrl === null && directory.lockedBy !== null) {
    return {
      name: 'database',
      status: 'warn',
      message: `in use by ${directory.lockedBy}, not looked into`,
      advice: 'this is right while the head-end runs; stop it to check the files',
    }
  }
  return {
    name: 'database',
    status: 'fail',
    message: opened.error.message,
    advice: opened.error.next ?? 'check HES_DATABASE_URL and that the server runs',
  }
}

function listeners(settings: Settings): readonly (readonly [string, string, number, string])[] {
  const { httpHost, httpPort, dialinHost, dialinPort, mqttHost, mqttPort } = settings
  const all: (readonly [string, string, number, string])[] = [
    ['http port', httpHost, httpPort, 'HES_HTTP_PORT'],
    ['dial-in port', dialinHost, dialinPort, 'HES_DIALIN_PORT'],
  ]
  if (settings.mqttUrl === null) all.push(['mqtt port', mqttHost, mqttPort, 'HES_MQTT_PORT'])
  return all
}

function listener(name: string, setting: string, place: string, problem: string | null): Finding {
  if (problem === null) return ok(name, `${place} is free`)
  return {
    name,
    status: 'warn',
    message: `${place}: ${problem}`,
    advice: `right while the head-end runs; otherwise set ${setting} to a free port`,
  }
}

function reachable(
  name: string,
  setting: string,
  url: URL,
  port: number,
  problem: string | null,
): Finding {
  if (problem === null) return ok(name, `${url.hostname}:${port} accepts connections`)
  return {
    name,
    status: 'fail',
    message: `${url.hostname}:${port}: ${problem}`,
    advice: `start it, open the firewall, or mend ${setting}`,
  }
}

function serial(ports: readonly string[]): Finding {
  const shown = ports.length === 0 ? 'none (needed only for devices on a cable)' : ports.join(', ')
  return ok('serial ports', shown)
}

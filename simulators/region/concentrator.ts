import {
  dlt645Face,
  dlt645v1997Face,
  dlt698Face,
  dlt698TerminalFace,
  type Face,
  gdw376Face,
  standardBytesMax,
} from '#simulators/faces'
import {
  bus,
  type Caller,
  type ConcentratorOptions,
  type Device,
  type FieldPorts,
  gatewayCaller,
  startConcentrator,
} from '#simulators/fleet'
import { cleanLine, type LineFaults } from '#simulators/line'
import { SimulatedMeter, type Site } from '#simulators/meter'
import { garbled, noisy, populated, spoilt, transparentBus } from './bus.ts'
import { forgotten, sayingGoodbye, twice } from './calls.ts'
import type { PlannedConcentrator, PlannedMeter, RegionSpec } from './plan.ts'
import { babbling, overrun } from './strange.ts'

export interface Place {
  readonly host: string
  readonly port: number
  readonly heartbeatMs: number
}

const NEVER_MS = 30 * 86_400_000
const FLAPS_AFTER_MS = 90_000
const FADES_AFTER_MS = 4_000
const FADES_CALLS = 4
const WEAK_LOSS = 0.6
const CUT_AFTER_MS = 80
const CUT_PAUSE_MS = 30_000
const NAT_AFTER_MS = 360_000
const LEAVES_AFTER_MS = 15_000
const BACK_AFTER_MS = 50 * 60_000
const DAY_MS = 86_400_000
const YEAR_DAYS = 365
const MODEM_BUFFER_BYTES = 48
const DENIED = 3

/** Plays a concentrator with what hangs behind it; null for one that never calls. */
export function playConcentrator(
  planned: PlannedConcentrator,
  region: RegionSpec,
  { host, port, heartbeatMs }: Place,
  site: Site,
  ports: FieldPorts,
): Device | null {
  const { kind, identity, seed } = planned
  if (kind?.name === 'never-calls') return null
  const isMute = kind?.name === 'mute'
  const options: ConcentratorOptions = {
    address: identity,
    host,
    port,
    face: callerOf(planned, site, heartbeatMs),
    faults: isMute || kind?.name === 'deaf' ? deaf : lineOf(planned, region),
    seed,
    heartbeatMs: isMute ? NEVER_MS : heartbeatMs,
    hangUpAfterMs: hangUpAfter(planned),
    callsMax: callsMax(planned),
    ...(kind?.name === 'cut-at-once' ? { pauseMs: CUT_PAUSE_MS } : {}),
  }
  if (kind?.name !== 'comes-back') return startConcentrator(options, ports)
  const once = { ...options, hangUpAfterMs: LEAVES_AFTER_MS, callsMax: 1 }
  return twice((isBack) => startConcentrator(isBack ? options : once, ports), BACK_AFTER_MS, ports)
}

/** Half a second there and back over a mobile network, and of some much more. */
function lineOf({ kind }: PlannedConcentrator, { loss, damage }: RegionSpec): LineFaults {
  const half = damage / 2
  const line = { ...cleanLine, loss, noise: half, bitFlip: half, delayMs: 150, jitterMs: 250 }
  switch (kind?.name) {
    case 'weak-signal':
      return { ...line, loss: WEAK_LOSS }
    case 'congested':
      return { ...line, delayMs: 9_000, jitterMs: 6_000 }
    default:
      return line
  }
}

const deaf: LineFaults = { ...cleanLine, loss: 1 }

function hangUpAfter({ kind }: PlannedConcentrator): number | null {
  switch (kind?.name) {
    case 'flaps':
      return FLAPS_AFTER_MS
    case 'gone':
    case 'fades':
    case 'says-goodbye':
      return FADES_AFTER_MS
    case 'cut-at-once':
      return CUT_AFTER_MS
    case 'forgotten-by-nat':
      return NAT_AFTER_MS
    default:
      return null
  }
}

function callsMax({ kind }: PlannedConcentrator): number {
  if (kind?.name === 'gone' || kind?.name === 'says-goodbye') return 1
  return kind?.name === 'fades' ? FADES_CALLS : Number.POSITIVE_INFINITY
}

/** Its meters are made when it is first asked something: most of its life it only says hello. */
function callerOf(planned: PlannedConcentrator, site: Site, heartbeatMs: number): Caller {
  let made: Caller | null = null
  const face = () => {
    made ??= faceOf(planned, site, heartbeatMs)
    return made
  }
  return {
    login: (nowMs) => face().login(nowMs),
    heartbeat: (nowMs) => face().heartbeat(nowMs),
    report: (nowMs) => face().report(nowMs),
    receive: (chunk, nowMs) => face().receive(chunk, nowMs),
    reset: () => made?.reset(),
  }
}

function faceOf(planned: PlannedConcentrator, site: Site, heartbeatMs: number): Caller {
  switch (planned.speech) {
    case 'dlt645-2007':
      return gateway(planned, site)
    case 'gdw376':
      return asItIs(planned, terminal376(planned, site))
    case 'dlt698':
      return asItIs(planned, terminal698(planned, site, heartbeatMs))
  }
}

/** What is wrong with the way of a terminal to the head-end. */
function asItIs(
  { kind }: PlannedConcentrator,
  terminal: Caller & { logout(nowMs: number): Uint8Array },
): Caller {
  switch (kind?.name) {
    case 'forgotten-by-nat':
      return forgotten(terminal)
    case 'says-goodbye':
      return sayingGoodbye(terminal)
    case 'modem-overruns': {
      const spoil = (answer: Uint8Array) => overrun(answer, MODEM_BUFFER_BYTES)
      return { ...terminal, ...spoilt(terminal, spoil) }
    }
    default:
      return terminal
  }
}

function gateway(
  { kind, identity, seed, meters, guests }: PlannedConcentrator,
  site: Site,
): Caller {
  const here = [...meters(), ...guests().map((guest) => ({ ...guest, kind: null }))]
  const whole = kind?.name === 'old-estate' ? oldBus(here, site) : transparentBus(here, site)
  const passing = (face: Face) => gatewayCaller(face, identity)
  switch (kind?.name) {
    case 'garbled':
      return passing(spoilt(whole, garbled(seed)))
    case 'interfered':
      return passing(spoilt(whole, noisy(seed)))
    case 'babbler':
      return passing(babbling(whole, seed))
    case 'forgotten-by-nat':
      return forgotten(passing(whole))
    default:
      return passing(whole)
  }
}

/** Meters of DL/T 645 at the port of a terminal, which passes on what is forwarded to them. */
function dlt645Bus(meters: readonly PlannedMeter[], site: Site): Face {
  return dlt645Face(meters.map(({ spec }) => new SimulatedMeter(site, spec)))
}

function oldBus(meters: readonly PlannedMeter[], site: Site): Face {
  return dlt645v1997Face(meters.map(({ spec }) => new SimulatedMeter(site, spec)))
}

function terminal376({ kind, identity, meters }: PlannedConcentrator, site: Site) {
  const points = meters().flatMap((planned, index) => {
    if (kind?.name === 'list-lost' || planned.kind?.name === 'point-unknown') return []
    const isUnread = kind?.name === 'bus-shorted' || planned.kind?.name === 'point-unread'
    return [{ point: index + 1, meter: new SimulatedMeter(site, planned.spec), isUnread }]
  })
  const bytesMax = standardBytesMax
  const face = gdw376Face({ address: identity, site, points, port: null, password: null, bytesMax })
  const offMs = calendarOff(kind)
  return {
    ...face,
    receive: (chunk: Uint8Array, nowMs: number) => face.receive(chunk, nowMs + offMs),
  }
}

function calendarOff(kind: PlannedConcentrator['kind']): number {
  switch (kind?.name) {
    case 'calendar-behind':
      return -2 * DAY_MS
    case 'year-ahead':
      return YEAR_DAYS * DAY_MS
    default:
      return 0
  }
}

function terminal698(
  { kind, identity, meters }: PlannedConcentrator,
  site: Site,
  heartbeatMs: number,
) {
  const [onPort = [], direct = []] = [true, false].map((is) =>
    meters().filter((planned) => (planned.kind?.name === 'speaks-645') === is),
  )
  const { well, odd } = populated(direct, site, (meter) => dlt698Face(meter))
  const isShorted = kind?.name === 'bus-shorted'
  const isClosed = kind?.name === 'denies-records'
  const terminal = dlt698TerminalFace({
    address: identity,
    site,
    meters: well,
    ...(isShorted ? { answering: [] } : {}),
    ...(isClosed ? { deniesBy: DENIED } : {}),
    port: onPort.length > 0 ? dlt645Bus(onPort, site) : null,
    heartbeatSeconds: Math.round(heartbeatMs / 1_000),
  })
  const all = bus(isShorted || isClosed ? [terminal] : [terminal, ...odd])
  return { ...terminal, receive: all.receive, reset: all.reset }
}

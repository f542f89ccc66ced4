import { dlt698Face, dlt698TerminalFace, gdw376Face, standardBytesMax } from '#simulators/faces'
import {
  bus,
  type Caller,
  type Device,
  type FieldPorts,
  gatewayCaller,
  startConcentrator,
} from '#simulators/fleet'
import { cleanLine, type LineFaults } from '#simulators/line'
import { SimulatedMeter, type Site } from '#simulators/meter'
import { garbled, noisy, populated, spoilt, transparentBus } from './bus.ts'
import type { PlannedConcentrator, RegionSpec } from './plan.ts'

export interface Place {
  readonly host: string
  readonly port: number
  readonly heartbeatMs: number
}

const NEVER_MS = 30 * 86_400_000
const FLAPS_AFTER_MS = 90_000
const FADES_AFTER_MS = 4_000
const FADES_CALLS = 4
const DAY_MS = 86_400_000

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
  return startConcentrator(
    {
      address: identity,
      host,
      port,
      face: callerOf(planned, site, heartbeatMs),
      faults: isMute || kind?.name === 'deaf' ? deaf : lineOf(region),
      seed,
      heartbeatMs: isMute ? NEVER_MS : heartbeatMs,
      hangUpAfterMs: hangUpAfter(planned),
      callsMax: callsMax(planned),
    },
    ports,
  )
}

/** Half a second there and back over a mobile network. */
function lineOf({ loss, damage }: RegionSpec): LineFaults {
  const half = damage / 2
  return { ...cleanLine, loss, noise: half, bitFlip: half, delayMs: 150, jitterMs: 250 }
}

const deaf: LineFaults = { ...cleanLine, loss: 1 }

function hangUpAfter({ kind }: PlannedConcentrator): number | null {
  switch (kind?.name) {
    case 'flaps':
      return FLAPS_AFTER_MS
    case 'gone':
    case 'fades':
      return FADES_AFTER_MS
    default:
      return null
  }
}

function callsMax({ kind }: PlannedConcentrator): number {
  if (kind?.name === 'gone') return 1
  return kind?.name === 'fades' ? FADES_CALLS : Number.POSITIVE_INFINITY
}

/** Its meters are made when it is first asked something: most of its life it only says hello. */
function callerOf(planned: PlannedConcentrator, site: Site, heartbeatMs: number): Caller {
  let made: Caller | null = null
  const face = () => {
    made ??= made ?? faceOf(planned, site, heartbeatMs)
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
      return terminal376(planned, site)
    case 'dlt698':
      return terminal698(planned, site, heartbeatMs)
  }
}

function gateway({ kind, identity, seed, meters }: PlannedConcentrator, site: Site): Caller {
  const whole = transparentBus(meters(), site)
  if (kind?.name === 'garbled') return gatewayCaller(spoilt(whole, garbled(seed)), identity)
  if (kind?.name === 'interfered') return gatewayCaller(spoilt(whole, noisy(seed)), identity)
  return gatewayCaller(whole, identity)
}

function terminal376({ kind, identity, meters }: PlannedConcentrator, site: Site): Caller {
  const points = meters().map(({ spec }, index) => ({
    point: index + 1,
    meter: new SimulatedMeter(site, spec),
  }))
  const bytesMax = standardBytesMax
  const face = gdw376Face({ address: identity, site, points, port: null, password: null, bytesMax })
  if (kind?.name !== 'calendar-behind') return face
  return { ...face, receive: (chunk, nowMs) => face.receive(chunk, nowMs - 2 * DAY_MS) }
}

function terminal698(
  { identity, meters }: PlannedConcentrator,
  site: Site,
  heartbeatMs: number,
): Caller {
  const { well, odd } = populated(meters(), site, (meter) => dlt698Face(meter))
  const terminal = dlt698TerminalFace({
    address: identity,
    site,
    meters: well,
    port: null,
    heartbeatSeconds: Math.round(heartbeatMs / 1_000),
  })
  const all = bus([terminal, ...odd])
  return { ...terminal, receive: all.receive, reset: all.reset }
}

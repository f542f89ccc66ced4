import {
  dlt645Face,
  dlt645v1997Face,
  dlt698Face,
  dlt698TerminalFace,
  type Face,
  gdw376Face,
  standardBytesMax,
} from '#simulators/faces'
import { bus, type Caller, gatewayCaller } from '#simulators/fleet'
import { SimulatedMeter, type Site } from '#simulators/meter'
import { garbled, noisy, populated, spoilt, transparentBus } from './bus.ts'
import { forgotten, greetingLate, sayingGoodbye } from './calls.ts'
import {
  atHour,
  echoing,
  overhearing,
  sayingTimeout,
  until,
  withoutBeginning,
} from './odd-lines.ts'
import type { PlannedConcentrator, PlannedMeter } from './plan.ts'
import { babbling, overrun } from './strange.ts'

const DAY_MS = 86_400_000
const YEAR_DAYS = 365
const MODEM_BUFFER_BYTES = 48
const DENIED = 3
const PUMP_ENDS_HOUR = 2
const COLLECTED_BY_HOUR = 3
/** From 2026-01-01, when clocks of the field were right last, to 2000-01-01. */
const TO_YEAR_2000_MS = -820_540_800_000

/** Its meters are made when it is first asked something: most of its life it only says hello. */
export function callerOf(planned: PlannedConcentrator, site: Site, heartbeatMs: number): Caller {
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
  if (planned.kind?.name === 'other-maker') return terminal698(planned, site, heartbeatMs)
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
    case 'greets-late':
      return greetingLate(passing(whole))
    case 'echoes':
      return passing(echoing(whole))
    case 'says-timeout':
      return passing(sayingTimeout(whole))
    case 'overhears': {
      const others = here.slice(0, 1).map(({ spec }) => ({ ...spec, seed: ~spec.seed }))
      const neighbour = dlt645Face(others.map((spec) => new SimulatedMeter(site, spec)))
      return passing(overhearing(whole, neighbour, others[0]?.address ?? ''))
    }
    case 'pump-runs': {
      const isOver = (nowMs: number) => nowMs >= atHour(site, nowMs, PUMP_ENDS_HOUR)
      const disturbed = spoilt(transparentBus(here, site), noisy(seed))
      return passing(until(isOver, disturbed, whole))
    }
    case 'turns-late':
      return passing(spoilt(whole, withoutBeginning(seed)))
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

const unknownPoints: readonly string[] = ['point-unknown', 'unlisted']
const unreadPoints: readonly string[] = ['point-unread', 'behind-repeater']

function terminal376({ kind, identity, meters }: PlannedConcentrator, site: Site) {
  const here = meters().flatMap((planned, index) => {
    const of = planned.kind?.name ?? ''
    if (kind?.name === 'list-lost' || unknownPoints.includes(of)) return []
    const isUnread = kind?.name === 'bus-shorted' || unreadPoints.includes(of)
    return [{ point: index + 1, meter: new SimulatedMeter(site, planned.spec), isUnread }]
  })
  const faceWith = (points: typeof here) =>
    gdw376Face({
      ...{ address: identity, site, points, port: null, password: null },
      bytesMax: standardBytesMax,
    })
  const face = faceWith(here)
  const offMs = calendarOff(kind)
  const shifted = (chunk: Uint8Array, nowMs: number) => face.receive(chunk, nowMs + offMs)
  if (kind?.name !== 'collects-late') return { ...face, receive: shifted }
  const empty = faceWith(here.map((point) => ({ ...point, isUnread: true })))
  return { ...face, ...until((nowMs) => hasCollected(site, nowMs), empty, face) }
}

function hasCollected(site: Site, nowMs: number): boolean {
  return nowMs >= atHour(site, nowMs, COLLECTED_BY_HOUR)
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

/** In the list of a terminal that has nothing of them. */
const inVainOf698: readonly string[] = ['cold', 'behind-repeater']

function collectingOf(kind: PlannedConcentrator['kind'], site: Site) {
  switch (kind?.name) {
    case 'collects-late':
      return {
        collectedUntil: (nowMs: number) =>
          hasCollected(site, nowMs) ? nowMs : site.calendar.dayAt(nowMs).startMs - DAY_MS,
      }
    case 'forgot-time':
      return {
        clockOffsetMs: TO_YEAR_2000_MS,
        collectedUntil: () => Number.NEGATIVE_INFINITY,
      }
    default:
      return {}
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
  const inVain = direct
    .filter((planned) => planned.kind && inVainOf698.includes(planned.kind.name))
    .map(({ spec }) => new SimulatedMeter(site, spec))
  const isShorted = kind?.name === 'bus-shorted'
  const isClosed = kind?.name === 'denies-records'
  const terminal = dlt698TerminalFace({
    address: identity,
    site,
    meters: [...well, ...inVain],
    answering: isShorted ? [] : well,
    ...collectingOf(kind, site),
    ...(isClosed ? { deniesBy: DENIED } : {}),
    port: onPort.length > 0 ? dlt645Bus(onPort, site) : null,
    heartbeatSeconds: Math.round(heartbeatMs / 1_000),
  })
  const all = bus(isShorted || isClosed ? [terminal] : [terminal, ...odd])
  return { ...terminal, receive: all.receive, reset: all.reset }
}

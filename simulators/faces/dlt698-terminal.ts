import { fromHex } from '#protocols/bytes'
import {
  addressMatches,
  type Dlt698Data,
  dlt698,
  moment,
  parseFrame,
  type RecordQuery,
  type RecordResult,
  timeOf,
} from '#protocols/dlt698'
import type { MeterTime } from '#protocols/model'
import { MeterClock, type SimulatedMeter, type Site } from '#simulators/meter'
import {
  type Dlt698Device,
  type Dlt698FaceOptions,
  deviceFace,
  dlt698Face,
  standardDlt698,
} from './dlt698.ts'
import { collectionsOf, type Dlt698Collection } from './dlt698-archive.ts'
import { collected } from './dlt698-collected.ts'
import { Dlt698Files } from './dlt698-files.ts'
import { type Dlt698Own, meterObjects } from './dlt698-own.ts'
import { eventRows, refused } from './dlt698-rows.ts'
import {
  type Answered,
  array,
  dars,
  deviceAttribute,
  elementAt,
  number,
  structure,
  versions,
  visible,
} from './dlt698-values.ts'
import type { Face } from './face.ts'
import type { FirmwareShelf } from './firmware.ts'

export interface Dlt698TerminalOptions extends Partial<Omit<Dlt698FaceOptions, 'behind' | 'port'>> {
  readonly address: string
  readonly site: Site
  /** Those in its archive, behind its port or on a carrier. */
  readonly meters: readonly SimulatedMeter[]
  /** Those of them that answer it; all unless it is said. */
  readonly answering?: readonly SimulatedMeter[]
  /** With which result (DAR) it and its meters deny records; they give them unless it is said. */
  readonly deniesBy?: number
  /** What a transparent forward reaches. */
  readonly port: Face | null
  /** How far its own clock is off; right unless it is said. */
  readonly clockOffsetMs?: number
  /** It collected freezes up to this moment; all there are unless it is said. */
  readonly collectedUntil?: (nowMs: number) => number
}

export interface Dlt698Terminal extends Dlt698Device {
  readonly firmware: FirmwareShelf
}

/**
 * A concentrator or terminal (采集终端): an archive, tasks and a clock, and no customer. The meters
 * behind it are reached by proxy, or by their own address, at which it passes a frame on.
 */
export function dlt698TerminalFace(options: Dlt698TerminalOptions): Dlt698Terminal {
  const { address, site, meters, port, answering = meters, deniesBy, ...others } = options
  const { clockOffsetMs = 0, collectedUntil = always, ...given } = others
  const face = { ...standardDlt698, ...given, behind: answering, port }
  const { heartbeatSeconds } = face
  const place = { address, site, meters, answering, deniesBy, heartbeatSeconds }
  const objects = new TerminalObjects({ ...place, clockOffsetMs, collectedUntil })
  const own = deviceFace(objects, face)
  const behind = answering.map((meter) => ({
    address: meter.spec.address,
    face: meterFace(meter, deniesBy),
  }))
  const scanner = dlt698.scanner()
  const faceOf = (frame: Uint8Array) => {
    const parsed = parseFrame(frame)
    if (!parsed.ok || parsed.frame.server.kind !== 'single') return own
    const { server } = parsed.frame
    return behind.find((one) => addressMatches(server, one.address))?.face ?? own
  }
  return {
    ...own,
    firmware: objects.files.shelf,
    receive: (chunk, nowMs) =>
      scanner.push(chunk).flatMap((frame) => faceOf(frame).receive(frame, nowMs)),
    reset() {
      scanner.reset()
      own.reset()
      for (const one of behind) one.face.reset()
    },
  }
}

const always = () => Number.POSITIVE_INFINITY

function meterFace(meter: SimulatedMeter, deniesBy: number | undefined): Dlt698Device {
  if (deniesBy === undefined) return dlt698Face(meter)
  const denying = {
    ...meterObjects(meter),
    record: (query: RecordQuery) => refused(query, deniesBy),
  }
  return deviceFace(denying, standardDlt698)
}

const INITIALISED = '31000200'
const COLLECTED = '60120300'
const commissioned: MeterTime = { year: 2022, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
const done = 0

/** What a terminal has: nothing that it measured itself. */
class TerminalObjects implements Dlt698Own {
  readonly address: string
  readonly clock: MeterClock
  readonly files = new Dlt698Files(versions[1])
  readonly #answering: readonly SimulatedMeter[]
  readonly #deniesBy: number | undefined
  readonly #collectedUntil: (nowMs: number) => number
  readonly #collections: ReadonlyMap<string, Dlt698Collection>
  readonly #communication: Readonly<Record<number, Dlt698Data>>
  /** When its data were set to their beginning, the first time at its commissioning. */
  readonly #initialisedMs: number[]

  constructor(place: TerminalPlace) {
    const { address, site, meters, answering, deniesBy, heartbeatSeconds } = place
    const { clockOffsetMs: offsetMs, collectedUntil } = place
    const firstMs = site.calendar.momentOf(commissioned)
    this.address = address
    this.clock = new MeterClock(site.calendar, { offsetMs, ppm: 0, anchorMs: firstMs }, [])
    this.#answering = answering
    this.#deniesBy = deniesBy
    this.#collectedUntil = collectedUntil
    this.#collections = collectionsOf(meters)
    this.#communication = communication(heartbeatSeconds)
    this.#initialisedMs = [firstMs]
  }

  get(oad: string, nowMs: number): Answered {
    const collection = this.#collections.get(oad.slice(0, 4))
    if (collection) return collection.get(oad)
    const attribute = Number.parseInt(oad.slice(4, 6), 16) & 31
    return elementAt(this.#attribute(oad.slice(0, 4), attribute, nowMs), oad)
  }

  record(query: RecordQuery, nowMs: number): RecordResult {
    if (this.#deniesBy !== undefined) return refused(query, this.#deniesBy)
    if (query.object === COLLECTED) {
      return collected(this.#answering, query, nowMs, this.#collectedUntil(nowMs))
    }
    if (query.object === INITIALISED) return eventRows(this.clock, this.#initialised(), query)
    return refused(query, dars.undefinedObject)
  }

  set(oad: string, value: Dlt698Data, nowMs: number): number {
    if (oad !== '40000200') return dars.denied
    const time = timeOf(value)
    if (!time) return dars.type
    this.clock.set(time, nowMs)
    return done
  }

  call(omd: string, value: Dlt698Data, nowMs: number): number {
    const collection = this.#collections.get(omd.slice(0, 4))
    if (collection) return collection.call(Number.parseInt(omd.slice(4, 6), 16), value)
    if (omd.startsWith('F001')) return this.files.call(omd, value, nowMs)
    switch (omd.slice(0, 6)) {
      case '40007F': {
        const time = timeOf(value)
        if (!time) return dars.type
        return this.clock.setByBroadcast(time, nowMs) ? done : dars.denied
      }
      case '430001':
        return done
      case '430003':
        this.#initialisedMs.push(nowMs)
        return done
      default:
        return dars.undefinedObject
    }
  }

  /** Supply is not its own, and what it collects is fetched. */
  news(): null {
    return null
  }

  #attribute(object: string, attribute: number, nowMs: number): Dlt698Data | null {
    if (object === 'F001') return this.files.attribute(attribute)
    if (object === '4300') return deviceAttribute(attribute, this.files.shelf.versionAt(nowMs))
    if (object === '4500') return this.#communication[attribute] ?? null
    if (attribute !== 2) return null
    switch (object) {
      case '3100':
        return array(this.#initialised().map(({ ms }, nth) => this.#eventUnit(ms, nth)))
      case '4000':
        return moment(this.clock.wallAt(nowMs))
      case '4001':
      case '4002':
        return octets(this.address)
      case '4103':
        return visible(`OHES${this.address}`)
      default:
        return null
    }
  }

  /** The latest first. */
  #initialised() {
    return this.#initialisedMs.map((ms) => ({ ms, endMs: ms })).toReversed()
  }

  /** Number, beginning, end and source of an event. */
  #eventUnit(ms: number, nth: number): Dlt698Data {
    const at = moment(this.clock.wallAt(ms))
    const number_ = number('double-long-unsigned', this.#initialisedMs.length - nth)
    return structure([number_, at, at, { type: 'null' }])
  }
}

type TerminalPlace = Pick<Dlt698TerminalOptions, 'address' | 'site' | 'meters'> &
  Pick<Dlt698FaceOptions, 'heartbeatSeconds'> & {
    readonly answering: readonly SimulatedMeter[]
    readonly deniesBy: number | undefined
    readonly clockOffsetMs: number
    readonly collectedUntil: (nowMs: number) => number
  }

const HEAD_END_PORT = 9_700
/** 30 s to wait, three tries (bits 7 to 2 and 1 to 0). */
const WAIT_AND_TRIES = 0x7b

/** The public wireless network (公网通信模块 1, 4500): how, with whom, and through what. */
function communication(heartbeatSeconds: number): Readonly<Record<number, Dlt698Data>> {
  const none = octets('')
  return {
    2: structure([
      number('enum', 1),
      number('enum', 0),
      number('enum', 0),
      number('enum', 0),
      array([]),
      visible('cmnet'),
      visible(''),
      visible(''),
      none,
      number('long-unsigned', 0),
      { type: 'bit-string', length: 8, bytes: Uint8Array.of(WAIT_AND_TRIES) },
      number('long-unsigned', heartbeatSeconds),
    ]),
    3: array([structure([octets('7F000001'), number('long-unsigned', HEAD_END_PORT)])]),
    5: structure(versions.map(visible)),
  }
}

function octets(hex: string): Dlt698Data {
  return { type: 'octet-string', bytes: fromHex(hex) ?? new Uint8Array(0) }
}
